import * as z from "zod";

/** State of one thing a shard depends on, say the API of its service. */
export const checkSchema = z.object({
  status: z.enum(["ok", "failed"]),
  /** What is wrong and what to do next; absent when all is well. */
  message: z.string().optional(),
});

/**
 * What a shard answers at `GET /health`: status 200 when `status` is `ok`, 503 when it is `failed`. A shard whose own
 * service is down still lists and answers its tools, so the gateway keeps it; the checks tell an operator why calls fail.
 */
export const healthSchema = z.object({
  status: z.enum(["ok", "failed"]),
  name: z.string(),
  version: z.string(),
  checks: z.record(z.string(), checkSchema).default({}),
});

export type Check = z.infer<typeof checkSchema>;
export type Health = z.infer<typeof healthSchema>;
