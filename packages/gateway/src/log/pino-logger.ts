import { type DestinationStream, pino } from "pino";
import type { Logger } from "../core/logger.ts";
import { LineBuffer } from "./line-buffer.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** `json`: one object a line; `pretty`: for people at a terminal. */
  readonly format: "json" | "pretty";
  /** File descriptor to write to. */
  readonly fd: number;
}

/** A logger and the way to write out what it still holds. */
export interface ClosableLogger extends Logger {
  /** Resolves when all is written, when nobody reads it any more, and after a moment where the reader hangs. Never rejects. */
  flush(): Promise<void>;
}

/** Bytes that wait for a reader that hangs; lines beyond it are dropped. */
const BACKLOG = 1024 * 1024;

/** How long the last lines may take, in milliseconds. */
const FLUSH_MS = 500;

export async function createLogger({ level, format, fd }: LogOptions): Promise<ClosableLogger> {
  const { destination, flush } = format === "pretty" ? await prettyDestination(fd) : jsonDestination(fd);
  const options = {
    level,
    base: null,
    timestamp: isoTime(),
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, destination);
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush: () =>
      new Promise((resolve) => {
        setTimeout(resolve, FLUSH_MS);
        flush(resolve);
      }),
  };
}

interface Destination {
  readonly destination: DestinationStream;
  /** Writes out what waits, then calls `done`. */
  flush(done: () => void): void;
}

function jsonDestination(fd: number): Destination {
  const output = pino.destination({ fd, minLength: 1, maxLength: BACKLOG, sync: false, contentMode: "buffer" });
  const lines = new LineBuffer((chunk) => output.write(chunk as unknown as string));
  // Lines wait for a chunk to fill, but not for long.
  setInterval(() => lines.flush(), 250).unref();
  return {
    destination: lines,
    flush(done) {
      lines.flush();
      // The library's other way, `flushSync`, never returns where the reader is gone.
      output.flush(() => done());
    },
  };
}

async function prettyDestination(fd: number): Promise<Destination> {
  const { default: pretty } = await import("pino-pretty");
  const destination = pretty({ destination: fd, sync: true, ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss.l" });
  return { destination, flush: (done) => done() };
}

/** The time as a member of a line, ISO 8601; made once per millisecond, of which a busy one has many lines. */
function isoTime(): () => string {
  let last = 0;
  let text = "";
  return () => {
    const now = Date.now();
    if (now !== last) {
      last = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}
