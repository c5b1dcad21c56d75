import type { UpstreamDefinition } from "../../upstreams/index.ts";
import type { Provider } from "../provider.ts";

/** Upstreams of the configuration file, as it was read at start. */
export function fileProvider(definitions: readonly UpstreamDefinition[]): Provider {
  return { name: "file", watch: async (emit) => emit(definitions) };
}
