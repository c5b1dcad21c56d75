import { createHttpClient, type Fetch, type HttpClient } from "@shardgate/shard-sdk/http";
import type { Settings } from "./config.ts";

/** Example's API, as far as the tools need it. Add a method for each thing that you ask of it. */
export interface Client extends HttpClient {
  /** Throws when Example does not answer, or answers that it is broken; part of the shard's health. */
  check(signal: AbortSignal): Promise<void>;
}

export function createClient({ EXAMPLE_URL, EXAMPLE_TOKEN }: Settings, fetch?: Fetch): Client {
  const http = createHttpClient({
    name: "Example",
    baseUrl: EXAMPLE_URL,
    setting: "EXAMPLE_URL",
    headers: EXAMPLE_TOKEN === undefined ? {} : { authorization: `Bearer ${EXAMPLE_TOKEN}` },
    timeout: 10_000,
    maxBytes: 2 * 1024 * 1024,
    fetch,
  });
  return {
    ...http,
    async check(signal) {
      const { status } = await http.send("/", { signal });
      if (status >= 500) throw new Error(`Example answers HTTP ${status}; its own log says why`);
    },
  };
}
