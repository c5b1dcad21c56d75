/** Something to say about a configuration file, at the place where it stands. */
export interface Diagnostic {
  /** A file with an error is not used; a warning is told and no more. */
  readonly severity: "error" | "warning";
  readonly message: string;
  /** Path of the value at fault, such as `upstreams.nas.url`; empty where it is the file itself. */
  readonly path: string;
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** How many characters are at fault. */
  readonly length: number;
  /** The line, with what may be secret in it replaced; empty where there is nothing to show. */
  readonly excerpt: string;
}

/** A configuration that cannot be used, with all that is wrong with it; its message is for a terminal. */
export class ConfigError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    const files = [...new Set(errors.map(({ file }) => file))].join(", ");
    const count = errors.length === 1 ? "1 problem" : `${errors.length} problems`;
    super(`${files}: ${count}\n\n${errors.map(renderDiagnostic).join("\n\n")}`);
    this.name = "ConfigError";
    this.diagnostics = diagnostics;
  }
}

/** `file:line:column path: message`, what a terminal makes a link of, and nothing secret. */
export function summarize({ file, line, column, path, message }: Diagnostic): string {
  return `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`;
}

/** Longest part of a line that is shown. */
const EXCERPT_LENGTH = 160;

/** The summary, the line, and a mark under what is at fault. */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { excerpt, line, column, length, severity } = diagnostic;
  const said = severity === "warning" ? `warning: ${summarize(diagnostic)}` : summarize(diagnostic);
  if (excerpt === "") return said;
  const start = column > EXCERPT_LENGTH / 2 && excerpt.length > EXCERPT_LENGTH ? column - EXCERPT_LENGTH / 2 : 0;
  // A tab keeps its width under the mark only as a tab.
  const shown = excerpt.slice(start, start + EXCERPT_LENGTH);
  const gutter = `${line} | `;
  const indent = shown.slice(0, column - 1 - start).replace(/[^\t]/g, " ");
  const caret = "^".repeat(Math.max(1, Math.min(length, shown.length - (column - 1 - start))));
  return `${said}\n  ${gutter}${shown}\n  ${" ".repeat(gutter.length)}${indent}${caret}`;
}

/** In order of file and place, without what says the same about the same place. */
export function ordered(diagnostics: readonly Diagnostic[], files: readonly string[]): Diagnostic[] {
  const rank = (file: string): number => files.indexOf(file);
  return diagnostics.toSorted((a, b) => rank(a.file) - rank(b.file) || a.line - b.line || a.column - b.column);
}
