// The processes of a bench. Each has a channel to us and ends when we do.
import { fork, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Era } from "./load/requests.ts";
import type { Load, LoadResult } from "./load/run-load.ts";

/** A running process that serves on a port of this machine. */
export interface Program {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** A program to speak with over its standard input and output. */
export interface StdioProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** How a gateway is asked to run: upstream name → URL, or program; wait until it serves, or until every upstream is up too. */
export interface GatewaySetup {
  readonly upstreams: Readonly<Record<string, string | StdioProgram>>;
  readonly until?: "live" | "up";
  /** How often it is asked for that, in milliseconds: each question costs it something. */
  readonly pollMs?: number;
}

export interface Missing {
  readonly missing: string;
}

/** How a program of others is started. */
export interface ForeignProgram extends StdioProgram {
  readonly port: number;
  /** Whether it serves what is in front of it. */
  readonly isUp: () => Promise<boolean>;
}

/** Starts processes and remembers them. */
export interface Stage {
  upstream(tools: number): Promise<Program>;
  naive(upstream: Program): Promise<Program>;
  relay(upstream: Program): Promise<Program>;
  /** The cheap upstream as a program, for who starts it. */
  program(tools: number, era: Era): StdioProgram;
  /** A bare relay onto the pipe of a program that it starts. */
  pipeRelay(program: StdioProgram): Promise<Program>;
  gateway(setup: GatewaySetup): Promise<Program>;
  /** mcpo in front of an MCP server; or why there is none. */
  mcpo(url: string): Promise<Program | Missing>;
  /** A program of others that serves on a port it is given. */
  foreign(program: ForeignProgram): Promise<Program>;
  /** Stops all of them. */
  clear(): Promise<void>;
}

/** The process that puts loads on others. */
export interface LoadGenerator {
  /** `onWarm` is called when measuring begins. */
  run(load: Load, onWarm?: () => void): Promise<LoadResult>;
  stop(): Promise<void>;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const gatewayBin = path("../../packages/gateway/bin/shardgate.mjs");
const endWithUs = path("../../scripts/lib/exit-with-parent.mjs");
const startPatience = 60_000;
/** A load may need this long beyond its own time before the process under it counts as hung. */
const loadPatience = 30_000;

export const hasGateway = (): boolean => existsSync(path("../../packages/gateway/dist/shardgate.mjs"));

/** Bundles the forwarders as the gateway is bundled, so that memory and start-up compare like with like. */
export function bundleForwarders(): void {
  const pairs = ["naive", "relay", "pipe-relay"].map((name) => `bench/src/${name}/main.ts=bench/dist/${name}.mjs`);
  const done = spawnSync(process.execPath, [path("../../scripts/bundle.mjs"), ...pairs], { stdio: "inherit" });
  if (done.status !== 0) throw new Error("The forwarders could not be bundled; esbuild's words are above.");
}

export function createStage(): Stage {
  const programs: Program[] = [];
  // One for all of a scenario's gateways: what one has learned of a program another one knows, and a person's own is left alone.
  const state = mkdtempSync(join(tmpdir(), "shardgate-bench-state-"));
  const remember = async (starting: Promise<Program>): Promise<Program> => {
    const program = await starting;
    programs.push(program);
    return program;
  };
  return {
    upstream: (tools) => remember(startServer(path("upstream/main.ts"), [String(tools)])),
    naive: ({ port }) => remember(startServer(path("../dist/naive.mjs"), [String(port)])),
    relay: ({ port }) => remember(startServer(path("../dist/relay.mjs"), [String(port)])),
    program: (tools, era) => {
      return { command: process.execPath, args: [path("stdio-upstream/main.ts"), String(tools), era] };
    },
    pipeRelay: ({ command, args }) => remember(startServer(path("../dist/pipe-relay.mjs"), [command, ...args])),
    gateway: (setup) => remember(startGateway(setup, state)),
    mcpo: async (url) => {
      const found = findProgram("python-tools.mjs", "mcpo");
      return typeof found === "string" ? await remember(startMcpo(found, url)) : found;
    },
    foreign: (program) => remember(startForeign(program)),
    clear: async () => {
      for (const program of programs.toReversed()) await program.stop();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

async function startServer(file: string, args: readonly string[]): Promise<Program> {
  const child = fork(file, args, { execArgv: [] });
  const answer = await Promise.race([once(child, "message"), once(child, "exit")]);
  const { port } = answer[0] as { port?: number };
  if (port === undefined) throw new Error(`${file} ended with exit code ${child.exitCode}`);
  return { pid: child.pid!, port, stop: () => stop(child) };
}

/** Starts the gateway as a person would, its log written to a file as under a service manager. */
async function startGateway({ upstreams, until = "up", pollMs = 5 }: GatewaySetup, state: string): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), "shardgate-bench-"));
  const [config, logFile] = ["gateway.yaml", "log"].map((name) => join(folder, name)) as [string, string];
  const port = await freePort();
  const definitions = Object.entries(upstreams).map(([name, at]) => [
    name,
    typeof at === "string" ? { kind: "mcp-http", url: at } : { kind: "stdio", ...at },
  ]);
  // JSON is YAML.
  const settings = { listen: { host: "127.0.0.1", port }, upstreams: Object.fromEntries(definitions) };
  writeFileSync(config, JSON.stringify(settings));
  const log = openSync(logFile, "a");
  const child = fork(gatewayBin, ["serve", "--config", config], {
    execArgv: ["--import", endWithUs],
    env: { ...withoutOurs(process.env), STATE_DIR: state },
    stdio: ["ignore", log, log, "ipc"],
  });
  const end = async (): Promise<void> => {
    await stop(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil(child, () => (until === "live" ? isLive(port) : areUp(port, definitions.length)), pollMs);
  } catch (error) {
    const said = readFileSync(logFile, "utf8").split("\n").slice(-15).join("\n");
    await end();
    throw new Error(`The gateway did not come up (${(error as Error).message}). Its last words:\n${said}`, {
      cause: error,
    });
  }
  return { pid: child.pid!, port, stop: end };
}

/** What a person's shell may carry for a gateway must not change a bench. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = /^(SHARDS|GATEWAY_CONFIG|HOST|PORT|LOG_.*)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}

/** What a script says of where a program of others is, or why there is none. */
export function findProgram(script: string, name: string): string | Missing {
  const answer = spawnSync(process.execPath, [path(`../../scripts/${script}`), name], { encoding: "utf8" });
  return answer.status === 0 ? answer.stdout.trim() : { missing: answer.stderr.trim() };
}

async function startMcpo(folder: string, url: string): Promise<Program> {
  const port = await freePort();
  const args = ["--host", "127.0.0.1", "--port", String(port), "--server-type", "streamable-http", "--", url];
  return await startForeign({ command: join(folder, "mcpo"), args, port, isUp: () => hasEcho(port) });
}

/** Whether a server of mcpo's kind offers the upstream's tool. */
export async function hasEcho(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/openapi.json`).catch(() => undefined);
  return (await answer?.text())?.includes('"/echo"') ?? false;
}

/** A group of its own, because some leave what they started behind. @throws Error when it does not come up */
async function startForeign({ command, args, port, isUp }: ForeignProgram): Promise<Program> {
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  const failed = once(child, "error").then(([error]) => Promise.reject(error as Error));
  const end = async (): Promise<void> => {
    if (child.pid === undefined) return;
    await stop(child);
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // Nothing of the group is left.
    }
  };
  try {
    await Promise.race([waitUntil(child, isUp, 200), failed]);
  } catch (error) {
    await end();
    throw new Error(`${command} did not come up: ${(error as Error).message}`, { cause: error });
  }
  return { pid: child.pid!, port, stop: end };
}

async function isLive(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/livez`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}

async function areUp(port: number, count: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
  if (!answer) return false;
  const { upstreams } = (await answer.json()) as { upstreams: readonly { state: string }[] };
  return upstreams.length === count && upstreams.every(({ state }) => state === "up");
}

async function waitUntil(child: ChildProcess, condition: () => Promise<boolean>, pollMs: number): Promise<void> {
  const giveUp = Date.now() + startPatience;
  while (!(await condition())) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
    if (Date.now() > giveUp) throw new Error(`not ready within ${startPatience / 1000} s`);
    await sleep(pollMs);
  }
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

export function startLoadGenerator(): LoadGenerator {
  const child = fork(path("load/main.ts"), { execArgv: [] });
  return {
    run: (load, onWarm) =>
      new Promise((done, fail) => {
        const refuse = (why: string): void => {
          settle();
          fail(new Error(`The load on ${load.target.path} (${load.target.era}) could not be measured: ${why}`));
        };
        const patience = load.warmUp + load.duration + loadPatience;
        const timer = setTimeout(refuse, patience, `no result within ${patience / 1000} s: what serves it hangs`);
        const onExit = (code: number | null): void => refuse(`the load generator ended with exit code ${code}`);
        const onMessage = (answer: { warm?: true; result?: LoadResult; error?: string }): void => {
          if (answer.warm) return onWarm?.();
          if (!answer.result) return refuse(answer.error!);
          settle();
          done(answer.result);
        };
        const settle = (): void => {
          clearTimeout(timer);
          child.off("message", onMessage).off("exit", onExit);
        };
        child.on("message", onMessage).on("exit", onExit);
        child.send(load);
      }),
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  const killer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await once(child, "exit");
  clearTimeout(killer);
}
