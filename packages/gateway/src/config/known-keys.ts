import * as z from "zod";
import type { Path } from "./document.ts";
import { configSchema } from "./schema.ts";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
}

let root: Schema | undefined;

/** The keys that `gateway.yaml` knows at a path, for the value that stands there; none where any name will do. */
export function knownKeys(path: Path, value: unknown): string[] {
  root ??= z.toJSONSchema(configSchema, { io: "input" }) as Schema;
  let schema: Schema | undefined = root;
  let current = value;
  for (const step of path) {
    const chosen: Schema | undefined = choose(schema, current);
    const rest = chosen?.additionalProperties;
    schema = chosen?.properties?.[String(step)] ?? (typeof rest === "object" ? rest : undefined);
    current = (current as Record<PropertyKey, unknown> | undefined)?.[step];
  }
  return Object.keys(choose(schema, current)?.properties ?? {});
}

/** Of several schemas, the one of the value's kind. */
function choose(schema: Schema | undefined, value: unknown): Schema | undefined {
  const kind = (value as Record<string, unknown> | undefined)?.["kind"];
  const variants = schema?.oneOf ?? schema?.anyOf;
  if (variants === undefined) return schema;
  return variants.find(({ properties }) => properties !== undefined && properties["kind"]?.const === kind);
}
