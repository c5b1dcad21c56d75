import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigWorld } from "../config/load.ts";
import type { Logger } from "../core/logger.ts";
import { processHeap } from "../idle-collection.ts";
import { createHouse, type House } from "../house.ts";
import { type ClosableLogger, createLogger, type LogOptions } from "../log/create-logger.ts";
import { fileProvider } from "../providers/file/index.ts";
import { createProviders } from "../providers/index.ts";
import type { Provider } from "../providers/provider.ts";
import { adminReload } from "../reload/admin-endpoint.ts";
import { ownAdminToken } from "../access/own-admin-token.ts";
import { GenerationStore } from "../reload/generations.ts";
import { LiveConfig } from "../reload/live-config.ts";
import { watchFolders } from "../reload/watch-folders.ts";
import { systemTimers } from "../system-timers.ts";
import type { UpstreamDefinition } from "../upstreams/index.ts";
import { VERSION } from "../version.ts";
import type { Io, Listening, TlsFiles } from "./command.ts";
import { SettingsError } from "./settings-error.ts";
import { cacheDirOf, type LoadedFiles, type Settings } from "./settings.ts";

/** How long new requests are still taken once we are told to stop, in milliseconds: whoever sends them learns it meanwhile. */
const LINGER_MS = 1_000;

/** How long calls under way may go on after that. */
const DRAIN_MS = 25_000;

/** How long the last answers may take to reach their clients. */
const LAST_ANSWERS_MS = 1_000;

/** How a gateway is to run, and on what. */
export interface GatewayRun extends Settings {
  readonly tls?: TlsFiles | undefined;
  /** Defines upstreams besides those of the files; and what is changed of what others define. */
  readonly providers?: readonly Provider[];
  readonly change?: (definition: UpstreamDefinition) => UpstreamDefinition;
}

/** Runs the gateway until it is told to stop. @returns the exit code */
export async function runGateway(settings: GatewayRun, io: Io): Promise<number> {
  const { above, loaded, config, host, port, log, reload, stateDir, tls } = settings;
  const logger = await openLog(log);
  const live = loaded && followConfig(loaded, { world: { env: io.env }, logger, reload, stateDir });
  const ownToken = stateDir === undefined ? undefined : await keptToken(stateDir, logger);
  const token = (): string | undefined => io.env["ADMIN_TOKEN"] ?? live?.current.admin.token ?? ownToken;
  const admin = live && adminReload(live, systemTimers, token);
  const deps = { timers: systemTimers, logger };
  const configured = createProviders(config, io.env, deps, live && fileProvider(live, admin));
  const providers = [...(settings.providers ?? []), ...configured].map((one) => changed(one, settings.change));
  const house = createHouse({
    heap: processHeap,
    config,
    above,
    live,
    providers,
    logger,
    timers: systemTimers,
    adminToken: token,
    programs: { env: io.env, pid: io.pid, stateDir, cacheDir: cacheDirOf(io) },
  });
  let listening: Listening;
  try {
    listening = await io.listen(house.app, host, port, tls);
  } catch (error) {
    io.writeError(`${listenProblem(error as Error & { code?: string }, host, port)}\n`);
    await logger.flush();
    return 1;
  }
  const scheme = tls === undefined ? "http" : "https";
  logger.info({ version: VERSION, url: `${scheme}://${listening.host}:${listening.port}` }, "listening");
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
}

function changed(provider: Provider, change: GatewayRun["change"]): Provider {
  if (change === undefined) return provider;
  return {
    ...provider,
    watch: (emit, signal, report) => provider.watch((definitions) => emit(definitions.map(change)), signal, report),
  };
}

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

/** Without it a gateway runs as well; commands beside it then need a token that is configured. */
async function keptToken(stateDir: string, logger: Logger): Promise<string | undefined> {
  try {
    return await ownAdminToken(stateDir);
  } catch (error) {
    logger.warn({ error: (error as Error).message }, "no admin token of its own");
    return undefined;
  }
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
