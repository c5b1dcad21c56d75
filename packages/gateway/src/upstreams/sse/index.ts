import * as z from "zod";
import { foreignDefinitionShape } from "../definition.ts";
import { HttpUpstream } from "../http-upstream.ts";
import type { HealthPolicy, Upstream, UpstreamDeps } from "../upstream.ts";

/** An MCP server behind the HTTP+SSE transport of 2024-11-05. */
export const sseSchema = z.strictObject({ kind: z.literal("sse"), ...foreignDefinitionShape });

export const SSE_HEALTH: HealthPolicy = { intervalMs: 15_000, timeoutMs: 3_000 };

export function createSse(options: z.output<typeof sseSchema>, deps: UpstreamDeps): Upstream {
  const url = new URL(options.url);
  const http = new HttpUpstream(url, options, deps);
  return http.asUpstream((cancellation) => http.connectSse(url, cancellation));
}
