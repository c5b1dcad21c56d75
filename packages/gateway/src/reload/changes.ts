import type { GatewayConfig } from "../config/schema.ts";
import type { UpstreamDefinition } from "../upstreams/index.ts";

/** What differs between two configurations, by names of upstreams. */
export interface ConfigChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Settings that a running gateway cannot change. */
  readonly needsRestart?: readonly string[];
}

export function changesBetween(before: GatewayConfig, after: GatewayConfig): ConfigChanges {
  const old = enabled(before);
  const now = enabled(after);
  const isChanged = (name: string): boolean => JSON.stringify(old.get(name)) !== JSON.stringify(now.get(name));
  const settings = [
    before.listen.host !== after.listen.host && "listen.host",
    before.listen.port !== after.listen.port && "listen.port",
    before.state_dir !== after.state_dir && "state_dir",
    JSON.stringify(before.providers) !== JSON.stringify(after.providers) && "providers",
    JSON.stringify(before.reload) !== JSON.stringify(after.reload) && "reload",
  ].filter((name) => name !== false);
  return {
    added: [...now.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !now.has(name)),
    changed: [...now.keys()].filter((name) => old.has(name) && isChanged(name)),
    ...(settings.length > 0 && { needsRestart: settings }),
  };
}

function enabled({ upstreams }: GatewayConfig): Map<string, UpstreamDefinition> {
  return new Map(upstreams.filter(({ options }) => options.enabled).map((one) => [one.id, one]));
}
