import * as z from "zod";

const schemaSchema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  description: z.string().optional(),
});

/** A reference resolved within the document; undefined where it leads nowhere or round in circles. */
export function resolveRef(node: unknown, document: unknown, depth = 8): unknown {
  const ref = (node as { $ref?: unknown } | undefined | null)?.$ref;
  if (typeof ref !== "string") return node;
  if (depth === 0 || !ref.startsWith("#/")) return undefined;
  const keys = ref
    .slice(2)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const target = keys.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string, unknown>)[key]
        : undefined,
    document,
  );
  return resolveRef(target, document, depth - 1);
}

/** The code of a zod schema for a JSON Schema: its plain types, enumerations and lists; anything else takes anything. */
export function zodCode(node: unknown, document: unknown, depth = 4): string {
  const parsed = schemaSchema.safeParse(resolveRef(node, document));
  if (!parsed.success || depth === 0) return "z.unknown()";
  const { type, enum: values, items } = parsed.data;
  if (values !== undefined && values.length > 0 && values.every((value) => typeof value === "string")) {
    return `z.enum([${values.map((value) => JSON.stringify(value)).join(", ")}])`;
  }
  const types = (typeof type === "string" ? [type] : (type ?? [])).filter((one) => one !== "null");
  if (types.length !== 1) return "z.unknown()";
  switch (types[0]) {
    case "string":
      return "z.string()";
    case "integer":
      return "z.int()";
    case "number":
      return "z.number()";
    case "boolean":
      return "z.boolean()";
    case "array":
      return `z.array(${zodCode(items, document, depth - 1)})`;
    case "object":
      return "z.record(z.string(), z.unknown())";
    default:
      return "z.unknown()";
  }
}
