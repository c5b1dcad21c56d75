import * as z from "zod";

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration with its unit, `500ms`, `60s`, `5m`, `1h`; gives milliseconds. */
export const durationSchema = z
  .string()
  .regex(/^\d+(ms|s|m|h)$/, "must be a number with its unit, such as 60s or 5m")
  .transform((text) => Number.parseInt(text, 10) * (UNITS[text.replace(/^\d+/, "")] as number));
