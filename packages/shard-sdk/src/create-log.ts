import { pino, type Logger } from "pino";
import type { Io } from "./io.ts";
import type { Log } from "./log.ts";

export interface LogSettings {
  readonly level: string;
  readonly format: "json" | "pretty";
}

/** One JSON object a line, each with these fields; or lines for people at a terminal. */
export async function createLog({ level, format }: LogSettings, stdout: Io["stdout"], fields: object): Promise<Log> {
  const formatters = { level: (label: string) => ({ level: label }) };
  const options = { level, base: fields, timestamp: pino.stdTimeFunctions.isoTime, formatters };
  const render = format === "json" ? (line: string) => line : await prettyRenderer(stdout, fields);
  return adapt(pino(options, { write: (line: string) => void stdout.write(render(line)) }));
}

async function prettyRenderer({ isTTY }: Io["stdout"], fields: object): Promise<(line: string) => string> {
  const { prettyFactory } = await import("pino-pretty");
  const ignore = Object.keys(fields).join(",");
  return prettyFactory({ colorize: isTTY === true, ignore, translateTime: "SYS:HH:MM:ss" });
}

function adapt(logger: Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => adapt(logger.child(fields)),
  };
}
