import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { RE2JS } from "re2js";
import { mapSchemas, type Schema } from "../schema/json-schema.ts";
import type { Normalized } from "../schema/normalize.ts";

/** The first thing that is wrong with a value, with what its alternatives say; undefined where nothing is. */
export type Validate = (value: unknown) => readonly ErrorObject[] | undefined;

/** What is left to the upstream: it costs the square of a list's length, or is a note to people in most schemas. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "uniqueItems",
  "format",
  "contentSchema",
  "default",
  "examples",
  "example",
]);

/** Larger schemas are left to the upstream: compiling one would hold up everybody. */
const MAX_SCHEMA = 256 * 1024;

/**
 * Compiles a schema. It comes from an upstream and meets values from anywhere, so nothing in it may take long: patterns
 * run in time that is linear in the text (RE2), and the check ends at the first thing wrong.
 *
 * @returns undefined for a schema that cannot be compiled; its upstream checks
 */
export function compileSchema({ root, definitions, isComplete }: Normalized): Validate | undefined {
  const schema = { ...root, $defs: Object.fromEntries(definitions) };
  if (!isComplete || JSON.stringify(schema).length > MAX_SCHEMA) return undefined;
  const ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    addUsedSchema: false,
    meta: false,
    logger: false,
    ownProperties: true,
    code: { regExp: Object.assign(linearPattern, { code: "linearPattern" }) },
  });
  let check: ValidateFunction;
  try {
    check = ajv.compile(slim(schema));
  } catch {
    return undefined;
  }
  return (value) => {
    try {
      return check(value) ? undefined : (check.errors ?? []);
    } catch (error) {
      // A schema that refers to itself without end; its upstream has to make sense of it.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  };
}

function slim(schema: Schema): Schema {
  const slimmed = mapSchemas(schema, slim);
  for (const keyword in slimmed) if (LEFT_OUT.has(keyword)) delete slimmed[keyword];
  const definitions = slimmed["$defs"];
  if (definitions === undefined) return slimmed;
  const slimDefinitions = Object.entries(definitions as Record<string, Schema>).map(([name, one]) => [name, slim(one)]);
  return { ...slimmed, $defs: Object.fromEntries(slimDefinitions) };
}

/** A pattern that takes no longer than its text is long; what RE2 does not know (look-around) is left to the upstream. */
function linearPattern(pattern: string): { test(text: string): boolean } {
  try {
    const compiled = RE2JS.compile(pattern);
    return { test: (text) => compiled.matcher(text).find() };
  } catch {
    return { test: () => true };
  }
}
