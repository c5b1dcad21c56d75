import * as z from "zod";

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration with its unit, `500ms`, `60s`, `5m`, `1h`; gives milliseconds. */
export const durationSchema = z
  .string()
  .regex(/^\d+(ms|s|m|h)$/, "must be a number with its unit, such as 60s or 5m")
  .transform((text) => Number.parseInt(text, 10) * (UNITS[text.replace(/^\d+/, "")] as number));

export const httpUrlSchema = z
  .string()
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""), "must be an http:// or https:// address");

/** What every definition may say, whatever its kind. */
export const commonDefinitionShape = {
  /** How long one of its calls may take without a sign of progress. */
  timeout: durationSchema.prefault("60s"),
  /** False: known, but left alone. */
  enabled: z.boolean().default(true),
};

/** What every definition of an upstream over HTTP may say. */
export const httpDefinitionShape = {
  url: httpUrlSchema,
  /** Sent with every request as they are: credentials, Host. */
  headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is no header name"), z.string()).default({}),
  ...commonDefinitionShape,
};

/** Where a definition comes from and what it is called. */
export interface Defined<Options> {
  /** Unique among all definitions of a provider and stable while the definition is the same. */
  readonly id: string;
  /** Name in qualified names; undefined where the upstream names itself. */
  readonly name: string | undefined;
  readonly options: Options;
}
