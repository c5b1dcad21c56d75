import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigWorld } from "../config/load.ts";
import type { Logger } from "../core/logger.ts";
import { createHouse, type House } from "../house.ts";
import { type ClosableLogger, createLogger, type LogOptions } from "../log/pino-logger.ts";
import { fileProvider } from "../providers/file/index.ts";
import { createProviders } from "../providers/index.ts";
import { adminReload } from "../reload/admin-endpoint.ts";
import { GenerationStore } from "../reload/generations.ts";
import { LiveConfig } from "../reload/live-config.ts";
import { watchFolders } from "../reload/watch-folders.ts";
import { systemTimers } from "../system-timers.ts";
import { VERSION } from "../version.ts";
import type { Command, Listening } from "./command.ts";
import { SettingsError } from "./settings-error.ts";
import { CONFIG_OPTION, type LoadedFiles, readSettings, type Settings } from "./settings.ts";

/** How long new requests are still taken once we are told to stop, in milliseconds: whoever sends them learns it meanwhile. */
const LINGER_MS = 1_000;

/** How long calls under way may go on after that. */
const DRAIN_MS = 25_000;

/** How long the last answers may take to reach their clients. */
const LAST_ANSWERS_MS = 1_000;

export const serve: Command = {
  name: "serve",
  summary: "run the gateway",
  options: [
    CONFIG_OPTION,
    { flags: "--host <address>", description: "address to listen on (HOST; default 127.0.0.1)" },
    { flags: "-p, --port <number>", description: "port to listen on (PORT; default 9100)" },
    {
      flags: "--no-reload",
      description: "read the configuration at start and when told to, and do not follow its files",
    },
    { flags: "--reload-interval <seconds>", description: "how often the files are compared; default 5" },
    { flags: "--log", description: "log to standard output, which happens anyway" },
    { flags: "--api-key <key>", description: "key that every client has to give (GATEWAY_API_KEY)" },
    { flags: "--strict-auth", description: "ask for it on documents and pages too" },
    { flags: "--log-level <level>", description: "debug, info, warn, error or silent (LOG_LEVEL)" },
    { flags: "--log-file <path>", description: "file to log to as well, rotated by size (LOG_FILE)" },
    { flags: "--syslog <address>", description: "udp://host:port or /dev/log, to log to as well (LOG_SYSLOG)" },
  ],
  arguments: [],
  async run(_, options, io) {
    const { auth, loaded, config, host, port, log, reload, stateDir } = await readSettings(options, io);
    const logger = await openLog(log);
    const live = loaded && followConfig(loaded, { world: { env: io.env }, logger, reload, stateDir });
    const admin = live && adminReload(live, systemTimers, io.env["ADMIN_TOKEN"]);
    const providers = createProviders(
      config,
      io.env,
      { timers: systemTimers, logger },
      live && fileProvider(live, admin),
    );
    const house = createHouse({
      config,
      auth,
      live,
      providers,
      logger,
      timers: systemTimers,
      programs: { env: io.env, pid: io.pid, stateDir },
    });
    let listening: Listening;
    try {
      listening = await io.listen(house.app, host, port);
    } catch (error) {
      io.writeError(`${listenProblem(error as Error & { code?: string }, host, port)}\n`);
      await logger.flush();
      return 1;
    }
    logger.info({ version: VERSION, url: `http://${listening.host}:${listening.port}` }, "listening");
    io.onHangup(() => void live?.reload("signal"));
    if (config.upstreams.length === 0 && providers.length <= (live === undefined ? 0 : 1)) {
      logger.warn({}, "no upstreams: set SHARDS=http://host:port,… or name a gateway.yaml with --config");
    }
    await house.start();
    await aborted(io.signal);
    logger.info({ active: house.active }, "draining");
    await drain(house, listening);
    logger.info({}, "stopped");
    await logger.flush();
    return 0;
  },
};

interface FollowOptions extends Pick<Settings, "reload" | "stateDir"> {
  readonly world: ConfigWorld;
  readonly logger: Logger;
}

function followConfig(loaded: LoadedFiles, { world, logger, reload, stateDir }: FollowOptions): LiveConfig {
  const { paths } = loaded;
  const store = stateDir === undefined ? undefined : new GenerationStore(stateDir, paths);
  const intervalMs = reload.enabled ? reload.interval : undefined;
  const watch = reload.watch ? watchFolders : undefined;
  return new LiveConfig(loaded, { paths, world, timers: systemTimers, logger, intervalMs, watch, store });
}

/** @throws SettingsError where the log cannot be written */
async function openLog(options: LogOptions): Promise<ClosableLogger> {
  try {
    return await createLogger(options);
  } catch (error) {
    throw new SettingsError((error as Error).message, { cause: error });
  }
}

/** Ends in order: we say that we stop, take no more, let calls under way finish, answer what did not, and close the rest. */
async function drain(house: House, listening: Listening): Promise<void> {
  house.drain();
  await sleep(LINGER_MS);
  const done = listening.close();
  await Promise.race([done, sleep(DRAIN_MS)]);
  await house.close();
  await Promise.race([done, sleep(LAST_ANSWERS_MS)]);
  listening.closeAll();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function listenProblem(error: Error & { code?: string }, host: string, port: number): string {
  if (error.code === "EADDRINUSE")
    return `Port ${port} on ${host} is in use; stop what uses it, or choose another with --port`;
  if (error.code === "EACCES") return `Port ${port} needs more rights than we have; choose one above 1023 with --port`;
  return `Cannot listen on ${host}:${port}: ${error.message}`;
}
