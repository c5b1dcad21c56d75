import { createHash } from "node:crypto";
import { dirname, resolve as resolvePath } from "node:path";
import { toUpstreamName } from "@shardgate/contract";
import { type UpstreamDefinition, upstreamOptionsSchema } from "../upstreams/index.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { ConfigDocument, type Path } from "./document.ts";
import { explain } from "./explain.ts";
import { isRecord, type ForeignUpstream, type Notes } from "./formats/format.ts";
import { foreignFormats } from "./formats/index.ts";
import { interpolate } from "./interpolate.ts";
import { configSchema, DEFAULT_CONFIG, type GatewayConfig, SETTING_NAMES } from "./schema.ts";
import type { Range } from "./source-text.ts";
import { SourceText } from "./source-text.ts";
import { parseTyped } from "./typed.ts";
import { type Environment, type GetFile, readEnvFile, variablesOf } from "./variables.ts";

/** Files within files within files. */
const MAX_INCLUDES = 8;
const MAX_FILES = 200;
/** Of a file, or of one foreign server. */
const MAX_ISSUES = 500;

export interface ReaderDeps {
  readonly env: Environment;
  readonly getFile: GetFile;
  /** Paths that match a pattern. */
  readonly list: (pattern: string) => readonly string[];
}

type Options = UpstreamDefinition["options"];

/** Where something that may be there once only was found first. */
interface Place {
  readonly file: string;
  readonly line: number;
}

/** Puts a configuration together from its files; one reader per attempt. Does no I/O: what it needs is handed in. */
export class ConfigReader {
  readonly diagnostics: Diagnostic[] = [];
  /** Configuration files, in the order in which they were read. */
  readonly files: string[] = [];
  readonly #deps: ReaderDeps;
  readonly #settings: Record<string, unknown> = {};
  readonly #settingPlaces = new Map<string, Place>();
  readonly #definitions = new Map<string, UpstreamDefinition>();
  readonly #places = new Map<string, Place>();

  constructor(deps: ReaderDeps) {
    this.#deps = deps;
  }

  get config(): GatewayConfig | undefined {
    if (this.diagnostics.some(({ severity }) => severity === "error")) return undefined;
    return { ...DEFAULT_CONFIG, ...this.#settings, upstreams: [...this.#definitions.values()] };
  }

  /** Reads a file and what it includes. */
  read(file: string, depth = 0, onMissing?: (problem: string) => void): void {
    if (this.files.includes(file)) return;
    const content = this.#deps.getFile(file);
    this.files.push(file);
    if ("problem" in content) {
      if (onMissing !== undefined) onMissing(content.problem);
      else new SourceText(file, "", this.diagnostics).report("error", content.problem, [], [0, 1]);
      return;
    }
    const source = new SourceText(file, content.text, this.diagnostics);
    const document = ConfigDocument.parse(source);
    if (document === undefined) return;
    const raw = document.value((text) => text);
    if (raw === undefined || raw === null) {
      return source.report("warning", "is empty: nothing is configured", [], [0, 1]);
    }
    if (!isRecord(raw)) return source.report("error", "must be a mapping", [], document.rangeOf([]));
    const format = raw["upstreams"] === undefined ? foreignFormats.find((one) => one.matches(raw)) : undefined;
    const value = this.#interpolated(document, raw, format === undefined ? "error" : "warning");
    if (format === undefined) return this.#readOwn(document, value, depth);
    const notes: Notes = {
      error: (message, path) => source.report("error", message, path, document.rangeOf(path)),
      warn: (message, path, at) =>
        source.report("warning", message, path, at === "key" ? document.keyRangeOf(path) : document.rangeOf(path)),
    };
    for (const upstream of format.read(value, notes)) this.#readForeign(document, upstream, notes);
  }

  /** The values with everything they refer to; what an upstream lacks that is switched off is nobody's concern. */
  #interpolated(
    document: ConfigDocument,
    raw: Readonly<Record<string, unknown>>,
    severity: Diagnostic["severity"],
  ): Readonly<Record<string, unknown>> {
    const { source } = document;
    const variables = variablesOf(source.file, this.#deps.env, this.#deps.getFile);
    const substitute = (text: string, path: Path, range: Range): string =>
      interpolate(text, variables, (message) => {
        if (!isOff((raw[String(path[0])] as Record<PropertyKey, unknown> | undefined)?.[path[1] ?? ""])) {
          source.report(severity, message, path, range);
        }
      });
    return document.value(substitute) as Readonly<Record<string, unknown>>;
  }

  #readOwn(document: ConfigDocument, value: Readonly<Record<string, unknown>>, depth: number): void {
    const { source } = document;
    // As in Compose: a place for anchors.
    const own = Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")));
    const parsed = parseTyped(configSchema, own);
    for (const { message, path, at } of parsed.issues.slice(0, MAX_ISSUES).flatMap((issue) => explain(issue, own))) {
      source.report("error", message, path, at === "key" ? document.keyRangeOf(path) : document.rangeOf(path));
    }
    // What is right in a file with errors is still looked at: all problems at once.
    for (const name of SETTING_NAMES) {
      if (own[name] === undefined) continue;
      const other = this.#settingPlaces.get(name);
      if (other !== undefined) {
        source.report("error", `is set in ${other.file}:${other.line} already`, [name], document.keyRangeOf([name]));
      }
      this.#settingPlaces.set(name, placeOf(document, [name]));
      if (parsed.data !== undefined) this.#settings[name] = parsed.data[name];
    }
    for (const [name, options] of Object.entries(parsed.data?.upstreams ?? {})) {
      this.#define(document, name, undefined, options, ["upstreams", name], {});
    }
    const included = Array.isArray(own["include"]) ? own["include"] : [];
    for (const [index, pattern] of included.entries()) {
      if (typeof pattern === "string") this.#include(document, pattern, ["include", index], depth);
    }
  }

