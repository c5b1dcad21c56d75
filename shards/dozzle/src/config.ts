import * as z from "zod";

/** The shard's environment; what is missing or wrong keeps it from starting, and is named on stderr. */
export const settingsSchema = z.object({
  DOZZLE_URL: z
    .url({ protocol: /^https?$/, error: "must be an http or https address" })
    .default("http://localhost:8080")
    .describe("where Dozzle answers"),
  DOZZLE_TOKEN: z.string().optional().describe("sent to Dozzle as a bearer token; DOZZLE_TOKEN_FILE names a file"),
});

export type Settings = z.output<typeof settingsSchema>;
