import { LOG_LEVELS, type LogLevel, type LogOptions } from "../log/create-logger.ts";
import type { Io, OptionValues } from "./command.ts";
import { SettingsError } from "./settings-error.ts";

type Env = Io["env"];

/** Sizes as people write them, in bytes. */
const UNITS: Readonly<Record<string, number>> = { "": 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 };
const SIZE = /^(\d{1,9})\s*([kmg]ib)?$/i;

const SYSLOG_PORT = 514;
const DEFAULT_FILE_SIZE = "10MiB";
const DEFAULT_FILES_KEPT = "5";

/** What flags and environment say of the log; a flag counts before its variable. @throws SettingsError */
export function readLogSettings(options: OptionValues, io: Io): LogOptions {
  const { env, isTerminal } = io;
  const flag = (name: string): string | undefined => (typeof options[name] === "string" ? options[name] : undefined);
  const level = flag("logLevel") ?? env["LOG_LEVEL"] ?? "info";
  if (!(LOG_LEVELS as readonly string[]).includes(level)) {
    throw new SettingsError(`LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}, not ${JSON.stringify(level)}`);
  }
  const format = env["LOG_FORMAT"] ?? (isTerminal ? "pretty" : "json");
  if (format !== "json" && format !== "pretty") {
    throw new SettingsError(`LOG_FORMAT must be json or pretty, not ${JSON.stringify(format)}`);
  }
  return {
    level: level as LogLevel,
    format,
    fd: 1,
    file: fileOf(flag("logFile") ?? env["LOG_FILE"], env),
    syslog: syslogOf(flag("syslog") ?? env["LOG_SYSLOG"]),
    pid: io.pid,
    onProblem: (message) => io.writeError(`${message}\n`),
  };
}

function fileOf(path: string | undefined, env: Env): LogOptions["file"] {
  if (path === undefined || path === "") return undefined;
  const size = env["LOG_FILE_SIZE"] ?? DEFAULT_FILE_SIZE;
  const [, digits, unit = ""] = SIZE.exec(size) ?? [];
  const maxBytes = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (!(maxBytes >= 1024)) {
    throw new SettingsError(`LOG_FILE_SIZE must be a size of 1KiB or more, such as 10MiB, not ${JSON.stringify(size)}`);
  }
  const kept = env["LOG_FILES_KEPT"] ?? DEFAULT_FILES_KEPT;
  if (!/^\d{1,3}$/.test(kept) || Number(kept) < 1) {
    throw new SettingsError(`LOG_FILES_KEPT must be a number from 1 to 999, not ${JSON.stringify(kept)}`);
  }
  return { path, maxBytes, keep: Number(kept) };
}

function syslogOf(text: string | undefined): LogOptions["syslog"] {
  if (text === undefined || text === "") return undefined;
  if (text.startsWith("/")) return { socket: text };
  const url = URL.parse(text);
  if (url?.protocol === "udp:" && url.hostname !== "") {
    return { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? SYSLOG_PORT : Number(url.port) };
  }
  throw new SettingsError(
    `LOG_SYSLOG must be udp://host:port or the path of a socket such as /dev/log, not ${JSON.stringify(text)}`,
  );
}
