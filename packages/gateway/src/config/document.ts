import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { toYamlFlow } from "./plain-json.ts";
import { isSecret, isSecretName } from "./secrets.ts";
import type { Range, SourceText } from "./source-text.ts";

export type Path = readonly PropertyKey[];

/** Levels of nesting a configuration may have. */
const MAX_DEPTH = 64;
/** Values a file may have once its aliases stand for what they name: more than any real one, less than a bomb. */
const MAX_VALUES = 50_000;

/** Gives the text that takes the place of a text value. */
export type Substitute = (text: string, path: Path, range: Range) => string;

/** A file read as YAML, of which JSON is a part: plain values, and the place each one came from. */
export class ConfigDocument {
  readonly source: SourceText;
  readonly #document: Document;
  readonly #targets = new Map<Alias, Node>();

  private constructor(source: SourceText, document: Document) {
    this.source = source;
    this.#document = document;
  }

  /** @returns undefined where it is no YAML; what is wrong is reported */
  static parse(source: SourceText): ConfigDocument | undefined {
    const text = toYamlFlow(source.text.replace(/^\uFEFF/, " "));
    let document: Document;
    try {
      document = parseDocument(text, { prettyErrors: false, merge: true, uniqueKeys: false, logLevel: "error" });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      source.report("error", "is nested too deeply", [], [0, 1]);
      return undefined;
    }
    const parsed = new ConfigDocument(source, document);
    if (!parsed.#check()) return undefined;
    for (const { message, pos } of [...document.errors, ...document.warnings]) source.report("error", message, [], pos);
    if (document.errors.length + document.warnings.length > 0) return undefined;
    source.isUnderstood = true;
    return parsed;
  }

  /** Walks it once: hides secrets, resolves aliases, and counts what they stand for. */
  #check(): boolean {
    const anchors = new Map<string, { node: Node; size: number }>();
    const { source } = this;
    const targets = this.#targets;
    let sound = true;
    let unique = true;
    const fail = (message: string, node: unknown, path: Path): number => {
      if (sound) source.report("error", message, path, rangeOf(node));
      sound = false;
      return 0;
    };
    const size = (node: unknown, path: Path): number => {
      if (!sound) return 0;
      if (path.length > MAX_DEPTH) return fail(`is nested more than ${MAX_DEPTH} levels deep`, node, []);
      let total = 1;
      if (isAlias(node)) {
        const anchor = anchors.get(node.source);
        if (anchor === undefined)
          return fail(`*${node.source} names no anchor (&${node.source}) before it`, node, path);
        targets.set(node, anchor.node);
        total += anchor.size;
      } else if (isMap(node) || isSeq(node)) {
        if (isMap(node)) unique = this.#checkKeys(node, path) && unique;
        for (const [index, item] of node.items.entries()) {
          const before: unknown = isSeq(node) ? node.items[index - 1] : undefined;
          // `--token abc`, in two words.
          if (isScalar(before) && isSecretName(before.value)) source.hide(rangeOf(item));
          total += isPair(item) ? size(item.value, [...path, keyOf(item.key)]) : size(item, [...path, index]);
          if (total > MAX_VALUES) return fail(`aliases make more than ${MAX_VALUES} values of this file`, item, path);
        }
      } else if (isScalar(node) && typeof node.value === "string" && isSecret(path, node.value)) {
        source.hide(rangeOf(node));
      }
      if (isNode(node) && !isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, { node, size: total });
      return total;
    };
    if (size(this.#document.contents, []) > MAX_VALUES) {
      fail(`has more than ${MAX_VALUES} values`, this.#document.contents, []);
    }
    return sound && unique;
  }

  #checkKeys({ items }: YAMLMap, path: Path): boolean {
    const { source } = this;
    const lines = new Map<string, number>();
    for (const { key } of items) {
      if (!isScalar(key) || isMerge(key)) continue;
      const name = keyOf(key);
      const first = lines.get(name);
      if (first === undefined) lines.set(name, source.lines.linePos(rangeOf(key)[0]).line);
      else source.report("error", `is there already, in line ${first}`, [...path, name], rangeOf(key));
    }
    return lines.size === items.filter(({ key }) => isScalar(key) && !isMerge(key)).length;
  }

  /** The plain value of everything in it. */
  value(substitute: Substitute): unknown {
    return this.#valueOf(this.#document.contents, [], substitute);
  }

  #valueOf(node: unknown, path: Path, substitute: Substitute): unknown {
    if (isAlias(node)) return this.#valueOf(this.#targets.get(node), path, substitute);
    if (isSeq(node)) return node.items.map((item, index) => this.#valueOf(item, [...path, index], substitute));
    if (isMap(node)) {
      // No prototype: `__proto__` is a key like any other, and an unknown one.
      const value = Object.create(null) as Record<string, unknown>;
      for (const { key, value: item } of node.items) {
        if (isMerge(key)) for (const [name, merged] of this.#merged(item, path, substitute)) value[name] ??= merged;
        else if (isScalar(key)) value[keyOf(key)] = this.#valueOf(item, [...path, keyOf(key)], substitute);
        else this.source.report("error", "a key must be text", path, rangeOf(key));
      }
      return value;
    }
    if (!isScalar(node)) return undefined;
    return typeof node.value === "string" ? substitute(node.value, path, rangeOf(node)) : node.value;
  }

  /** What `<<: *defaults` brings: the entries of one mapping or of several, the first of which goes before the others. */
  #merged(node: unknown, path: Path, substitute: Substitute): [string, unknown][] {
    const value = this.#valueOf(node, path, substitute);
    const maps = Array.isArray(value) ? value.toReversed() : [value];
    return Object.entries(Object.assign({}, ...maps) as object);
  }

  /** Where the value at a path stands; where nothing stands there, the key of what should have held it. */
  rangeOf(path: Path): Range {
    const found = this.#find(path);
    if (found.depth === path.length && found.value !== undefined) return rangeOf(found.value);
    return rangeOf(found.key ?? found.value);
  }

  /** Where the last key of a path stands. */
  keyRangeOf(path: Path): Range {
    const found = this.#find(path);
    return rangeOf(found.key ?? found.value);
  }

  /** The node at a path, with its key; where there is none, the deepest one on the way. */
  #find(path: Path): { depth: number; key: unknown; value: unknown } {
    let value: unknown = this.#document.contents;
    let key: unknown;
    for (const [depth, step] of path.entries()) {
      const inner: unknown = isAlias(value) ? this.#targets.get(value) : value;
      if (isMap(inner)) {
        const pair = inner.items.find((item) => isScalar(item.key) && keyOf(item.key) === String(step));
        if (pair === undefined) return { depth, key, value };
        [key, value] = [pair.key, pair.value];
      } else if (isSeq(inner) && inner.items[Number(step)] !== undefined) {
        value = inner.items[Number(step)];
        key = undefined;
      } else return { depth, key, value };
    }
    return { depth: path.length, key, value };
  }
}

function isMerge(key: unknown): boolean {
  return isScalar(key) && (key.value === "<<" || typeof key.value === "symbol") && key.type === "PLAIN";
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String((key as Scalar).value) : "";
}

function rangeOf(node: unknown): Range {
  const range = (node as { range?: [number, number, number] | null } | undefined | null)?.range;
  return range === undefined || range === null ? [0, 1] : [range[0], range[1]];
}
