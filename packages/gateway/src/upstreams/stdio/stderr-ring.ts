import { stripVTControlCharacters } from "node:util";
import { LineFramer } from "@shardgate/mcp-wire";

const MAX_LINES = 200;
const MAX_CHARS = 64 * 1024;
/** Longest line that is kept whole, in bytes. */
const MAX_LINE = 8 * 1024;

/** The last lines a program wrote for people. Takes any amount of them; what is old goes. */
export class StderrRing {
  readonly #redact: (line: string) => string;
  readonly #lines: string[] = [];
  #chars = 0;
  readonly #framer = new LineFramer(MAX_LINE, {
    onLine: (line) => this.#add(line.toString()),
    onOversize: (head) => this.#add(`${head.toString()} …`),
  });

  /** @param redact takes secrets out of a line when it is shown */
  constructor(redact: (line: string) => string) {
    this.#redact = redact;
  }

  push(chunk: Buffer): void {
    this.#framer.push(chunk);
  }

  /** The last `count` lines, oldest first. */
  last(count: number): string[] {
    return this.#lines.slice(-count).map((line) => this.#redact(stripVTControlCharacters(line)).slice(0, 500));
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#chars += line.length;
    while (this.#lines.length > MAX_LINES || this.#chars > MAX_CHARS) this.#chars -= this.#lines.shift()!.length;
  }
}
