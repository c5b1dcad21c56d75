import * as z from "zod";
import { upstreamNameSchema } from "./names.ts";

/** What a manifest says of a tool: enough to show it in a list. Schemas and the rest come from `tools/list`. */
export const manifestToolSchema = z.looseObject({
  name: z.string().min(1).max(128),
  title: z.string().optional(),
  description: z.string().optional(),
});

/**
 * What a shard answers at `GET /manifest`, with an ETag. The gateway reads it to learn the shard's name and where its
 * MCP endpoint is, and asks again with every health check (`If-None-Match`); another ETag means that the tools changed.
 * Field names follow the MCP registry's `server.json`. Unknown fields are kept, so that a newer shard works with an older
 * gateway.
 */
export const manifestSchema = z.looseObject({
  name: upstreamNameSchema,
  title: z.string().max(100).optional(),
  description: z.string().max(1000).default(""),
  version: z.string().min(1).max(64),
  /** How a model should use the shard as a whole; a few sentences. */
  instructions: z.string().max(4000).optional(),
  mcp: z.looseObject({
    /** Path of the streamable HTTP endpoint on the shard's own address. */
    path: z.string().regex(/^\/[^/\\?#]([^\\?#]*)$/, "must be a path on the shard itself, such as /mcp"),
    /** Protocol revisions the endpoint speaks, newest first. */
    protocolVersions: z.array(z.string()).min(1).max(20),
  }),
  tools: z.array(manifestToolSchema).max(10_000),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestTool = z.infer<typeof manifestToolSchema>;
