import * as z from "zod";
import { foreignDefinitionShape } from "../definition.ts";
import { HttpUpstream } from "../http-upstream.ts";
import type { HealthPolicy, Upstream, UpstreamDeps } from "../upstream.ts";

/** Any MCP server behind streamable HTTP, of either era. */
export const mcpHttpSchema = z.strictObject({ kind: z.literal("mcp-http"), ...foreignDefinitionShape });

/** Others' servers are asked less often than our own. */
export const MCP_HTTP_HEALTH: HealthPolicy = { intervalMs: 15_000, timeoutMs: 3_000 };

export function createMcpHttp(options: z.output<typeof mcpHttpSchema>, deps: UpstreamDeps): Upstream {
  const url = new URL(options.url);
  const http = new HttpUpstream(url, options, deps);
  return {
    connect: (cancellation) => http.connect(url, cancellation),
    async check(cancellation) {
      await http.client.ping(cancellation);
      return {};
    },
    readLists: (cancellation) => http.client.readLists(cancellation),
    exchange: http.exchange,
    notify: (message, session) => http.notify(message, session),
    watchResources: (uris, onUpdated) => http.client.watchResources(uris, onUpdated),
    watch: (onChange, onEnd) => http.watch(onChange, onEnd),
    close: () => http.close(),
    details: () => http.details(),
  };
}
