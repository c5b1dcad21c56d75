import { isRecord, type Schema } from "./json-schema.ts";
import type { Normalized } from "./normalize.ts";
import { referenced, typesOf } from "./types.ts";

const MAX_DEPTH = 5;

/** Thrown where no value can be thought of that surely fits. */
class NoExample extends Error {}

/**
 * A value that shows how arguments look: what the schema gives as examples and defaults, the first of what it lists, and
 * of the rest what is required. Undefined where nothing can be made up that surely fits.
 */
export function exampleOf({ root, definitions }: Normalized): unknown {
  try {
    return make(root, definitions, 0);
  } catch (error) {
    if (error instanceof NoExample) return undefined;
    throw error;
  }
}

function make(schema: Schema, definitions: ReadonlyMap<string, Schema>, depth: number): unknown {
  if (Array.isArray(schema["examples"]) && schema["examples"].length > 0) return schema["examples"][0];
  for (const keyword of ["example", "default", "const"]) if (keyword in schema) return schema[keyword];
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  if (depth > MAX_DEPTH || ["not", "if", "allOf", "contains", "dependentSchemas"].some((word) => word in schema)) {
    throw new NoExample();
  }
  const inner = (one: Schema): unknown => make(one, definitions, depth + 1);
  const target = referenced(schema, definitions);
  if (target !== undefined) return inner(target);
  const branch = ((schema["anyOf"] ?? schema["oneOf"]) as Schema[] | undefined)?.[0];
  if (branch !== undefined && !("properties" in schema)) return inner(branch);
  if (branch !== undefined) throw new NoExample();
  const type = typesOf(schema, definitions)?.[0];
  if (type === "object") return makeObject(schema, inner);
  if (type === "array") return makeArray(schema, inner);
  if (type === "string") return makeString(schema);
  if (type === "integer" || type === "number") return makeNumber(schema);
  if (type === "boolean") return true;
  if (type === "null") return null;
  throw new NoExample();
}

function makeObject(schema: Schema, inner: (one: Schema) => unknown): unknown {
  const properties = (schema["properties"] ?? {}) as Record<string, Schema>;
  const required = new Set((schema["required"] as string[] | undefined) ?? []);
  if (((schema["minProperties"] as number | undefined) ?? 0) > required.size) throw new NoExample();
  for (const name of required) if (!Object.hasOwn(properties, name)) throw new NoExample();
  const shown = Object.entries(properties).filter(([name, one]) => required.has(name) || isShown(one));
  return Object.fromEntries(shown.map(([name, one]) => [name, inner(one)]));
}

/** Whether an optional property has something to show. */
function isShown(schema: Schema): boolean {
  return "default" in schema ? schema["default"] !== null : "example" in schema || "examples" in schema;
}

function makeArray(schema: Schema, inner: (one: Schema) => unknown): unknown {
  const first = (schema["prefixItems"] as Schema[] | undefined) ?? [];
  const count = Math.max((schema["minItems"] as number | undefined) ?? 0, 1);
  if (count > 3 || (count > 1 && schema["uniqueItems"] === true)) throw new NoExample();
  if (first.length > 0) return first.map(inner);
  const { items } = schema;
  if (!isRecord(items) || schema["maxItems"] === 0) return [];
  return Array.from({ length: count }, () => inner(items));
}

function makeString(schema: Schema): string {
  if ("pattern" in schema) throw new NoExample();
  const format = typeof schema["format"] === "string" ? FORMATS[schema["format"]] : undefined;
  if (format === undefined && "format" in schema) throw new NoExample();
  const [least, most] = [(schema["minLength"] as number | undefined) ?? 0, schema["maxLength"] as number | undefined];
  const text = format ?? "string";
  if (text.length >= least && text.length <= (most ?? text.length)) return text;
  if (format !== undefined || least > 100) throw new NoExample();
  return "string".repeat(17).slice(0, Math.max(least, Math.min(most ?? 6, 6)));
}

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2026-11-21T12:00:00Z",
  date: "2026-11-21",
  email: "somebody@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  uri: "https://example.com/",
  "uri-reference": "/path",
  url: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

function makeNumber(schema: Schema): number {
  const bound = (keyword: string): number | undefined => schema[keyword] as number | undefined;
  const [minimum, above] = [bound("minimum"), bound("exclusiveMinimum")];
  const step = bound("multipleOf") ?? 1;
  const lowest = Math.max(minimum ?? Number.NEGATIVE_INFINITY, above ?? Number.NEGATIVE_INFINITY);
  let value = lowest > 0 ? Math.ceil(lowest / step) * step : 0;
  if (value === above) value += step;
  const fits =
    value <= (bound("maximum") ?? value) &&
    value < (bound("exclusiveMaximum") ?? value + 1) &&
    value >= (minimum ?? value);
  if (!fits || !Number.isFinite(value)) throw new NoExample();
  return value;
}
