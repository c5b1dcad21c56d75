import type { PolicyReport } from "./access/tool-access.ts";
import type { ProfileReport } from "./profiles/profile.ts";
import type { ProviderStatus } from "./providers/watch-providers.ts";
import type { UpstreamReport } from "./registry/report.ts";
import type { ConfigReport } from "./reload/live-config.ts";

/** How everything is: what `/health` says. */
export interface Status {
  /** `degraded` where an upstream is not up, or a provider failed or had to leave something out. */
  readonly status: "ok" | "degraded";
  readonly version: string;
  readonly uptime_s: number;
  /** Number of the snapshot. */
  readonly generation: number;
  readonly upstreams: readonly UpstreamReport[];
  readonly providers: readonly ProviderStatus[];
  /** Where there are some. */
  readonly profiles?: readonly ProfileReport[];
  readonly policies?: PolicyReport;
  /** Where there are configuration files. */
  readonly config?: ConfigReport;
}

/** What the parts of the house say of themselves. */
export interface StatusParts extends Pick<Status, "version" | "generation" | "upstreams" | "providers"> {
  readonly profiles: readonly ProfileReport[];
  readonly policies: PolicyReport | undefined;
  readonly config: ConfigReport | undefined;
}

export function statusOf({ profiles, policies, config, ...parts }: StatusParts): Status {
  const { upstreams, providers } = parts;
  const isWell =
    upstreams.every(({ state }) => state === "up") &&
    providers.every(({ state, problems }) => state !== "failed" && problems === undefined);
  return {
    status: isWell ? "ok" : "degraded",
    version: parts.version,
    uptime_s: Math.round(performance.now() / 100) / 10,
    generation: parts.generation,
    upstreams,
    providers,
    ...(profiles.length > 0 && { profiles }),
    ...(policies !== undefined && { policies }),
    ...(config !== undefined && { config }),
  };
}
