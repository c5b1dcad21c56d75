import type { ErrorObject } from "ajv";
import { follow } from "./problems.ts";
import type { Validate } from "./validator.ts";

/** Most values that are corrected in one call, and the longest body in which that is tried, in bytes. */
const MAX_CORRECTIONS = 32;
const MAX_BODY = 64 * 1024;

/**
 * Checks arguments and takes what models often write as what they mean, as mcpo does: `"5"` for 5, `"true"` for true, 5
 * for 5.0 and null for an argument that may be left out. Changes `body` where that makes it fit.
 *
 * @param size of the body in bytes
 * @returns what is wrong with it all the same, and whether it was changed
 */
export function checkArguments(
  body: Record<string, unknown>,
  size: number,
  validate: Validate,
  required: ReadonlySet<string>,
): { errors: readonly ErrorObject[] | undefined; isChanged: boolean } {
  let errors = validate(body);
  if (errors === undefined || size > MAX_BODY) return { errors, isChanged: false };
  let isChanged = false;
  for (let correction = 0; correction < MAX_CORRECTIONS && errors !== undefined; correction++) {
    const at = errors.findIndex((error) => correct(body, error, required));
    if (at < 0) break;
    isChanged = true;
    errors = validate(body);
  }
  return { errors, isChanged };
}

/** Corrects the value that an error is about; false where it cannot be. */
function correct(body: Record<string, unknown>, error: ErrorObject, required: ReadonlySet<string>): boolean {
  const { path, value } = follow(body, error.instancePath);
  const key = path.at(-1);
  if (key === undefined) return false;
  if (value === null && path.length === 1 && !required.has(key as string)) return delete body[key];
  if (error.keyword !== "type" || typeof value !== "string") return false;
  const wanted = (error.params as { type: string | string[] }).type;
  for (const type of typeof wanted === "string" ? [wanted] : wanted) {
    const read = READERS[type]?.(value);
    if (read === undefined) continue;
    const parent = follow(body, error.instancePath.slice(0, error.instancePath.lastIndexOf("/"))).value;
    (parent as Record<string | number, unknown>)[key] = read;
    return true;
  }
  return false;
}

/** How a text is read as another type (pydantic, "Conversion Table", lax mode). */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  integer: (text) => (/^\s*[+-]?\d{1,15}(\.0+)?\s*$/.test(text) ? Number(text) : undefined),
  number: (text) => (/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(text) ? Number(text) : undefined),
  boolean: (text) => {
    if (/^(true|t|yes|y|on|1)$/i.test(text)) return true;
    return /^(false|f|no|n|off|0)$/i.test(text) ? false : undefined;
  },
};
