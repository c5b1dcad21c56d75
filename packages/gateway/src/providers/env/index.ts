import { upstreamOptionsSchema } from "../../upstreams/index.ts";
import type { Provider } from "../provider.ts";

/**
 * Shards from `SHARDS=http://a:9101,http://b:9102`; each names itself in its manifest.
 *
 * @throws Error that names the entry which is no address
 */
export function envProvider(shards: string): Provider {
  const urls = shards
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const definitions = [...new Set(urls)].map((url) => {
    const options = upstreamOptionsSchema.safeParse({ kind: "shard", url });
    if (!options.success) throw new Error(`SHARDS: ${JSON.stringify(url)} ${options.error.issues[0]?.message}`);
    return { id: url, name: undefined, options: options.data };
  });
  return { name: "env", watch: async (emit) => emit(definitions) };
}
