const LF = 0x0a;
const CR = 0x0d;

/** How much of a line that is too long is kept from either end: enough to see what it answers. */
const KEPT = 1024;

export interface LineSink {
  /** One line without its end. */
  onLine(line: Buffer): void;
  /** A line over the limit, which was skipped: its first and its last bytes. */
  onOversize(head: Buffer, tail: Buffer): void;
}

/**
 * Cuts a byte stream into lines (MCP basic/transports, "stdio"). Bytes are kept as they are: a chunk may end anywhere,
 * inside a character too. Lines end in LF or CRLF, empty ones are passed over. A line over the limit is skipped to its
 * end while no more than a few of its bytes are held, so that what follows it is read.
 */
export class LineFramer {
  readonly #limit: number;
  readonly #sink: LineSink;
  #pending: Buffer[] = [];
  #size = 0;
  /** Set while a line is being skipped. */
  #skipped: { readonly head: Buffer; tail: Buffer } | undefined;

  /** @param limit most bytes of a line */
  constructor(limit: number, sink: LineSink) {
    this.#limit = limit;
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LF, start);
      if (end < 0) break;
      this.#endLine(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(start === 0 ? chunk : chunk.subarray(start));
  }

  /** The last line, where it has no end. */
  end(): void {
    if (this.#size > 0 || this.#skipped !== undefined) this.#endLine(EMPTY);
  }

  #hold(part: Buffer): void {
    if (this.#skipped !== undefined) {
      this.#skipped.tail = lastOf(this.#skipped.tail, part);
      return;
    }
    this.#pending.push(part);
    this.#size += part.length;
    if (this.#size <= this.#limit) return;
    const line = Buffer.concat(this.#pending);
    this.#release();
    this.#skipped = { head: Buffer.from(line.subarray(0, KEPT)), tail: lastOf(EMPTY, line) };
  }

  #endLine(rest: Buffer): void {
    if (this.#skipped === undefined && this.#size + rest.length > this.#limit) this.#hold(rest);
    else if (this.#skipped !== undefined) this.#skipped.tail = lastOf(this.#skipped.tail, rest);
    const skipped = this.#skipped;
    if (skipped !== undefined) {
      this.#skipped = undefined;
      return this.#sink.onOversize(skipped.head, skipped.tail);
    }
    const line = this.#size === 0 ? rest : Buffer.concat([...this.#pending, rest]);
    if (this.#size > 0) this.#release();
    const end = line[line.length - 1] === CR ? line.length - 1 : line.length;
    if (end > 0) this.#sink.onLine(end === line.length ? line : line.subarray(0, end));
  }

  #release(): void {
    this.#pending = [];
    this.#size = 0;
  }
}

const EMPTY = Buffer.alloc(0);

function lastOf(before: Buffer, part: Buffer): Buffer {
  return Buffer.from(part.length >= KEPT ? part.subarray(-KEPT) : Buffer.concat([before, part]).subarray(-KEPT));
}
