/** One problem of a configuration file. */
export interface Diagnostic {
  readonly message: string;
  /** Path of the value at fault, such as `upstreams.nas.url`. */
  readonly path: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** How many characters are at fault. */
  readonly length: number;
}

/** A file that cannot be used, with all that is wrong with it. */
export class ConfigError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(file: string, text: string, diagnostics: readonly Diagnostic[]) {
    const ordered = diagnostics.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const count = ordered.length === 1 ? "1 problem" : `${ordered.length} problems`;
    super(`${file}: ${count}\n\n${ordered.map((one) => render(file, text, one)).join("\n\n")}`);
    this.name = "ConfigError";
    this.diagnostics = ordered;
  }
}

function render(file: string, text: string, { message, path, line, column, length }: Diagnostic): string {
  const where = path === "" ? "" : `${path}: `;
  const source = text.split(/\r?\n/)[line - 1] ?? "";
  const gutter = `${line} | `;
  const caret = "^".repeat(Math.max(1, Math.min(length, source.length - column + 1)));
  return `${file}:${line}:${column} ${where}${message}\n  ${gutter}${source}\n  ${" ".repeat(gutter.length + column - 1)}${caret}`;
}
