import { type DestinationStream, pino } from "pino";
import type { Logger } from "../core/logger.ts";

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

/** Bytes collected before they are written, so that a line costs no system call of its own. */
const BUFFER_BYTES = 8 * 1024;

/** Characters that wait for a reader that hangs; lines beyond it are dropped. */
const BACKLOG = 1024 * 1024;

/** How long the last lines may take, in milliseconds. */
const FLUSH_MS = 500;

export async function createLogger({ level, format, fd }: LogOptions): Promise<ClosableLogger> {
  const destination = format === "pretty" ? await prettyDestination(fd) : jsonDestination(fd);
  const options = {
    level,
    base: null,
    timestamp: isoTime(),
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, destination as DestinationStream);
  // Lines wait for the buffer to fill, but not for long.
  if (format === "json") setInterval(() => logger.flush(), 250).unref();
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush: () =>
      new Promise((resolve) => {
        setTimeout(resolve, FLUSH_MS);
        // The library's other way, `flushSync`, never returns where the reader is gone.
        logger.flush(() => resolve());
      }),
  };
}

function jsonDestination(fd: number) {
  return pino.destination({ fd, minLength: BUFFER_BYTES, maxLength: BACKLOG, sync: false });
}

async function prettyDestination(fd: number) {
  const { default: pretty } = await import("pino-pretty");
  return pretty({ destination: fd, sync: true, ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss.l" });
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
