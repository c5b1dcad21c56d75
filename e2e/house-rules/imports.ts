// Who imports whom, read from the sources' text. (The formatter puts every import at the start of a line, so a pattern is enough.)
import { posix } from "node:path";

/** One file of the repository; `path` is relative to the root, with slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** One edge: a file of ours to a file of ours (`packages/…`), to Node (`node:…`) or to a library (`npm:…`). */
export interface Import {
  readonly from: string;
  readonly to: string;
  /** Gone when the program runs. */
  readonly isTypeOnly: boolean;
}

/** What a package offers under which specifier: `@shardgate/contract` → `packages/contract/src/index.ts`. */
export type Exports = ReadonlyMap<string, string>;

const statement = /^(?:import|export)\b(?<type> type\b)?(?:[^;"']*?\bfrom)?\s*["'](?<specifier>[^"']+)["']/gm;
const dynamic = /\bimport\(\s*["'](?<specifier>[^"']+)["']\s*\)/g;

/** Code without comments, so that prose about a rule does not break it. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

/** All edges that start in a file. */
export function importsOf({ path, text }: Source, exports: Exports): readonly Import[] {
  const code = withoutComments(text);
  return [...code.matchAll(statement), ...code.matchAll(dynamic)].map(({ groups }) => ({
    from: path,
    to: resolve(path, groups!["specifier"]!, exports),
    isTypeOnly: groups!["type"] !== undefined,
  }));
}

function resolve(from: string, specifier: string, exports: Exports): string {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  if (specifier.startsWith("node:")) return specifier;
  if (specifier.startsWith("@shardgate/")) return exports.get(specifier) ?? `unknown export ${specifier}`;
  const [scope, name] = specifier.split("/");
  return `npm:${specifier.startsWith("@") ? `${scope}/${name}` : scope}`;
}

/** The shortest way round for each knot of files that import each other; types, which may speak of each other, tie no knot. */
export function cyclesAmong(imports: readonly Import[]): readonly (readonly string[])[] {
  const next = new Map<string, string[]>();
  for (const { from, to, isTypeOnly } of imports) if (!isTypeOnly) next.set(from, [...(next.get(from) ?? []), to]);
  const seen = new Set<string>();
  const cycles: string[][] = [];
  for (const start of next.keys()) {
    const way = seen.has(start) ? undefined : wayBack(start, next);
    for (const file of way ?? []) seen.add(file);
    if (way) cycles.push(way);
  }
  return cycles;
}

function wayBack(start: string, next: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const to of next.get(file) ?? []) {
      if (to === start) return [...wayTo(file, start, cameFrom), start];
      if (cameFrom.has(to)) continue;
      cameFrom.set(to, file);
      queue.push(to);
    }
  }
  return undefined;
}

function wayTo(file: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [file];
  while (way[0] !== start) way.unshift(cameFrom.get(way[0]!)!);
  return way;
}
