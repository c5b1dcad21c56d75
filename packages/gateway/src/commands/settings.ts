import { join, resolve as resolvePath } from "node:path";
import type { AccessSettings } from "../access/api-key.ts";
import type { Above } from "../house.ts";
import { ConfigError } from "../config/diagnostics.ts";
import { type LoadedConfig, requireConfig } from "../config/load.ts";
import { DEFAULT_CONFIG, type GatewayConfig } from "../config/schema.ts";
import type { LogOptions } from "../log/create-logger.ts";
import type { CommandOption, Io, OptionValues } from "./command.ts";
import { readLogSettings } from "./log-settings.ts";
import { SettingsError } from "./settings-error.ts";

export const CONFIG_OPTION: CommandOption = {
  flags: "-c, --config <file>",
  description: "gateway.yaml, or a file of mcpo, Claude, VS Code or MCProxy; several are joined (GATEWAY_CONFIG)",
  isRepeatable: true,
};

export interface LoadedFiles extends LoadedConfig {
  /** The files that were named, absolute. */
  readonly paths: readonly string[];
  readonly config: GatewayConfig;
}

export interface Settings {
  /** Undefined where no file is named. */
  readonly loaded: LoadedFiles | undefined;
  readonly config: GatewayConfig;
  readonly above: Above;
  readonly host: string;
  readonly port: number;
  readonly log: LogOptions;
  /** Interval in milliseconds. */
  readonly reload: { readonly enabled: boolean; readonly watch: boolean; readonly interval: number };
  /** Undefined where there is no place for it. */
  readonly stateDir: string | undefined;
}

/** Puts together what flags, environment and file say; the first of them that speaks counts. @throws SettingsError */
export async function readSettings(options: OptionValues, io: Io): Promise<Settings> {
  const { env } = io;
  const paths = configPaths(options, io);
  const loaded = paths.length === 0 ? undefined : await readConfig(paths, io);
  const config = loaded?.config ?? DEFAULT_CONFIG;
  return {
    loaded,
    config,
    above: { auth: authOf(options, io) },
    host: text(options["host"]) ?? env["HOST"] ?? config.listen.host,
    port: portOf(text(options["port"]) ?? env["PORT"], config.listen.port),
    log: readLogSettings(options, io),
    reload: {
      enabled: options["reload"] !== false && config.reload.enabled,
      watch: config.reload.watch,
      interval: intervalOf(text(options["reloadInterval"]), config.reload.interval),
    },
    stateDir: stateDirOf(config, io),
  };
}

/** What flags and environment say of the key. */
export function authOf(options: OptionValues, { env }: Io): Partial<AccessSettings> {
  const key = text(options["apiKey"]) ?? env["GATEWAY_API_KEY"];
  return { ...(key && { api_key: key }), ...(options["strictAuth"] === true && { strict: true }) };
}

/** The configuration files that flags, else the environment name; absolute. */
export function configPaths(options: OptionValues, { env }: Io): string[] {
  const given = options["config"];
  const named =
    Array.isArray(given) && given.length > 0 ? (given as readonly string[]) : (env["GATEWAY_CONFIG"] ?? "").split(",");
  return named.filter((path) => path.trim() !== "").map((path) => resolvePath(path.trim()));
}

/** Where what outlives a restart is kept. */
export function stateDirOf(config: GatewayConfig, { env }: Io): string | undefined {
  const given = env["STATE_DIR"] ?? config.state_dir;
  if (given !== undefined && given !== "") return resolvePath(given);
  if (env["XDG_STATE_HOME"]) return join(env["XDG_STATE_HOME"], "shardgate");
  return env["HOME"] ? join(env["HOME"], ".local/state/shardgate") : undefined;
}

/** Where packages are kept that were installed to be run; they can be fetched again. */
export function cacheDirOf({ env }: Pick<Io, "env">): string | undefined {
  if (env["CACHE_DIR"]) return resolvePath(env["CACHE_DIR"]);
  if (env["XDG_CACHE_HOME"]) return join(env["XDG_CACHE_HOME"], "shardgate");
  return env["HOME"] ? join(env["HOME"], ".cache/shardgate") : undefined;
}

async function readConfig(paths: readonly string[], io: Io): Promise<LoadedFiles> {
  try {
    return { ...(await requireConfig(paths, { env: io.env })), paths };
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

/** Seconds, as MCProxy counts them. */
function intervalOf(value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : 0;
  if (seconds >= 0.1 && seconds <= 86_400) return seconds * 1_000;
  throw new SettingsError(`The reload interval must be a number of seconds from 0.1, not ${JSON.stringify(value)}`);
}

function text(value: OptionValues[string]): string | undefined {
  return typeof value === "string" ? value : undefined;
}
