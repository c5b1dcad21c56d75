/** Where log lines go. Each is bounded: a reader that hangs or a disk that is full loses lines, never the gateway's memory or time. */
export interface Sink {
  /** @param line one JSON object with its line break, `level` its first member */
  write(line: string): void;
  /** Resolves when what was written is out, or cannot get out. Never rejects. */
  flush(): Promise<void>;
}

/** Bytes that may wait for whoever reads; lines beyond it are dropped. */
export const BACKLOG_BYTES = 1024 * 1024;

/** How long lines may wait for a chunk to fill, in milliseconds. */
export const LINGER_MS = 250;
