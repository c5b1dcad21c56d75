import { styleText } from "node:util";
import type { Io } from "./command.ts";

type Style = "red" | "yellow" | "green" | "bold" | "dim";

/** Colours text on a terminal whose owner wants it (https://no-color.org), and nowhere else. */
export function paint({ isTerminal, env }: Pick<Io, "isTerminal" | "env">): (style: Style, text: string) => string {
  const isWanted = isTerminal && (env["NO_COLOR"] ?? "") === "";
  return isWanted ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}
