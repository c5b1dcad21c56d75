/** A JSON Schema 2020-12 that is no boolean. */
export type Schema = { readonly [keyword: string]: unknown };

/** Keywords whose value is one schema. */
export const ONE_SCHEMA: ReadonlySet<string> = new Set([
  "additionalProperties",
  "unevaluatedProperties",
  "unevaluatedItems",
  "items",
  "contains",
  "not",
  "if",
  "then",
  "else",
  "propertyNames",
  "contentSchema",
]);

/** Keywords whose value is a list of schemas. */
export const SCHEMA_LIST: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);

/** Keywords whose value is a map of schemas. */
export const SCHEMA_MAP: ReadonlySet<string> = new Set(["properties", "patternProperties", "dependentSchemas"]);

/** Where readers of OpenAPI documents resolve a `$ref`; anywhere else some pass it on as it is (openwebui §1.2). */
export const RESOLVED: ReadonlySet<string> = new Set(["properties", "items", "allOf", "anyOf", "oneOf"]);

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy with every schema directly inside replaced; `keyword` says where each stands. */
export function mapSchemas(
  schema: Schema,
  change: (inner: Schema, keyword: string) => Schema,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const keyword in schema) {
    const value = schema[keyword];
    if (typeof value === "boolean") result[keyword] = value;
    else if (ONE_SCHEMA.has(keyword)) result[keyword] = change(value as Schema, keyword);
    else if (SCHEMA_LIST.has(keyword)) result[keyword] = (value as Schema[]).map((inner) => change(inner, keyword));
    else if (SCHEMA_MAP.has(keyword)) {
      result[keyword] = mapValues(value as Record<string, Schema>, (inner) => change(inner, keyword));
    } else result[keyword] = value;
  }
  return result;
}

/** Also where a key is called `__proto__`. */
export function mapValues<T, U>(map: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
