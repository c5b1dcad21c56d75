import { ConfigError } from "../config/diagnostics.ts";
import { requireConfig } from "../config/load.ts";
import { DEFAULT_CONFIG, type GatewayConfig } from "../config/schema.ts";
import { LOG_LEVELS, type LogLevel } from "../log/pino-logger.ts";
import type { Io } from "./command.ts";

export interface Settings {
  readonly config: GatewayConfig;
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly logFormat: "json" | "pretty";
}

/** A setting that cannot be used; its message is for the person who made it. */
export class SettingsError extends Error {}

/** Puts together what flags, environment and file say; the first of them that speaks counts. @throws SettingsError */
export async function readSettings(
  options: Readonly<Record<string, string | boolean | undefined>>,
  io: Io,
): Promise<Settings> {
  const { env } = io;
  const file = text(options["config"]) ?? env["GATEWAY_CONFIG"];
  const config = file === undefined || file === "" ? DEFAULT_CONFIG : await readConfig(file, io);
  const logLevel = text(options["logLevel"]) ?? env["LOG_LEVEL"] ?? "info";
  if (!(LOG_LEVELS as readonly string[]).includes(logLevel)) {
    throw new SettingsError(`LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}, not ${JSON.stringify(logLevel)}`);
  }
  const logFormat = env["LOG_FORMAT"] ?? (io.isTerminal ? "pretty" : "json");
  if (logFormat !== "json" && logFormat !== "pretty") {
    throw new SettingsError(`LOG_FORMAT must be json or pretty, not ${JSON.stringify(logFormat)}`);
  }
  return {
    config,
    host: text(options["host"]) ?? env["HOST"] ?? config.listen.host,
    port: portOf(text(options["port"]) ?? env["PORT"], config.listen.port),
    logLevel: logLevel as LogLevel,
    logFormat,
  };
}

async function readConfig(file: string, io: Io): Promise<GatewayConfig> {
  try {
    return (await requireConfig([file], { env: io.env })).config;
  } catch (error) {
    if (error instanceof ConfigError) throw new SettingsError(error.message);
    throw error;
  }
}

function portOf(value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : -1;
  if (port >= 0 && port <= 65_535) return port;
  throw new SettingsError(`The port must be a number from 0 to 65535, not ${JSON.stringify(value)}`);
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
