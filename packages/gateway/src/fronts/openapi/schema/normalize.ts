import { isRecord, ONE_SCHEMA, type Schema, SCHEMA_LIST, SCHEMA_MAP } from "./json-schema.ts";
import { References } from "./references.ts";
import { isWellFormed } from "./well-formed.ts";

/** A schema in the words of 2020-12 alone; each `$ref` is `#/$defs/<name>` and is in `definitions`. */
export interface Normalized {
  readonly root: Schema;
  readonly definitions: ReadonlyMap<string, Schema>;
  /** False where the schema is larger than we read, and `root` says next to nothing. */
  readonly isComplete: boolean;
}

/** Most schemas inside one; what is larger helps no model and would stop everybody else while it is read. */
const MAX_SCHEMAS = 20_000;

/** They say how a schema is found, which is over once its references are resolved. */
const IDENTITY: ReadonlySet<string> = new Set(
  "$schema $id id $anchor $dynamicAnchor $recursiveAnchor $vocabulary $defs definitions $ref $dynamicRef $recursiveRef __proto__".split(
    " ",
  ),
);

class TooLarge extends Error {}

/**
 * Reads a schema of any draft from 4 on. References inside it are resolved; one that leads outside of it allows anything
 * and says so in its description, since nothing is fetched. A keyword whose value is malformed is left out.
 */
export function normalizeSchema(schema: unknown): Normalized {
  if (!isRecord(schema)) return { root: {}, definitions: new Map(), isComplete: true };
  const normalizer = new Normalizer(schema);
  try {
    const root = normalizer.convert(schema);
    normalizer.finish();
    return { root, definitions: normalizer.definitions, isComplete: true };
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    return { root: { type: "object" }, definitions: new Map(), isComplete: false };
  }
}

class Normalizer {
  readonly definitions = new Map<string, Schema>();
  readonly #references: References;
  readonly #waiting: { name: string; target: unknown }[] = [];
  readonly #names = new Map<unknown, string>();
  readonly #taken = new Set<string>();
  #count = 0;

  constructor(source: Schema) {
    this.#references = new References(source);
  }

  /** Converts what was referred to; one after the other, so that a chain of references costs no stack. */
  finish(): void {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      this.definitions.set(next.name, this.convert(next.target));
    }
  }

  convert(schema: unknown): Schema {
    if (++this.#count > MAX_SCHEMAS) throw new TooLarge();
    if (schema === false) return { not: {} };
    if (!isRecord(schema)) return {};
    const result: [string, unknown][] = [];
    for (const [keyword, value] of Object.entries(modernize(schema))) {
      if (IDENTITY.has(keyword)) continue;
      const converted = this.#value(keyword, value);
      if (converted !== undefined) result.push([keyword, converted]);
    }
    return { ...Object.fromEntries(result), ...this.#reference(schema) };
  }

  #value(keyword: string, value: unknown): unknown {
    if (ONE_SCHEMA.has(keyword)) {
      // As it is written: readers know `additionalProperties: false` and not what it stands for.
      if (typeof value === "boolean") return value;
      return isRecord(value) ? this.convert(value) : undefined;
    }
    if (SCHEMA_LIST.has(keyword)) {
      return Array.isArray(value) && value.length > 0 ? value.map((inner) => this.convert(inner)) : undefined;
    }
    if (SCHEMA_MAP.has(keyword)) {
      if (!isRecord(value)) return undefined;
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.convert(inner)]));
    }
    return isWellFormed(keyword, value) ? value : undefined;
  }

  #reference(schema: Schema): Schema {
    const reference = schema["$ref"] ?? schema["$dynamicRef"] ?? schema["$recursiveRef"];
    if (typeof reference !== "string") return {};
    const target = this.#references.resolve(reference, schema);
    if (target !== undefined) return { $ref: `#/$defs/${this.#nameOf(target.schema, target.name)}` };
    const described = typeof schema["description"] === "string" ? `${schema["description"]} ` : "";
    return { description: `${described}(Defined elsewhere: ${reference})` };
  }

  #nameOf(target: unknown, wanted: string): string {
    let name = this.#names.get(target);
    if (name !== undefined) return name;
    name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}_${number}`;
    this.#taken.add(name);
    this.#names.set(target, name);
    this.#waiting.push({ name, target });
    return name;
  }
}

/** Keywords of drafts 4 to 2019-09 in the words of 2020-12 (its "Changes" and those before it). */
function modernize(schema: Schema): Schema {
  const changes: Record<string, unknown> = {};
  if (Array.isArray(schema["items"])) {
    changes["prefixItems"] = schema["items"];
    changes["items"] = schema["additionalItems"];
    changes["additionalItems"] = undefined;
  }
  for (const side of ["Minimum", "Maximum"]) {
    const exclusive = schema[`exclusive${side}`];
    if (typeof exclusive !== "boolean") continue;
    const bound = side.toLowerCase();
    changes[`exclusive${side}`] = exclusive ? schema[bound] : undefined;
    if (exclusive) changes[bound] = undefined;
  }
  if (isRecord(schema["dependencies"])) {
    const entries = Object.entries(schema["dependencies"]);
    const lists = entries.filter(([, value]) => Array.isArray(value));
    const schemas = entries.filter(([, value]) => !Array.isArray(value));
    if (lists.length > 0) changes["dependentRequired"] = Object.fromEntries(lists);
    if (schemas.length > 0) changes["dependentSchemas"] = Object.fromEntries(schemas);
    changes["dependencies"] = undefined;
  }
  // As OpenAPI 3.0 says it, which many generators still do.
  if (schema["nullable"] === true && typeof schema["type"] === "string") changes["type"] = [schema["type"], "null"];
  return Object.keys(changes).length === 0 ? schema : { ...schema, ...changes };
}
