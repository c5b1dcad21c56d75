import type { LogFields, Logger } from "../core/logger.ts";
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
 * A log of one JSON object a line (level, time, the fields, `msg`), to all sinks that the options name.
 *
 * @throws Error of a sink that cannot begin
 */
export async function createLogger({ level: lowest, ...where }: LogOptions): Promise<ClosableLogger> {
  const sinks = await createSinks(where);
  const time = isoTime();
  const from = LOG_LEVELS.indexOf(lowest);
  /** A level as a method; `JSON.stringify` costs half of what a logging library does, and each call has its line. */
  const writing = (level: LogLevel) => {
    if (LOG_LEVELS.indexOf(level) < from) return () => undefined;
    return (fields: LogFields, message: string): void => {
      const members = JSON.stringify(fields).slice(1, -1);
      const line = `{"level":"${level}","time":"${time()}",${members}${members === "" ? "" : ","}"msg":${JSON.stringify(message)}}\n`;
      for (const sink of sinks) sink.write(line);
    };
  };
  return {
    debug: writing("debug"),
    info: writing("info"),
    warn: writing("warn"),
    error: writing("error"),
    flush: () =>
      new Promise((resolve) => {
        setTimeout(resolve, FLUSH_MS);
        void Promise.all(sinks.map((sink) => sink.flush())).then(() => resolve());
      }),
  };
}

/** The time in ISO 8601; made once per millisecond, of which a busy one has many lines. */
function isoTime(): () => string {
  let last = 0;
  let text = "";
  return () => {
    const now = Date.now();
    if (now !== last) {
      last = now;
      text = new Date(now).toISOString();
    }
    return text;
  };
}
