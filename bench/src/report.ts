import { rounded } from "./stats.ts";
import type { Cell, Outcome } from "./scenarios/scenario.ts";
import type { Verdict } from "./targets.ts";

const text = (cell: Cell): string =>
  cell === undefined ? "–" : typeof cell === "number" ? cell.toLocaleString("en") : cell.replaceAll("|", "\\|");

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** Rows as a Markdown table; the columns are those of the first row. */
export function table(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  return [
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map((row) => line(columns.map((key) => text(row[key])))),
  ].join("\n");
}

export const outcomeText = ({ title, rows }: Outcome): string => `### ${title}\n\n${table(rows)}\n`;

export function verdictText(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ figure, value, atLeast, atMost, isReached }) => ({
    figure,
    measured: rounded(value, 2),
    target: atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`,
    "": isReached ? "reached" : value === undefined ? "not measured" : "MISSED",
  }));
  return `### targets\n\n${table(rows)}\n`;
}
