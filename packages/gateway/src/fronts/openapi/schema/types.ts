import { isRecord, type Schema } from "./json-schema.ts";

export type TypeName = "string" | "number" | "integer" | "boolean" | "object" | "array" | "null";

/** What a value of unknown type may be. */
const ANY: readonly TypeName[] = ["string", "number", "boolean", "object", "array", "null"];

/** Keywords that mean something for one type only: whoever writes one means that type. */
const IMPLIED: readonly (readonly [TypeName, readonly string[]])[] = [
  ["object", ["properties", "additionalProperties", "patternProperties", "required", "propertyNames", "minProperties"]],
  ["array", ["items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"]],
  ["string", ["pattern", "minLength", "maxLength", "format", "contentEncoding", "contentMediaType"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
];

/** How far a chain of references and alternatives is followed. */
const MAX_DEPTH = 8;

/** Gives each schema the types its values have, following references into `definitions`. */
export function typesOf(
  schema: Schema,
  definitions: ReadonlyMap<string, Schema>,
  depth = 0,
): readonly TypeName[] | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const { type } = schema;
  if (typeof type === "string") return [type as TypeName];
  if (Array.isArray(type)) return type as TypeName[];
  if ("const" in schema) return [typeOfValue(schema["const"])];
  if (Array.isArray(schema["enum"])) return unique(schema["enum"].map(typeOfValue));
  const inner = (one: Schema): readonly TypeName[] | undefined => typesOf(one, definitions, depth + 1);
  const target = referenced(schema, definitions);
  if (target !== undefined) return inner(target);
  for (const keyword of ["anyOf", "oneOf"]) {
    const branches = schema[keyword] as Schema[] | undefined;
    if (branches !== undefined) return unique(branches.flatMap((branch) => inner(branch) ?? ANY));
  }
  for (const part of (schema["allOf"] as Schema[] | undefined) ?? []) {
    const types = inner(part);
    if (types !== undefined) return types;
  }
  const implied = IMPLIED.filter(([, keywords]) => keywords.some((keyword) => keyword in schema));
  return implied.length === 0 ? undefined : implied.map(([name]) => name);
}

/** The value of `type` for a schema that has none. */
export function typeKeyword(types: readonly TypeName[] | undefined): TypeName | readonly TypeName[] {
  const known = types ?? ANY;
  return known.length === 1 ? (known[0] as TypeName) : known;
}

export function referenced(schema: Schema, definitions: ReadonlyMap<string, Schema>): Schema | undefined {
  const reference = schema["$ref"];
  return typeof reference === "string" ? definitions.get(nameIn(reference)) : undefined;
}

/** The definition a normalized reference names. */
export function nameIn(reference: string): string {
  return reference.slice("#/$defs/".length);
}

function typeOfValue(value: unknown): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (isRecord(value)) return "object";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as TypeName;
}

function unique(types: readonly TypeName[]): TypeName[] {
  const set = new Set(types);
  // Every integer is a number.
  if (set.has("number")) set.delete("integer");
  return [...set];
}
