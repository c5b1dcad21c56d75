import * as z from "zod";

const patternsSchema = z.array(z.string().min(1).max(256)).max(1000);

/** One of `profiles` in `gateway.yaml`; `*` stands for any characters in names. */
export const profileSchema = z.strictObject({
  /** What it is for, in a few words: shown in /health and in its OpenAPI document. */
  description: z.string().min(1).max(1000).optional(),
  /** What its clients are told of its use, instead of what its upstreams say of theirs. */
  instructions: z.string().min(1).max(16_000).optional(),
  /** Upstreams with all they have. Where neither these nor `groups` nor `include` are said: all. */
  upstreams: patternsSchema.optional(),
  /** Every upstream whose `group` is one of these. */
  groups: patternsSchema.optional(),
  /** Tools by the names they have at /mcp. */
  include: patternsSchema.optional(),
  /** Tools that are left out, whatever chooses them. */
  exclude: patternsSchema.optional(),
});

const MAX_PROFILES = 100;

/** By name: it is served at `/p/<name>/`. */
export const profilesSchema = z
  .record(z.string().regex(/^[a-z0-9-]{1,32}$/, "must be 1 to 32 characters of a-z, 0-9 and -"), profileSchema)
  .refine((profiles) => Object.keys(profiles).length <= MAX_PROFILES, `are more than ${MAX_PROFILES}`)
  .default({});

export type ProfileOptions = z.output<typeof profileSchema>;
