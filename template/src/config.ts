import * as z from "zod";

/** The shard's environment; what is missing or wrong keeps it from starting, and is named on stderr. */
export const settingsSchema = z.object({
  EXAMPLE_URL: z
    .url({ protocol: /^https?$/, error: "must be an http or https address" })
    .default("http://localhost:8080")
    .describe("where Example answers"),
  EXAMPLE_TOKEN: z.string().optional().describe("sent to Example as a bearer token; EXAMPLE_TOKEN_FILE names a file"),
});

export type Settings = z.output<typeof settingsSchema>;
