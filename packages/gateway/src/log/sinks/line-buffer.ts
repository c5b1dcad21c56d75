/** Bytes collected before they are written, so that a line costs no system call of its own; what a pipe takes at once (pipe(7)). */
const CHUNK_BYTES = 64 * 1024;

/**
 * Collects lines and hands them on in chunks. Joining lines as strings would flatten and encode them once more when they
 * are written, which costs a busy gateway more than making them.
 */
export class LineBuffer {
  readonly #write: (chunk: Buffer) => void;
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #used = 0;

  /** @param write takes a chunk, which is then its own */
  constructor(write: (chunk: Buffer) => void) {
    this.#write = write;
  }

  /** @param line with its line break */
  write(line: string): void {
    // A character of a string takes three bytes at most.
    const most = line.length * 3;
    if (this.#used + most > CHUNK_BYTES) this.flush();
    if (most > CHUNK_BYTES) this.#write(Buffer.from(line));
    else this.#used += this.#chunk.write(line, this.#used);
  }

  /** Hands on what is there. */
  flush(): void {
    if (this.#used === 0) return;
    this.#write(this.#chunk.subarray(0, this.#used));
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#used = 0;
  }
}
