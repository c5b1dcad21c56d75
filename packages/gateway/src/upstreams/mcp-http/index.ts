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
  return http.asUpstream((cancellation) => http.connect(url, cancellation));
}
