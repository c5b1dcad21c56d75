import { type Document, isPair, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { ConfigError, type Diagnostic } from "./diagnostics.ts";
import { interpolate } from "./interpolate.ts";
import { configSchema, type GatewayConfig, toConfig } from "./schema.ts";

type Range = readonly [number, number];

/**
 * Reads the text of `gateway.yaml`.
 *
 * @param file its name, for messages
 * @throws ConfigError with everything that is wrong with it, each with line, column and excerpt
 */
export function loadConfig(
  text: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): GatewayConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const diagnostics: Diagnostic[] = [];
  const report = (message: string, path: string, [start, end]: Range): void => {
    const { line, col } = lines.linePos(start);
    // One value, one problem: what follows from the first helps nobody.
    if (diagnostics.some((known) => known.line === line && known.column === col)) return;
    diagnostics.push({ message, path, line, column: col, length: Math.max(1, end - start) });
  };
  for (const error of document.errors) report(error.message, "", error.pos);
  if (diagnostics.length > 0) throw new ConfigError(file, text, diagnostics);

  interpolate(document, env, (message, scalar) => report(message, "", rangeOf(scalar)));
  const parsed = configSchema.safeParse(valueOf(document, report), { reportInput: true });
  for (const issue of parsed.error?.issues ?? []) {
    for (const { message, path, range } of locate(document, issue)) report(message, path.join("."), range);
  }
  if (diagnostics.length > 0 || !parsed.success) throw new ConfigError(file, text, diagnostics);
  return toConfig(parsed.data);
}

/** The plain value of a document; what its aliases cannot give (none of that name, too many) is a problem of the file. */
function valueOf(document: Document, report: (message: string, path: string, range: Range) => void): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    report((error as Error).message, "", rangeOf(document.contents));
    return {};
  }
}

interface Located {
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly range: Range;
}

/** Where in the file an issue stands: a key for a key at fault, else the value, else what should have held it. */
function locate(document: Document, issue: z.core.$ZodIssue): Located[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      message: "unknown key",
      path: [...path, key],
      range: keyRange(document, path, key),
    }));
  }
  const last = path.at(-1);
  if (issue.code === "invalid_key" && last !== undefined) {
    const message = issue.issues[0]?.message ?? issue.message;
    return [{ message, path, range: keyRange(document, path.slice(0, -1), last) }];
  }
  for (let depth = path.length; ; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    const range =
      depth === path.length ? rangeOf(node) : keyRange(document, path.slice(0, depth - 1), path[depth - 1]!);
    if (node !== undefined || depth === 0)
      return [{ message: messageOf(issue), path, range: depth === 0 ? rangeOf(node) : range }];
  }
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type" && issue.input === undefined) return `is missing (${issue.expected})`;
  return issue.message;
}

function keyRange(document: Document, parent: readonly PropertyKey[], key: PropertyKey): Range {
  let range: Range | undefined;
  const map = parent.length === 0 ? document.contents : document.getIn(parent, true);
  visit(map as Parameters<typeof visit>[0], {
    Pair(_, pair) {
      if (isPair(pair) && isScalar(pair.key) && String(pair.key.value) === String(key)) range ??= rangeOf(pair.key);
      return visit.SKIP;
    },
  });
  return range ?? rangeOf(map);
}

function rangeOf(node: unknown): Range {
  const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
  return range === undefined || range === null ? [0, 1] : [range[0], range[1]];
}
