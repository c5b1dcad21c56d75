/**
 * One HTTP request and its reply as the wire needs them. Two implementations: over Node's own objects for real
 * connections, where every microsecond counts, and over `fetch` types for programs and tests without a port.
 */
export interface HttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Value of a header by its lower-case name. */
  header(name: string): string | undefined;
  /** Name and value in turn of the headers whose lower-case name begins with `prefix`. */
  headersWith(prefix: string): readonly string[];
  /**
   * The whole body.
   *
   * @param limit most bytes it may have
   * @throws WireError with status 413 when it has more, 400 when it breaks off
   */
  body(limit: number): Promise<Buffer>;
}

export interface HttpReply {
  /** Sends the whole answer at once. */
  send(status: number, headers: Readonly<Record<string, string>>, body?: Buffer): void;
  /** Sends the head and keeps the body open. */
  stream(status: number, headers: Readonly<Record<string, string>>): HttpStream;
  /** Runs `listener` when the downstream goes away before the answer is complete. */
  onGone(listener: () => void): void;
}

/** A body under way. A reader that does not keep up is cut off rather than buffered for without end. */
export interface HttpStream {
  write(chunk: Buffer): void;
  end(chunk?: Buffer): void;
  /** How fast it is read; undefined where that cannot be told. */
  readonly flow?: StreamFlow | undefined;
}

/** What a writer of much has to know of its reader. */
export interface StreamFlow {
  /** Writes though the reader does not keep up, which is the writer's to look after. */
  write(chunk: Buffer): void;
  /** True while enough waits for the reader. */
  readonly isFull: boolean;
  /** True where there is no reader any more. */
  readonly isGone: boolean;
  /** Runs `listener` once when it is not full any more, or gone. */
  onDrain(listener: () => void): void;
  /** Breaks the body off. */
  destroy(): void;
}

/** Most bytes that wait for a slow reader before a further write cuts it off. */
export const STREAM_BACKLOG = 1024 * 1024;

/** A reader that takes nothing for this long, in milliseconds, is cut off at the next write. */
export const STREAM_STALL_MS = 30_000;
