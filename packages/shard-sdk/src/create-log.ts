import { pino, type Logger } from "pino";
import type { Io } from "./io.ts";
import type { Log } from "./log.ts";

export interface LogSettings {
  readonly level: string;
  readonly format: "json" | "pretty";
}

/** A log, and the way to write out what it still holds. */
export interface ClosableLog {
  readonly log: Log;
  flush(): void;
}

/** Lines that follow closely wait for each other so many milliseconds, or characters: a write of its own costs each call dearly. */
const WAIT = 100;
const BATCH = 4096;

/** One JSON object a line, each with these fields; or lines for people at a terminal. Errors are written at once. */
export async function createLog(
  { level, format }: LogSettings,
  stdout: Io["stdout"],
  fields: object,
): Promise<ClosableLog> {
  const batch = batched(stdout);
  const formatters = { level: (label: string) => ({ level: label }) };
  const options = { level, base: fields, timestamp: pino.stdTimeFunctions.isoTime, formatters };
  const render = format === "json" ? (line: string) => line : await prettyRenderer(stdout, fields);
  const logger = pino(options, { write: (line: string) => batch.write(render(line)) });
  return { log: adapt(logger, batch.flush), flush: batch.flush };
}

async function prettyRenderer({ isTTY }: Io["stdout"], fields: object): Promise<(line: string) => string> {
  const { prettyFactory } = await import("pino-pretty");
  const ignore = Object.keys(fields).join(",");
  return prettyFactory({ colorize: isTTY === true, ignore, translateTime: "SYS:HH:MM:ss" });
}

/** Writes the first line at once, and those that follow closely together. */
function batched(stdout: Io["stdout"]): { write(text: string): void; flush(): void } {
  let held = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    if (held !== "") stdout.write(held);
    held = "";
  };
  const onWaited = (): void => {
    timer = held === "" ? undefined : setTimeout(onWaited, WAIT).unref();
    flush();
  };
  return {
    write(text) {
      held += text;
      if (timer === undefined || held.length >= BATCH) flush();
      timer ??= setTimeout(onWaited, WAIT).unref();
    },
    flush,
  };
}

function adapt(logger: Logger, flush: () => void): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error(fields, message) {
      logger.error(fields, message);
      flush();
    },
    child: (fields) => adapt(logger.child(fields), flush),
  };
}
