import { toUpstreamName } from "@shardgate/contract";
import { Document, isMap, type Pair, type Scalar, type YAMLMap } from "yaml";
import { type Comment, commentsOf } from "./comments.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { ConfigDocument } from "./document.ts";
import { type ForeignUpstream, isRecord, type Notes } from "./formats/format.ts";
import { foreignFormats } from "./formats/index.ts";
import { SourceText } from "./source-text.ts";

/**
 * A file of another program as `gateway.yaml`. References such as `${TOKEN}` stay references, comments stay with the
 * server they stand at, and what cannot be carried over is told.
 *
 * @param diagnostics gets what there is to say
 * @returns undefined where the file is of no form we know, or has errors
 */
export function importForeign(file: string, text: string, diagnostics: Diagnostic[]): string | undefined {
  const source = new SourceText(file, text, diagnostics);
  const document = ConfigDocument.parse(source);
  const raw = document?.value((value) => value);
  if (document === undefined) return undefined;
  const format = isRecord(raw) ? foreignFormats.find((one) => one.matches(raw)) : undefined;
  if (format === undefined) {
    const what =
      isRecord(raw) && raw["upstreams"] !== undefined
        ? "is a gateway.yaml already"
        : "holds no servers of a form we know";
    source.report("error", what, [], [0, 1]);
    return undefined;
  }
  const notes: Notes = {
    error: (message, path) => source.report("error", message, path, document.rangeOf(path)),
    warn: (message, path, at) =>
      source.report("warning", message, path, at === "key" ? document.keyRangeOf(path) : document.rangeOf(path)),
  };
  const upstreams = format.read(raw as Readonly<Record<string, unknown>>, notes);
  if (diagnostics.some(({ severity }) => severity === "error")) return undefined;
  return write(document, upstreams, commentsOf(text));
}

function write(document: ConfigDocument, upstreams: readonly ForeignUpstream[], comments: readonly Comment[]): string {
  const names = uniqueNames(upstreams);
  const entries = upstreams.map(({ options }, index) => [names[index], optionsOf(options)] as const);
  const yaml = new Document({ upstreams: Object.fromEntries(entries) });
  const map = yaml.get("upstreams");
  if (!isMap(map)) return String(yaml);
  const notesOf = commentsByEntry(document, upstreams, comments);
  for (const [index, pair] of (map as YAMLMap<Scalar, unknown>).items.entries() as Iterable<[number, Pair<Scalar>]>) {
    const original = upstreams[index]?.name;
    const renamed = original === names[index] ? [] : [`${original} in the file this comes from`];
    const lines = [...(notesOf.get(index) ?? []), ...renamed];
    if (lines.length > 0)
      pair.key.commentBefore = lines
        .flatMap((line) => line.split("\n"))
        .map((line) => ` ${line}`)
        .join("\n");
  }
  const rest = notesOf.get(upstreams.length);
  if (rest !== undefined) yaml.comment = rest.map((line) => ` ${line}`).join("\n");
  return yaml.toString({ lineWidth: 120 });
}

/** What a definition says beyond its defaults; an empty list or mapping says nothing. */
function optionsOf(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean =>
    (Array.isArray(value) && value.length === 0) || (isRecord(value) && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => !isEmpty(value)));
}

function uniqueNames(upstreams: readonly ForeignUpstream[]): readonly string[] {
  const taken = new Set<string>();
  return upstreams.map(({ name }) => {
    let mapped = toUpstreamName(name);
    for (let number = 2; taken.has(mapped); number++) mapped = `${toUpstreamName(name).slice(0, 13)}-${number}`;
    taken.add(mapped);
    return mapped;
  });
}

/** Comments by the index of the entry they stand before or in; what follows the last one goes to the end. */
function commentsByEntry(
  document: ConfigDocument,
  upstreams: readonly ForeignUpstream[],
  comments: readonly Comment[],
): ReadonlyMap<number, readonly string[]> {
  const ends = upstreams.map(({ path }) => {
    const end = document.rangeOf(path)[1];
    // A comment on the line where an entry ends belongs to it.
    const lineEnd = document.source.text.indexOf("\n", end);
    return lineEnd < 0 ? document.source.text.length : lineEnd;
  });
  const found = new Map<number, string[]>();
  for (const { offset, text } of comments) {
    const entry = ends.findIndex((end) => offset < end);
    const index = entry < 0 ? upstreams.length : entry;
    found.set(index, [...(found.get(index) ?? []), text]);
  }
  return found;
}
