import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export { makeCertificate, tlsYaml, type MadeCertificate } from "./make-certificate.ts";

/** A running Traefik of its own, on free loopback ports, with a folder of its own. */
export interface RealTraefik {
  /** Base URL of the API: `${apiUrl}/api/version`. */
  readonly apiUrl: string;
  /** Base URLs of the HTTP entrypoints `web` and `websecure` (the latter speaks TLS). */
  readonly webUrl: string;
  readonly websecureUrl: string;
  /** `host:port` of the entrypoints `tcpep` (TCP) and `udpep` (UDP). */
  readonly tcpAddress: string;
  readonly udpAddress: string;
  /** The file provider's directory; `mcp-managed` exists in it. */
  readonly dynamicDir: string;
  readonly pid: number;
  /** What Traefik has logged so far. */
  log(): string;
  /** Makes Traefik read its files again. */
  reload(): void;
  /** Ends Traefik and deletes its folder. */
  stop(): Promise<void>;
}

/** Settings of {@link startRealTraefik}. */
export interface RealTraefikOptions {
  /** `providersThrottleDuration`, default `50ms`; Traefik's own default is `2s`. */
  readonly throttle?: string;
  /** More static configuration in YAML, appended as it is; root keys used by the harness must not repeat. */
  readonly extra?: string;
  /** More providers, indented by two blanks, under `providers:`. */
  readonly providers?: string;
  /** `providers.file.watch`, default true; false: no event reaches it, as across NFS, but SIGHUP does. */
  readonly watch?: boolean;
  /** Called with the folder before Traefik starts, so that files can be there at its first load. */
  readonly prepare?: (dynamicDir: string) => void;
}

/**
 * Where the Traefik binary is (see scripts/traefik/build.mjs), or why there is none.
 * @returns the path, or `{ missing }` with a sentence to print when tests are skipped
 */
export function findRealTraefik(): string | { readonly missing: string } {
  const script = fileURLToPath(new URL("../../../../scripts/traefik/build.mjs", import.meta.url));
  const asked = spawnSync(process.execPath, [script, "--cached"], { encoding: "utf8" });
  if (asked.status === 0) return asked.stdout.trim().split("\n").at(-1) as string;
  return { missing: (asked.stderr || String(asked.error)).trim() };
}

/** Whether there is a real Traefik for tests; when not, says on stderr what is skipped and why. */
export function hasRealTraefik(skipped: string): boolean {
  const found = findRealTraefik();
  if (typeof found !== "string") process.stderr.write(`Skipped: ${skipped}. ${found.missing}\n`);
  return typeof found === "string";
}

/**
 * Starts a real Traefik with its API, the entrypoints web, websecure, tcpep and udpep, and a watched file provider.
 *
 * @throws Error when there is no binary, or when it is not ready within 15 s (with the end of its log)
 */
export async function startRealTraefik(options: RealTraefikOptions = {}): Promise<RealTraefik> {
  const binary = findRealTraefik();
  if (typeof binary !== "string") throw new Error(binary.missing);
  const [web, websecure, api, tcp, udp] = (await freePorts(5)) as [number, number, number, number, number];
  const folder = mkdtempSync(join(tmpdir(), "real-traefik-"));
  const dynamicDir = join(folder, "dyn");
  const logFile = join(folder, "traefik.log");
  mkdirSync(join(dynamicDir, "mcp-managed"), { recursive: true });
  options.prepare?.(dynamicDir);
  writeFileSync(
    join(folder, "traefik.yml"),
    `global: {checkNewVersion: false, sendAnonymousUsage: false}
log: {level: INFO, noColor: true, filePath: "${logFile}"}
entryPoints:
  web: {address: "127.0.0.1:${web}"}
  websecure: {address: "127.0.0.1:${websecure}"}
  traefik: {address: "127.0.0.1:${api}"}
  tcpep: {address: "127.0.0.1:${tcp}"}
  udpep: {address: "127.0.0.1:${udp}/udp"}
api: {insecure: true, dashboard: false}
ping: {}
providers:
  providersThrottleDuration: ${options.throttle ?? "50ms"}
  file: {directory: "${dynamicDir}", watch: ${options.watch ?? true}}
${options.providers ?? ""}
${options.extra ?? ""}
`,
  );
  const child = spawn(binary, [`--configFile=${join(folder, "traefik.yml")}`], { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const file = follow(logFile);
  const log = () => [...said, file()].join("");
  // A test run that ends early must not leave it behind.
  const onExit = () => child.kill("SIGKILL");
  process.once("exit", onExit);
  const stop = async () => {
    process.off("exit", onExit);
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(`http://127.0.0.1:${api}/ping`, child, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    apiUrl: `http://127.0.0.1:${api}`,
    webUrl: `http://127.0.0.1:${web}`,
    websecureUrl: `https://127.0.0.1:${websecure}`,
    tcpAddress: `127.0.0.1:${tcp}`,
    udpAddress: `127.0.0.1:${udp}`,
    dynamicDir,
    pid: child.pid as number,
    log,
    reload: () => void child.kill("SIGHUP"),
    stop,
  };
}

async function ready(pingUrl: string, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (child.exitCode === null && Date.now() < deadline) {
    const answer = await fetch(pingUrl).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    await sleep(25);
  }
  throw new Error(`Traefik is not ready (exit code ${child.exitCode}). Its log ends:\n${log().slice(-2000)}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  // SIGTERM would let it wait for open connections; a test has none to lose.
  child.kill("SIGKILL");
  await gone;
}

/** Reads a growing file; each call takes only what is new. */
function follow(file: string): () => string {
  let text = "";
  let offset = 0;
  return () => {
    let handle: number;
    try {
      handle = openSync(file, "r");
    } catch {
      // Traefik has not opened its log yet.
      return text;
    }
    try {
      const fresh = Buffer.alloc(Math.max(0, fstatSync(handle).size - offset));
      const length = readSync(handle, fresh, 0, fresh.length, offset);
      offset += length;
      text += fresh.toString("utf8", 0, length);
      return text;
    } finally {
      closeSync(handle);
    }
  };
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", done));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
