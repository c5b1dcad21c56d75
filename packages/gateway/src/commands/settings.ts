import { ConfigError } from "../config/diagnostics.ts";
import { requireConfig } from "../config/load.ts";
import { DEFAULT_CONFIG, type GatewayConfig } from "../config/schema.ts";
import type { LogOptions } from "../log/pino-logger.ts";
import type { Io } from "./command.ts";
import { readLogSettings } from "./log-settings.ts";
import { SettingsError } from "./settings-error.ts";

export interface Settings {
  readonly config: GatewayConfig;
  readonly host: string;
  readonly port: number;
  readonly log: LogOptions;
}

/** Puts together what flags, environment and file say; the first of them that speaks counts. @throws SettingsError */
export async function readSettings(
  options: Readonly<Record<string, string | boolean | undefined>>,
  io: Io,
): Promise<Settings> {
  const { env } = io;
  const file = text(options["config"]) ?? env["GATEWAY_CONFIG"];
  const config = file === undefined || file === "" ? DEFAULT_CONFIG : await readConfig(file, io);
  return {
    config,
    host: text(options["host"]) ?? env["HOST"] ?? config.listen.host,
    port: portOf(text(options["port"]) ?? env["PORT"], config.listen.port),
    log: readLogSettings(options, io),
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
