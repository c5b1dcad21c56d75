import fc from "fast-check";
import { isRecord } from "../schema/json-schema.ts";

/** Names that have to be escaped somewhere. (Arguments called `$ref` or `$id` are legal, but the validator takes them for the keywords.) */
const NAMES = ["a", "b", "a/b", "c~d", "e f", "%25", "é", "items", "_x", "default"] as const;
const names = fc.constantFrom(...NAMES);
const DEFINITIONS = ["node", "leaf", "a/b", "x y"] as const;

/** Schemas as upstreams write them, with references that cross and close cycles; types are said. */
export const inputSchemas: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    properties: fc.dictionary(names, inner(3), { maxKeys: 4 }),
    required: fc.uniqueArray(names, { maxLength: 2 }),
    definitions: fc.tuple(...DEFINITIONS.map(() => inner(3))),
    union: fc.option(fc.array(object(2), { minLength: 1, maxLength: 3 }), { freq: 3 }),
    keyword: fc.constantFrom("anyOf", "oneOf", "allOf"),
    extra: fc.constantFrom<Record<string, unknown>[]>(
      {},
      {},
      { additionalProperties: false },
      { additionalProperties: true },
    ),
    dialect: fc.constantFrom<Record<string, unknown>[]>({}, { $schema: "http://json-schema.org/draft-07/schema#" }),
  })
  .map(({ properties, required, definitions, union, keyword, extra, dialect }) => ({
    ...dialect,
    type: "object",
    properties,
    ...(required.length > 0 && { required }),
    ...(union !== null && { [keyword]: union }),
    ...extra,
    $defs: Object.fromEntries(DEFINITIONS.map((name, index) => [name, definitions[index]])),
  }));

function inner(depth: number): fc.Arbitrary<Record<string, unknown>> {
  const leaves = [
    fc.constantFrom<Record<string, unknown>[]>(
      { type: "string" },
      { type: "integer", minimum: 1 },
      { type: "boolean" },
      { type: ["string", "null"], maxLength: 3 },
      { type: "string", enum: ["a", "b"] },
      { type: "number", const: 5 },
    ),
    fc.constantFrom(...DEFINITIONS).map((name) => ({ $ref: `#/$defs/${pointer(name)}` })),
    fc.constant({ $ref: "#" }),
    fc.constantFrom(...DEFINITIONS).map((name) => ({ description: "said here", $ref: `#/$defs/${pointer(name)}` })),
  ];
  if (depth === 0) return fc.oneof(...leaves);
  return fc.oneof(
    ...leaves,
    object(depth - 1),
    inner(depth - 1).map((items) => ({ type: "array", items })),
    inner(depth - 1).map((additionalProperties) => ({ type: "object", additionalProperties })),
    inner(depth - 1).map((one) => ({ type: "array", prefixItems: [one], items: false })),
    fc.array(inner(depth - 1), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  );
}

function object(depth: number): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .tuple(fc.dictionary(names, inner(depth), { maxKeys: 3 }), fc.uniqueArray(names, { maxLength: 1 }))
    .map(([properties, required]) => ({ type: "object", properties, ...(required.length > 0 && { required }) }));
}

function pointer(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}

/** Values that such schemas may take, or not. */
export const instances: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom("a", "b", "long text", 1, 0, 5, 1.5, true, null),
    fc.array(tie("value"), { maxLength: 2 }),
    tie("object"),
  ),
  object: fc.dictionary(names, tie("value"), { maxKeys: 4 }),
})).object;

/** Every value inside a document, with the way there. */
export function* walk(value: unknown, path: readonly string[] = []): Iterable<[readonly string[], unknown]> {
  yield [path, value];
  if (Array.isArray(value)) for (const [index, one] of value.entries()) yield* walk(one, [...path, String(index)]);
  else if (isRecord(value)) for (const [key, one] of Object.entries(value)) yield* walk(one, [...path, key]);
}

/** What Open WebUI makes of a `$ref`: the target put in its place, again and again. @throws Error where there is no end */
export function expand(
  schema: unknown,
  components: Readonly<Record<string, unknown>>,
  open: readonly string[] = [],
): unknown {
  if (!isRecord(schema)) return schema;
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    if (open.includes(reference)) throw new Error(`${reference} is circular`);
    const target = components[reference.slice("#/components/schemas/".length)];
    if (target === undefined) throw new Error(`${reference} leads nowhere`);
    return expand(target, components, [...open, reference]);
  }
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === "properties") {
      return [
        key,
        Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, expand(one, components, open)])),
      ];
    }
    if (key === "items") return [key, expand(value, components, open)];
    if (/^(all|any|one)Of$/.test(key)) return [key, (value as unknown[]).map((one) => expand(one, components, open))];
    return [key, value];
  });
  return Object.fromEntries(entries);
}
