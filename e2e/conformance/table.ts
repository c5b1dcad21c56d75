// The result of the suites as the README shows it.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const readme = fileURLToPath(new URL("../../README.md", import.meta.url));

/** A table as the formatter would write it. */
export function renderTable(heads: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = heads.map((head, index) => Math.max(3, head.length, ...lines.map((line) => line[index]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(" | ")} |`;
  return [line(heads), line(widths.map((width) => "-".repeat(width))), ...lines.map(line)].join("\n");
}

/**
 * The table that stands in the README between `<!-- <name> -->` and `<!-- /<name> -->`; with UPDATE_README in the
 * environment it is put there first.
 *
 * @throws Error when there is no such place
 */
export function keepTable(name: string, table: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const text = readFileSync(readme, "utf8");
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (from < begin.length || to < from) throw new Error(`README.md has no ${begin} … ${end}`);
  if (process.env["UPDATE_README"]) {
    writeFileSync(readme, `${text.slice(0, from)}\n\n${table}\n\n${text.slice(to)}`);
    return table;
  }
  return text.slice(from, to).trim();
}
