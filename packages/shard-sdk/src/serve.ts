import { readFileSync } from "node:fs";
import { getRequestListener } from "@hono/node-server";
import * as z from "zod";
import { addressFor, announce } from "./announce.ts";
import { createShardApp } from "./app.ts";
import { createLog } from "./create-log.ts";
import type { Io } from "./io.ts";
import { listen } from "./listen.ts";
import type { Log } from "./log.ts";
import { readSettings, SettingsError, withSecretFiles, type Env } from "./settings.ts";
import type { Shard } from "./shard.ts";

export type { Io } from "./io.ts";

/** How long calls may go on after the signal to stop, in milliseconds. */
const DRAIN = 25_000;

/** How long new requests are still taken after it: those already on the wire must not be lost. */
const LINGER = 1000;

/** How long the last answers may take to reach their clients. */
const LAST_ANSWERS = 1000;

const address = z.string().regex(/^https?:\/\/[^/]+/, "must be an http:// or https:// address");

const announceSettings = z.object({
  GATEWAY_URL: address.optional().describe("address of a gateway to announce itself to"),
  GATEWAY_TOKEN: z.string().optional().describe("what the gateway's providers.announce.token says"),
  ANNOUNCE_URL: address.optional().describe("the shard's own address as the gateway reaches it"),
});

const settingsOf = (shard: Shard, io: Io) =>
  z.object({
    HOST: z.string().default("127.0.0.1").describe("address to listen on; 0.0.0.0 for all, as in a container"),
    PORT: z.coerce
      .number("must be a number")
      .int()
      .min(0)
      .max(65_535)
      .default(shard.defaultPort ?? 9100)
      .describe("port to listen on; 0 for any free one"),
    LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
    LOG_FORMAT: z.enum(["json", "pretty"]).default(io.stdout.isTTY === true ? "pretty" : "json"),
    ALLOWED_HOSTS: z
      .string()
      .default("")
      .transform((list) => list.split(/[\s,]+/).filter(Boolean))
      .describe("host names served besides local ones, with commas between"),
    ...announceSettings.shape,
  });

type Settings = z.output<ReturnType<typeof settingsOf>> & {
  /** The environment with secrets from files, for the shard's own settings. */
  readonly env: Env;
};

/**
 * Runs a shard as a process: reads its settings and its own `HOST PORT LOG_LEVEL LOG_FORMAT ALLOWED_HOSTS` from the
 * environment, opens the port, announces itself where `GATEWAY_URL` (with `GATEWAY_TOKEN`, `ANNOUNCE_URL`) says, and on SIGTERM or SIGINT lets calls end before it exits. A second signal ends it at once.
 * What keeps it from starting is told on stderr, all of it at once, and the exit code is 1.
 *
 * @returns when the process may end
 */
export async function serve(shard: Shard, io: Io): Promise<void> {
  const stopped = stopSignal(io);
  try {
    const settings = readAll(shard, io);
    const { LOG_LEVEL: level, LOG_FORMAT: format } = settings;
    const { log, flush } = await createLog({ level, format }, io.stdout, { shard: shard.name });
    await run(shard, settings, log, stopped).finally(flush);
    io.exit(0);
  } catch (error) {
    io.stderr.write(`${shard.name} cannot run. ${(error as Error).message}\n`);
    io.exit(1);
  }
}

async function run(shard: Shard, settings: Settings, log: Log, stopped: Promise<string>): Promise<void> {
  const { name, version } = shard;
  const app = createShardApp(shard, { env: settings.env, log, allowedHosts: settings.ALLOWED_HOSTS });
  const handle = getRequestListener(app.fetch);
  const listener = await listen((request, response) => void handle(request, response), {
    host: settings.HOST,
    port: settings.PORT,
  });
  log.info({ version, url: listener.url }, `${name} is ready at ${listener.url}`);
  const announcement = startAnnouncing(name, settings, listener.url, log);
  const signal = await stopped;
  log.info({ signal }, `${name} stops when its calls have ended; a second signal stops it at once`);
  app.drain();
  // Before the port closes, so that nobody is sent here any more.
  await announcement?.stop();
  await listener.refuse(LINGER);
  await app.close(DRAIN);
  await listener.end(LAST_ANSWERS);
}

function startAnnouncing(name: string, settings: Settings, listening: string, log: Log) {
  const { GATEWAY_URL: gateway, GATEWAY_TOKEN: token, ANNOUNCE_URL: told } = settings;
  if (gateway === undefined || token === undefined) return undefined;
  return announce({ name, gateway, token, log, url: async () => told ?? addressFor(gateway, listening) });
}

/** Resolves with the first signal to stop; the second ends the process. */
function stopSignal(io: Io): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: string): void => {
      if (asked) return io.exit(1);
      asked = true;
      resolve(signal);
    };
    io.on("SIGTERM", onSignal);
    io.on("SIGINT", onSignal);
  });
}

/** Both sets of settings; throws one SettingsError with the problems of all. */
function readAll(shard: Shard, io: Io): Settings {
  const problems: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const read = (path: string): string => readFileSync(path, "utf8");
  const withToken = attempt(() => withSecretFiles(announceSettings, io.env, read));
  const own = attempt(() => readSettings(settingsOf(shard, io), withToken ?? io.env));
  if (own?.GATEWAY_URL !== undefined && own.GATEWAY_TOKEN === undefined) {
    problems.push("GATEWAY_TOKEN: not set, and GATEWAY_URL is (what the gateway's providers.announce.token says)");
  }
  const env = attempt(() => withSecretFiles(shard.config, io.env, read));
  attempt(() => readSettings(shard.config, env ?? io.env));
  if (own === undefined || env === undefined || problems.length > 0) throw new SettingsError(problems);
  return { ...own, env };
}
