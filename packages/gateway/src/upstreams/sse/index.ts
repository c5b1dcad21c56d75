import * as z from "zod";
import { httpDefinitionShape } from "../definition.ts";
import { notBuilt } from "../not-built.ts";
import type { HealthPolicy, Upstream, UpstreamDeps } from "../upstream.ts";

/** An MCP server behind the HTTP+SSE transport of 2024-11-05. */
export const sseSchema = z.strictObject({ kind: z.literal("sse"), ...httpDefinitionShape });

export const SSE_HEALTH: HealthPolicy = { intervalMs: 15_000, timeoutMs: 3_000 };

export function createSse(_options: z.output<typeof sseSchema>, _deps: UpstreamDeps): Upstream {
  return notBuilt("sse");
}
