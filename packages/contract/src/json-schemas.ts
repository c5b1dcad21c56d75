import * as z from "zod";
import { announcementSchema, leaseSchema } from "./announcement.ts";
import { healthSchema } from "./health.ts";
import { manifestSchema } from "./manifest.ts";

/** The published JSON Schemas (2020-12), by file name without `.json`; the files under `schemas/` are made from these. */
export const jsonSchemas = {
  announcement: describe("What a shard sends to POST /announce of a gateway", announcementSchema),
  lease: describe("Answer of a gateway to POST /announce", leaseSchema),
  health: describe("Answer of a shard to GET /health", healthSchema),
  manifest: describe("Answer of a shard to GET /manifest", manifestSchema),
} as const;

function describe(title: string, schema: z.ZodType): Record<string, unknown> {
  return { ...z.toJSONSchema(schema, { io: "input" }), title };
}
