import { isRecord, ONE_SCHEMA, type Schema, SCHEMA_LIST, SCHEMA_MAP } from "./json-schema.ts";

/** What a reference leads to, and what to call it. */
export interface Target {
  readonly schema: unknown;
  readonly name: string;
}

/** Base of a schema that has no `$id`: nothing can be fetched from it. */
const NOWHERE = "schema:/";

/** Resolves the references inside one schema: pointers, anchors and identifiers (JSON Schema 2020-12 core §8.2, §9). */
export class References {
  readonly #root: Schema;
  /** By absolute URI, of what has an `$id` or an anchor. */
  #known: Map<string, unknown> | undefined;
  /** The base of schemas that stand below an `$id`. */
  readonly #bases = new WeakMap<object, string>();

  constructor(root: Schema) {
    this.#root = root;
  }

  /** What `reference`, which stands in `from`, leads to; undefined where it leads out of the schema, or nowhere. */
  resolve(reference: string, from: Schema): Target | undefined {
    this.#known ??= this.#collect();
    const uri = absolute(reference, this.#bases.get(from) ?? NOWHERE);
    const hash = uri.indexOf("#");
    const fragment = hash < 0 ? "" : uri.slice(hash + 1);
    const resource = this.#known.get(hash < 0 ? uri : uri.slice(0, hash));
    if (fragment === "" || fragment.startsWith("/")) {
      return resource === undefined ? undefined : this.#at(resource, fragment);
    }
    const schema = this.#known.get(uri);
    return schema === undefined ? undefined : { schema, name: nameFrom(fragment) };
  }

  /** Follows a JSON pointer in URI form (RFC 6901 §6). */
  #at(start: unknown, pointer: string): Target | undefined {
    if (pointer === "") return { schema: start, name: start === this.#root ? "root" : nameFrom(titleOf(start)) };
    let value: unknown = start;
    let last = "";
    for (const part of pointer.slice(1).split("/")) {
      last = unescape(part);
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, last)) return undefined;
      value = (value as Record<string, unknown>)[last];
    }
    return isRecord(value) || typeof value === "boolean" ? { schema: value, name: nameFrom(last) } : undefined;
  }

  #collect(): Map<string, unknown> {
    const known = new Map<string, unknown>([[NOWHERE, this.#root]]);
    const waiting: { schema: unknown; base: string }[] = [{ schema: this.#root, base: NOWHERE }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { schema } = next;
      if (!isRecord(schema)) continue;
      const id = schema["$id"] ?? (typeof schema["id"] === "string" && "$schema" in schema ? schema["id"] : undefined);
      const base = typeof id === "string" ? absolute(id, next.base).replace(/#$/, "") : next.base;
      if (typeof id === "string") known.set(base, schema);
      this.#bases.set(schema, base);
      for (const anchor of [schema["$anchor"], schema["$dynamicAnchor"]]) {
        if (typeof anchor === "string") known.set(`${base}#${anchor}`, schema);
      }
      for (const inner of schemasIn(schema)) waiting.push({ schema: inner, base });
    }
    return known;
  }
}

function* schemasIn(schema: Schema): Iterable<unknown> {
  for (const [keyword, value] of Object.entries(schema)) {
    if (ONE_SCHEMA.has(keyword) && isRecord(value)) yield value;
    else if ((SCHEMA_LIST.has(keyword) || keyword === "items") && Array.isArray(value)) yield* value;
    else if (SCHEMA_MAP.has(keyword) || /^(\$defs|definitions|dependencies)$/.test(keyword)) {
      if (isRecord(value)) yield* Object.values(value);
    }
  }
}

function absolute(reference: string, base: string): string {
  return URL.parse(reference, base)?.href ?? reference;
}

function unescape(part: string): string {
  let text = part;
  try {
    text = decodeURIComponent(part);
  } catch {
    // Not percent-encoded after all.
  }
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}

function titleOf(schema: unknown): string {
  const title = isRecord(schema) ? schema["title"] : undefined;
  return typeof title === "string" ? title : "schema";
}

/** A name for a component (OpenAPI 3.1 "Components Object": letters, digits, `.`, `-`, `_`). */
export function nameFrom(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 60) || "schema";
}
