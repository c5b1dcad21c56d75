import {
  Composer,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  Scalar,
  type Document,
  type Node,
  type YAMLMap,
} from "yaml";
import type { Place, Report } from "./finding.ts";
import { resolvePlain } from "./go-scalar.ts";
import type { GoEntry, GoValue } from "./go-value.ts";

const MAX_NODES = 200_000;
const MAX_DEPTH = 100;

/**
 * Reads the first document of a YAML text as go-yaml v3 would, which Traefik uses: duplicate keys, unknown aliases and
 * control characters are faults, unquoted dates are timestamps, a second document is not looked at.
 *
 * @returns the value, or undefined when the text has a fault (each one is reported)
 */
export function readGoYaml(text: string, report: Report): GoValue | undefined {
  const lines = new LineCounter();
  const fault = (message: string, at?: Place): undefined => {
    report({
      severity: "fatal_for_all_files",
      path: "",
      ...at,
      message,
      fix: "Traefik cannot read this YAML; correct it here.",
    });
  };
  const odd = findForbiddenCharacter(text);
  if (odd !== undefined) {
    return fault(`YAML: control character ${odd.name} is not allowed`, placeOf(text, odd.index));
  }
  const [first, second] = composeDocuments(text, lines);
  if (first === undefined) return { kind: "null" };
  if (second) {
    report({
      severity: "silently_ignored",
      path: "",
      message: "only the first YAML document of a file is read; what follows the second `---` is ignored",
      fix: "Put everything into one document, or each document into a file of its own.",
    });
  }
  const version = /^%YAML\s+(\S+)/m.exec(text.slice(0, first.range?.[0] ?? 0))?.[1];
  if (version !== undefined && version !== "1.1") {
    return fault(`YAML: found incompatible YAML document (%YAML ${version}; only 1.1 is taken)`, {
      line: 1,
      column: 1,
    });
  }
  for (const error of first.errors) {
    const { line, col } = lines.linePos(error.pos[0]);
    fault(`YAML: ${firstLine(error.message)}`, { line, column: col });
  }
  if (first.errors.length > 0) return undefined;
  try {
    return new Converter(first, lines).convert(first.contents, 0);
  } catch (error) {
    if (!(error instanceof YamlFault)) throw error;
    return fault(`YAML: ${error.message}`, error.at);
  }
}

class YamlFault extends Error {
  readonly at: Place | undefined;

  constructor(message: string, at: Place | undefined) {
    super(message);
    this.at = at;
  }
}

/** Turns the nodes of one document into Go values, following aliases and merge keys. */
class Converter {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #open = new Set<Node>();
  #count = 0;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  convert(node: unknown, depth: number): GoValue {
    if (!isNode(node)) return { kind: "null" };
    const at = this.#place(node);
    if (++this.#count > MAX_NODES || depth > MAX_DEPTH) throw new YamlFault("document contains excessive aliasing", at);
    const place = at === undefined ? {} : { at };
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target === undefined) throw new YamlFault(`unknown anchor '${node.source}' referenced`, at);
      if (this.#open.has(target)) throw new YamlFault(`anchor '${node.source}' value contains itself`, at);
      return { ...this.convert(target, depth + 1), ...place };
    }
    if (isScalar(node)) return { ...scalarValue(node), ...place };
    this.#open.add(node);
    try {
      if (isSeq(node))
        return { kind: "list", items: node.items.map((item) => this.convert(item, depth + 1)), ...place };
      if (isMap(node)) return { kind: "map", entries: this.#entries(node, depth), ...place };
    } finally {
      this.#open.delete(node);
    }
    throw new YamlFault("unknown node", at);
  }

