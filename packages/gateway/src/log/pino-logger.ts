import { pino } from "pino";
import type { Logger } from "../core/logger.ts";
import { createSinks, type SinkOptions } from "./sinks/index.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions extends SinkOptions {
  readonly level: LogLevel;
}

/** A logger and the way to write out what it still holds. */
export interface ClosableLogger extends Logger {
  /** Resolves when all is written, when nobody reads it any more, and after a moment where the reader hangs. Never rejects. */
  flush(): Promise<void>;
}

/** How long the last lines may take, in milliseconds. */
const FLUSH_MS = 500;

/**
 * A log of one JSON object a line, to all sinks that the options name.
 *
 * @throws Error of a sink that cannot begin
 */
export async function createLogger({ level, ...where }: LogOptions): Promise<ClosableLogger> {
  const sinks = await createSinks(where);
  const [first] = sinks;
  const writeAll = (line: string): void => {
    for (const sink of sinks) sink.write(line);
  };
  const options = {
    level,
    base: null,
    timestamp: isoTime(),
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, first !== undefined && sinks.length === 1 ? first : { write: writeAll });
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush: () =>
      new Promise((resolve) => {
        setTimeout(resolve, FLUSH_MS);
        void Promise.all(sinks.map((sink) => sink.flush())).then(() => resolve());
      }),
  };
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
