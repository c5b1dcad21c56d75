import * as z from "zod";
import type { Defined } from "./definition.ts";
import { createMcpHttp, MCP_HTTP_HEALTH, mcpHttpSchema } from "./mcp-http/index.ts";
import { createShard, SHARD_HEALTH, shardSchema } from "./shard/index.ts";
import { createSse, SSE_HEALTH, sseSchema } from "./sse/index.ts";
import { createStdio, stdioHealth, stdioSchema } from "./stdio/index.ts";
import type { HealthPolicy, Upstream, UpstreamDeps } from "./upstream.ts";

/** The kinds of upstream: the only list. A new kind adds its schema here and a case below. */
export const upstreamOptionsSchema = z.discriminatedUnion("kind", [shardSchema, mcpHttpSchema, sseSchema, stdioSchema]);

/** What a definition that came over a network may be: an address, never a command, and nothing a person would sign in at. */
export const learnedOptionsSchema = z.discriminatedUnion("kind", [
  shardSchema,
  mcpHttpSchema.omit({ oauth: true }),
  sseSchema.omit({ oauth: true }),
]);

export type UpstreamOptions = z.output<typeof upstreamOptionsSchema>;
export type UpstreamDefinition = Defined<UpstreamOptions>;

/** Makes the upstream a definition describes, without touching the network yet. */
export function createUpstream(
  options: UpstreamOptions,
  deps: UpstreamDeps,
): { upstream: Upstream; health: HealthPolicy } {
  switch (options.kind) {
    case "shard":
      return { upstream: createShard(options, deps), health: SHARD_HEALTH };
    case "mcp-http":
      return { upstream: createMcpHttp(options, deps), health: MCP_HTTP_HEALTH };
    case "sse":
      return { upstream: createSse(options, deps), health: SSE_HEALTH };
    case "stdio":
      return { upstream: createStdio(options, deps), health: stdioHealth(options) };
  }
}
