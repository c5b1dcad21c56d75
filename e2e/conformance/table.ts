// The result of the suites as documents show it.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const BEGIN = "<!-- conformance: written by e2e/conformance.test.ts -->";
const END = "<!-- /conformance -->";
const readme = fileURLToPath(new URL("../../README.md", import.meta.url));

export interface Row {
  readonly way: string;
  readonly address: string;
  /** A tally by the id of its suite. */
  readonly tallies: Readonly<Record<string, string>>;
}

export function renderTable(columns: readonly string[], rows: readonly Row[]): string {
  const heads = ["upstream", "address", ...columns];
  const lines = rows.map(({ way, address, tallies }) => [way, address, ...columns.map((id) => tallies[id] ?? "")]);
  const widths = heads.map((head, index) => Math.max(head.length, ...lines.map((line) => line[index]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(" | ")} |`;
  return [line(heads), line(widths.map((width) => "-".repeat(width))), ...lines.map(line)].join("\n");
}

/** The table that the README has now. @throws Error when it has no place for one */
export function tableInReadme(): string {
  return cut()[1];
}

/** Puts a table into the README. */
export function writeTable(table: string): void {
  const [before, , after] = cut();
  writeFileSync(readme, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
}

function cut(): readonly [string, string, string] {
  const text = readFileSync(readme, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return [text.slice(0, begin), text.slice(begin + BEGIN.length, end).trim(), text.slice(end + END.length)];
}