  #include(document: ConfigDocument, pattern: string, path: Path, depth: number): void {
    const { source } = document;
    const report = (message: string): void => source.report("error", message, path, document.rangeOf(path));
    if (depth >= MAX_INCLUDES) return report(`files include each other more than ${MAX_INCLUDES} levels deep`);
    const target = resolvePath(dirname(source.file), pattern);
    for (const file of /[*?[{]/.test(pattern) ? this.#deps.list(target) : [target]) {
      if (this.files.length >= MAX_FILES) return report(`there are more than ${MAX_FILES} files`);
      this.read(file, depth + 1, report);
    }
  }

  #readForeign(document: ConfigDocument, upstream: ForeignUpstream, notes: Notes): void {
    const { path, from, envFiles } = upstream;
    const options = { ...upstream.options };
    for (const envFile of envFiles) {
      const file = resolvePath(dirname(document.source.file), envFile);
      const content = this.#deps.getFile(file);
      if ("problem" in content) notes.warn(`${content.problem}`, [...path, "envFile"]);
      options["env"] = { ...readEnvFile(file, this.#deps.getFile), ...(options["env"] as object) };
    }
    const parsed = parseTyped(upstreamOptionsSchema, options);
    for (const { message, path: within } of parsed.issues
      .slice(0, MAX_ISSUES)
      .flatMap((issue) => explain(issue, options))) {
      const [first, second] = within.map(String);
      const key = first === "tools" ? from[second ?? ""] : from[first ?? ""];
      const rest = within.slice(first === "tools" ? 2 : 1);
      const place = [...path, ...(key === undefined ? within.slice(0, 1) : [key, ...rest])];
      notes.error(message, place);
    }
    if (parsed.data === undefined) return;
    const name = this.#mappedName(upstream.name, document.source.file);
    this.#define(document, name, name === upstream.name ? undefined : upstream.name, parsed.data, path, from);
  }

  /** A name of ours for one of theirs; where two of theirs give the same, the later one gets a hash. */
  #mappedName(original: string, file: string): string {
    const name = toUpstreamName(original);
    const holder = this.#definitions.get(name);
    const isSame = holder === undefined || (holder.original ?? holder.name) === original;
    if (isSame) return name;
    return `${name.slice(0, 11)}-${createHash("sha256").update(`${file}\0${original}`).digest("hex").slice(0, 4)}`;
  }

  #define(
    document: ConfigDocument,
    name: string,
    original: string | undefined,
    options: Options,
    path: Path,
    from: Readonly<Record<string, string>>,
  ): void {
    const other = this.#places.get(name);
    if (other !== undefined) {
      const shown = original ?? name;
      const message = `the name ${shown} is taken by ${other.file}:${other.line}; give one of them a name of its own`;
      return document.source.report("error", message, path, nameRange(document, path));
    }
    this.#places.set(name, placeOf(document, path));
    const resolved = this.#withFiles(document, options, path, from);
    this.#definitions.set(name, { id: name, name, ...(original !== undefined && { original }), options: resolved });
  }

  /** Options with paths made absolute, and certificates in place of the paths to them, so that a new one is a change. */
  #withFiles(document: ConfigDocument, options: Options, path: Path, from: Readonly<Record<string, string>>): Options {
    const { source } = document;
    const folder = dirname(source.file);
    if ("command" in options) {
      const home = this.#deps.env["HOME"] ?? "~";
      return options.cwd === undefined
        ? options
        : { ...options, cwd: resolvePath(folder, options.cwd.replace(/^~(?=\/|$)/, home)) };
    }
    if (options.tls === undefined || !options.enabled) return options;
    const tls = { ...options.tls };
    for (const key of ["ca", "cert", "key"] as const) {
      const given = tls[key];
      if (given === undefined || given.startsWith("-----BEGIN ")) continue;
      const content = this.#deps.getFile(resolvePath(folder, given));
      const place = [...path, from["tls"] ?? "tls", key];
      if ("problem" in content) source.report("error", `${given} ${content.problem}`, place, document.rangeOf(place));
      else if (!content.text.includes("-----BEGIN ")) {
        source.report("error", `${given} is no PEM file (-----BEGIN …)`, place, document.rangeOf(place));
      } else tls[key] = content.text;
    }
    return { ...options, tls };
  }
}

function isOff(upstream: unknown): boolean {
  if (!isRecord(upstream)) return false;
  return upstream["enabled"] === false || upstream["disabled"] === true || upstream["isActive"] === false;
}

/** A name in a mapping is its key; in a list it is the value of `name`. */
function nameRange(document: ConfigDocument, path: Path): Range {
  return typeof path.at(-1) === "number" ? document.rangeOf([...path, "name"]) : document.keyRangeOf(path);
}

function placeOf(document: ConfigDocument, path: Path): Place {
  const { file, lines } = document.source;
  return { file, line: lines.linePos(nameRange(document, path)[0]).line };
}
