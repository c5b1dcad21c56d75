import type { Schema } from "./json-schema.ts";
import type { Normalized } from "./normalize.ts";
import { nameIn, referenced } from "./types.ts";

/** Properties that the branches of a schema have and it does not, each with what the branches say of it. */
export function propertiesOfBranches(
  schema: Schema,
  { definitions }: Pick<Normalized, "definitions">,
): Record<string, Schema> {
  const found = new Map<string, Schema[]>();
  const own = (schema["properties"] ?? {}) as Record<string, Schema>;
  collect(schema, definitions, found, 0);
  const missing = [...found].filter(([name]) => !Object.hasOwn(own, name));
  return Object.fromEntries(missing.map(([name, schemas]) => [name, union(schemas)]));
}

/** How deep alternatives inside of alternatives are read. */
const MAX_BRANCHES = 5;

function collect(
  schema: Schema,
  definitions: ReadonlyMap<string, Schema>,
  found: Map<string, Schema[]>,
  depth: number,
): void {
  if (depth > MAX_BRANCHES) return;
  if (depth > 0) {
    for (const [name, inner] of Object.entries((schema["properties"] ?? {}) as Record<string, Schema>)) {
      const known = found.get(name);
      if (known === undefined) found.set(name, [inner]);
      else known.push(inner);
    }
  }
  const reference = schema["$ref"];
  const target = typeof reference === "string" ? definitions.get(nameIn(reference)) : undefined;
  if (target !== undefined) collect(target, definitions, found, depth + 1);
  for (const keyword of ["allOf", "anyOf", "oneOf"]) {
    for (const branch of (schema[keyword] as Schema[] | undefined) ?? [])
      collect(branch, definitions, found, depth + 1);
  }
  for (const keyword of ["then", "else"]) {
    const branch = schema[keyword] as Schema | undefined;
    if (branch !== undefined) collect(branch, definitions, found, depth + 1);
  }
}

function union(schemas: readonly Schema[]): Schema {
  const different = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
  return different.length === 1 ? (different[0] as Schema) : { anyOf: different };
}

/** True where an object without members does not fit. */
export function needsArguments(schema: Schema, definitions: ReadonlyMap<string, Schema>, depth = 0): boolean {
  if (depth > MAX_BRANCHES) return false;
  const inner = (one: Schema): boolean => needsArguments(one, definitions, depth + 1);
  const branches = (keyword: string): readonly Schema[] => (schema[keyword] as Schema[] | undefined) ?? [];
  const target = referenced(schema, definitions);
  const [some, one] = [branches("anyOf"), branches("oneOf")];
  return (
    ((schema["required"] as string[] | undefined) ?? []).length > 0 ||
    ((schema["minProperties"] as number | undefined) ?? 0) > 0 ||
    (target !== undefined && inner(target)) ||
    branches("allOf").some(inner) ||
    (some.length > 0 && some.every(inner)) ||
    (one.length > 0 && one.every(inner))
  );
}
