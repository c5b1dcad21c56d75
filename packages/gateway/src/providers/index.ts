import type { GatewayConfig } from "../config/schema.ts";
import type { Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";
import { announceProvider } from "./announce/index.ts";
import { type AnnounceOptions, announceSchema } from "./announce/schema.ts";
import { dnsProvider } from "./dns/index.ts";
import { DEFAULT_ENDPOINT, dockerProvider } from "./docker/index.ts";
import { envProvider } from "./env/index.ts";
import type { Provider } from "./provider.ts";

export interface ProviderEnv {
  readonly SHARDS?: string | undefined;
  readonly DOCKER_HOST?: string | undefined;
  /** Turns on announcements where the configuration says nothing of them. */
  readonly ANNOUNCE_TOKEN?: string | undefined;
}

/**
 * The providers that are configured: the only list. Its order is the order in which they come first where two define a name:
 * what the operator wrote, then what was found.
 *
 * @param files the provider of the configuration files, where there are some
 * @throws Error that says which setting is wrong
 */
export function createProviders(
  { providers: { docker, dns, announce: configured } }: Pick<GatewayConfig, "providers">,
  env: ProviderEnv,
  deps: { readonly timers: Timers; readonly logger: Logger },
  files: Provider | undefined,
): readonly Provider[] {
  const announce = configured ?? announceFrom(env.ANNOUNCE_TOKEN);
  const dockerEndpoint = docker?.endpoint ?? (env.DOCKER_HOST || DEFAULT_ENDPOINT);
  return [
    ...(files === undefined ? [] : [files]),
    ...(env.SHARDS === undefined || env.SHARDS === "" ? [] : [envProvider(env.SHARDS)]),
    ...(docker === undefined ? [] : [dockerProvider({ ...docker, endpoint: dockerEndpoint }, deps)]),
    ...(dns === undefined || dns.length === 0 ? [] : [dnsProvider(dns, deps)]),
    ...(announce === undefined ? [] : [announceProvider(announce, deps)]),
  ];
}

function announceFrom(token: string | undefined): AnnounceOptions | undefined {
  if (token === undefined || token === "") return undefined;
  const options = announceSchema.safeParse({ token });
  if (options.success) return options.data;
  throw new Error(`ANNOUNCE_TOKEN ${options.error.issues[0]?.message}`);
}
