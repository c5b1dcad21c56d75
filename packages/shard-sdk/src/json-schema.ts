import * as z from "zod";

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema (2020-12) of a zod schema, with an object at its root as MCP wants it, and without what only costs a
 * model tokens: `$schema`, and the bounds of safe integers.
 *
 * @param side what a caller writes (`input`) or what comes out after defaults and transforms (`output`)
 * @throws TypeError when the schema cannot be written as JSON Schema, or is not an object
 */
export function jsonSchemaOf(schema: z.ZodType, side: "input" | "output"): JsonObject {
  let made: Record<string, unknown>;
  try {
    made = z.toJSONSchema(schema, { io: side, override: ({ jsonSchema }) => dropSafeBounds(jsonSchema) });
  } catch (error) {
    throw new TypeError(`cannot be written as JSON Schema: ${(error as Error).message}`, { cause: error });
  }
  delete made["$schema"];
  const branches = (made["anyOf"] ?? made["oneOf"] ?? [made]) as readonly { readonly type?: unknown }[];
  if (branches.some(({ type }) => type !== "object")) throw new TypeError("must be an object at its root");
  return { type: "object", ...made };
}

function dropSafeBounds(schema: { minimum?: number; maximum?: number }): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