  #entries(map: YAMLMap, depth: number): GoEntry[] {
    const entries = new Map<string, GoEntry>();
    const merged: GoEntry[] = [];
    const seen = new Set<string>();
    for (const pair of map.items) {
      const at = isNode(pair.key) ? this.#place(pair.key) : undefined;
      const key = this.convert(pair.key, depth + 1);
      // Go's scanner takes no empty key without a question mark; the parser used here makes one out of `[a]: b`.
      if (key.kind === "null" && !(isScalar(pair.key) && pair.key.source))
        throw new YamlFault("could not find expected key", at);
      if (key.kind === "list" || key.kind === "map") throw new YamlFault("invalid map key", at);
      const source = isScalar(pair.key) ? String(pair.key.source ?? pair.key.value) : keyText(key);
      if (seen.has(source)) throw new YamlFault(`mapping key "${source}" already defined`, at);
      seen.add(source);
      const value = this.convert(pair.value, depth + 1);
      if (isScalar(pair.key) && pair.key.type === "PLAIN" && source === "<<") {
        merged.push(...mergedEntries(value, at));
        continue;
      }
      const name = keyText(key);
      entries.set(name, { key: name, value, ...(key.kind === "string" ? {} : { oddKey: true }), ...(at && { at }) });
    }
    for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry);
    return [...entries.values()];
  }

  #place(node: Node): Place | undefined {
    const start = node.range?.[0];
    if (start === undefined) return undefined;
    const { line, col } = this.#lines.linePos(start);
    return { line, column: col };
  }
}

/** What Go's reflect prints for a key that is no string: the name of its type. */
function keyText(key: GoValue): string {
  switch (key.kind) {
    case "string":
      return key.text;
    case "number":
      return key.text.includes(".") ? "<float64 Value>" : "<int Value>";
    case "bool":
      return "<bool Value>";
    case "time":
      return "<time.Time Value>";
    default:
      return "<invalid Value>";
  }
}

function mergedEntries(value: GoValue, at: Place | undefined): readonly GoEntry[] {
  if (value.kind === "map") return value.entries;
  if (value.kind === "list" && value.items.every((item) => item.kind === "map")) {
    return value.items.flatMap((item) => (item.kind === "map" ? item.entries : []));
  }
  throw new YamlFault("map merge requires map or sequence of maps as the value", at);
}

function scalarValue(node: Scalar): GoValue {
  const source = String(node.source ?? node.value ?? "");
  const tag = node.tag?.replace("tag:yaml.org,2002:", "!!");
  const plain = node.type === Scalar.PLAIN || node.type === undefined;
  if (tag === undefined || (plain && tag === "!"))
    return plain ? resolvePlain(source) : { kind: "string", text: source };
  if (tag === "!!str" || tag === "!!binary") return { kind: "string", text: source };
  if (tag === "!!null") return { kind: "null" };
  if (["!!int", "!!float", "!!bool", "!!timestamp"].includes(tag)) return resolvePlain(source);
  return plain ? resolvePlain(source) : { kind: "string", text: source };
}

function composeDocuments(text: string, lines: LineCounter): [first: Document | undefined, second: boolean] {
  // The schema "failsafe" leaves scalars as they are written; resolvePlain decides what they mean.
  const composer = new Composer({
    schema: "failsafe",
    uniqueKeys: false,
    merge: false,
    strict: true,
    prettyErrors: true,
    lineCounter: lines,
  });
  const parser = new Parser(lines.addNewLine);
  const body = text.startsWith("\uFEFF") ? text.slice(1) : text;
  let first: Document | undefined;
  for (const document of composer.compose(parser.parse(body), true, body.length)) {
    if (first !== undefined) return [first, document.contents !== null];
    first = document;
  }
  return [first, false];
}

function firstLine(message: string): string {
  return (message.split("\n", 1)[0] as string).replace(/ at line \d+, column \d+:?$/, "");
}

/**
 * Characters the YAML reader of Go refuses (YAML 1.1 section 5.1: printable characters only), and the line breaks of
 * YAML 1.1 (U+0085, U+2028, U+2029), which the parser used here takes for text.
 */
function findForbiddenCharacter(text: string): { index: number; name: string } | undefined {
  // eslint-disable-next-line no-control-regex
  const match = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u2028\u2029\uFFFE\uFFFF]|(?<!^)\uFEFF/.exec(text);
  if (match === null) return undefined;
  return { index: match.index, name: `U+${match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}` };
}

function placeOf(text: string, index: number): Place {
  const before = text.slice(0, index).split("\n");
  return { line: before.length, column: (before.at(-1) as string).length + 1 };
}
