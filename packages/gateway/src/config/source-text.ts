import { LineCounter } from "yaml";
import type { Diagnostic } from "./diagnostics.ts";
import { maskAddresses, maskAfterWords } from "./secrets.ts";

/** Offsets into the text of a file: start, and end (exclusive). */
export type Range = readonly [number, number];

/** Problems of one file that are told; what is wrong that often has one cause. */
const MAX_PROBLEMS = 200;

/** Lines of which only this much is shown, in characters. */
const MAX_EXCERPT = 2_000;

/** The text of one file, and what there is to say about it. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly lines = new LineCounter();
  /** Whether all that may be secret in it is known. */
  isUnderstood = false;
  readonly #diagnostics: Diagnostic[];
  readonly #secrets: Range[] = [];
  /** Places of which something was said. */
  readonly #told = new Set<string>();

  /** @param diagnostics gets what is reported */
  constructor(file: string, text: string, diagnostics: Diagnostic[]) {
    this.file = file;
    this.text = text;
    this.#diagnostics = diagnostics;
    for (let at = -1; (at = text.indexOf("\n", at + 1)) >= 0;) this.lines.addNewLine(at + 1);
    this.lines.lineStarts.unshift(0);
  }

  /** From now on this part of the file is never shown. */
  hide(range: Range): void {
    this.#secrets.push(range);
  }

  /** One value, one problem: what follows from the first helps nobody. */
  report(severity: Diagnostic["severity"], message: string, path: readonly PropertyKey[], [start, end]: Range): void {
    const { line, col: column } = this.lines.linePos(Math.min(start, this.text.length));
    const place = `${severity} ${line}:${column}`;
    if (this.#told.has(place) || this.#told.size >= MAX_PROBLEMS) return;
    this.#told.add(place);
    const length = Math.max(1, end - start);
    const excerpt = column > MAX_EXCERPT ? "" : this.#excerpt(line);
    const shown = path.map(String).join(".");
    this.#diagnostics.push({ severity, message, path: shown, file: this.file, line, column, length, excerpt });
  }

  #excerpt(line: number): string {
    const start = this.lines.lineStarts[line - 1] ?? 0;
    const next = this.text.indexOf("\n", start);
    const end = Math.min(next < 0 ? this.text.length : next, start + MAX_EXCERPT);
    let excerpt = this.text.slice(start, end).replace(/\r$/, "");
    for (const [from, to] of this.#secrets) {
      if (to <= start || from >= end) continue;
      const [first, last] = [Math.max(0, from - start), Math.min(excerpt.length, to - start)];
      excerpt = excerpt.slice(0, first) + excerpt.slice(first, last).replace(/[^\s"']/g, "*") + excerpt.slice(last);
    }
    return maskAddresses(this.isUnderstood ? excerpt : maskAfterWords(excerpt));
  }
}
