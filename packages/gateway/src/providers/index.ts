import type { GatewayConfig } from "../config/schema.ts";
import { envProvider } from "./env/index.ts";
import { fileProvider } from "./file/index.ts";
import type { Provider } from "./provider.ts";

/** The providers that are configured: the only list. */
export function createProviders(
  config: GatewayConfig,
  env: { readonly SHARDS?: string | undefined },
): readonly Provider[] {
  return [
    ...(config.upstreams.length > 0 ? [fileProvider(config.upstreams)] : []),
    ...(env.SHARDS === undefined || env.SHARDS === "" ? [] : [envProvider(env.SHARDS)]),
  ];
}
