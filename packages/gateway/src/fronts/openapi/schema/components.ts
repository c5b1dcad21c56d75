import { mapSchemas, RESOLVED, type Schema } from "./json-schema.ts";
import type { Normalized } from "./normalize.ts";
import { nameIn, typeKeyword, typesOf } from "./types.ts";

/** A schema as it stands in an OpenAPI document: what it refers to are components. */
export interface DocumentSchema {
  readonly root: Schema;
  readonly components: ReadonlyMap<string, Schema>;
}

/** Where the components of a document are. */
export const COMPONENTS = "#/components/schemas/";

/**
 * Most schemas that a reader who puts the target in the place of every `$ref` may end up with. References beyond that, which
 * only a hostile schema has, are written as those of a cycle are.
 */
const MAX_EXPANDED = 20_000;

/**
 * Writes a schema for readers of OpenAPI documents as they are (openwebui §1.2). Nothing of its meaning is lost:
 * - a definition becomes a component; a reference that closes a cycle is written as `$dynamicRef` to an anchor, which means
 *   the same here, where each anchor is given once (2020-12 core §8.2.3.2), and is followed by no reader that puts targets
 *   in place: one circular `$ref` makes them drop the whole document;
 * - where references are resolved by some readers only, the target stands in place;
 * - what a property is named by says its type, also where other keywords imply it.
 *
 * @param prefix begins the name of each component
 */
export function toDocumentSchema(schema: Normalized, prefix: string): DocumentSchema {
  return new Writer(schema.definitions, prefix).write(schema.root);
}

class Writer {
  readonly #definitions: ReadonlyMap<string, Schema>;
  readonly #prefix: string;
  readonly #components = new Map<string, Schema>();
  /** How many schemas a component is once its references are replaced; missing while it is being written. */
  readonly #sizes = new Map<string, number>();
  /** Definitions being written or put in place right now: a reference to one of them closes a cycle. */
  readonly #open = new Set<string>();
  /** Components that something refers to by anchor. */
  readonly #anchored = new Set<string>();
  /** Components being written right now. */
  readonly #writing = new Set<string>();
  /** Schemas of the current component, with those its references stand for. */
  #size = 0;
  /** Schemas written so far. */
  #total = 0;

  constructor(definitions: ReadonlyMap<string, Schema>, prefix: string) {
    this.#definitions = definitions;
    this.#prefix = prefix;
  }

  write(root: Schema): DocumentSchema {
    const written = this.#write(root, true);
    for (const name of this.#anchored) {
      const component = this.#components.get(this.#prefix + name);
      this.#components.set(this.#prefix + name, { $dynamicAnchor: this.#anchor(name), ...component });
    }
    return { root: written, components: this.#components };
  }

  #write(schema: Schema, isResolved: boolean): Schema {
    this.#size++;
    this.#total++;
    const written = mapSchemas(schema, (inner, keyword) => {
      const result = this.#write(inner, isResolved && RESOLVED.has(keyword));
      return keyword === "properties" || keyword === "items" ? this.#typed(result, inner) : result;
    });
    const reference = schema["$ref"];
    return typeof reference === "string" ? this.#reference(written, nameIn(reference), isResolved) : written;
  }

  #reference(schema: Record<string, unknown>, name: string, isResolved: boolean): Schema {
    const { $ref: _, ...siblings } = schema;
    if (this.#open.has(name)) return this.#cycle(siblings, name);
    const isAlone = Object.keys(siblings).length === 0;
    if (isResolved) {
      this.#writeComponent(name);
      const size = this.#sizes.get(name) ?? 0;
      if (this.#size + size > MAX_EXPANDED) return this.#cycle(siblings, name);
      this.#size += size;
      const $ref = `${COMPONENTS}${this.#prefix}${name}`;
      // Readers that put the target in place drop what stands beside the reference, but for a description.
      return isAlone || onlyDescribes(siblings)
        ? { ...siblings, $ref }
        : { ...siblings, allOf: [...partsOf(siblings), { $ref }] };
    }
    if (this.#total > MAX_EXPANDED) return this.#cycle(siblings, name);
    this.#open.add(name);
    const target = this.#write(this.#definitions.get(name) ?? {}, false);
    this.#open.delete(name);
    return isAlone ? target : { ...siblings, allOf: [...partsOf(siblings), target] };
  }

  /** A reference that nobody follows by putting its target in place. */
  #cycle(siblings: Schema, name: string): Schema {
    // What it leads to has to be in the document all the same.
    if (!this.#open.has(name)) this.#writeComponent(name);
    else this.#promise(name);
    const type = typeKeyword(typesOf(this.#definitions.get(name) ?? {}, this.#definitions));
    return { type, ...siblings, $dynamicRef: `#${this.#anchor(name)}` };
  }

  /** What a component is found by without a `$ref`. */
  #anchor(name: string): string {
    this.#anchored.add(name);
    return `${this.#prefix}${name}`.replace(/^(?![A-Za-z_])/, "_");
  }

  /** Sees to it that a definition that is being put in place becomes a component as well. */
  #promise(name: string): void {
    if (this.#sizes.has(name) || this.#writing.has(name)) return;
    this.#open.delete(name);
    this.#writeComponent(name);
    this.#open.add(name);
  }

  #writeComponent(name: string): void {
    if (this.#sizes.has(name) || this.#writing.has(name)) return;
    const outside = this.#size;
    this.#size = 0;
    this.#open.add(name);
    this.#writing.add(name);
    const schema = this.#definitions.get(name) ?? {};
    const component = this.#typed(this.#write(schema, true), schema);
    this.#writing.delete(name);
    this.#open.delete(name);
    this.#sizes.set(name, this.#size);
    this.#size = outside;
    this.#components.set(this.#prefix + name, component);
  }

  /** Says the type, without which readers take a value for a string. */
  #typed(written: Schema, original: Schema): Schema {
    if (["type", "$ref", "anyOf"].some((keyword) => keyword in written)) return written;
    return { type: typeKeyword(typesOf(original, this.#definitions)), ...written };
  }
}

function onlyDescribes(siblings: Schema): boolean {
  return Object.keys(siblings).every((keyword) => /^(title|description|default|deprecated|examples?)$/.test(keyword));
}

function partsOf(siblings: Schema): readonly unknown[] {
  return (siblings["allOf"] as readonly unknown[] | undefined) ?? [];
}
