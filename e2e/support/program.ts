// The programs of the house as real processes. Each has a channel to us and ends when we do, whatever becomes of the test.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, vi } from "vitest";

export type LogLine = Readonly<Record<string, unknown>>;

export interface Program {
  readonly pid: number;
  /** Address it says it listens on. */
  readonly url: string;
  /** What it logged so far, one object per line. */
  readonly log: readonly LogLine[];
  /** Everything it wrote, as it is. */
  readonly output: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** From now on nobody reads what it writes. */
  readonly stopListening: () => void;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Ends it at once; idempotent. */
  readonly stop: () => Promise<void>;
}

export interface ProgramOptions {
  /** Path of the file to run, relative to the repository. */
  readonly file: string;
  readonly args?: readonly string[];
  /** Its whole environment besides `PATH`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const endWithUs = fileURLToPath(new URL("../../scripts/lib/exit-with-parent.mjs", import.meta.url));
const START_PATIENCE = 20_000;

/** Starts a program of the house and waits until it says where it listens. @throws Error with its last words */
export async function startProgram({ file, args = [], env = {}, cwd = root }: ProgramOptions): Promise<Program> {
  const child = spawn(process.execPath, ["--import", endWithUs, `${root}/${file}`, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const log: LogLine[] = [];
  const said: string[] = [];
  listen(child, log, said);
  const ended = once(child, "exit").then(([code, signal]) => ({ code, signal }));
  const stop = async (): Promise<void> => {
    // A stopped process cannot hear anything but this one.
    child.kill("SIGKILL");
    await ended;
  };
  const output = () => said.join("");
  try {
    const url = await vi.waitFor(() => addressIn(child, log, output), { timeout: START_PATIENCE, interval: 10 });
    const stopListening = (): void => {
      child.stdout!.destroy();
      child.stderr!.destroy();
    };
    const kill = (signal: NodeJS.Signals): void => void child.kill(signal);
    return { pid: child.pid as number, url, log, output, kill, stopListening, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function listen(child: ChildProcess, log: LogLine[], said: string[]): void {
  let rest = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    said.push(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop() as string;
    for (const line of lines) if (line.startsWith("{")) log.push(JSON.parse(line) as LogLine);
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => said.push(text));
}

function addressIn(child: ChildProcess, log: readonly LogLine[], output: () => string): string {
  const url = log.find((line) => typeof line["url"] === "string" && /listening|ready/.test(String(line["msg"])))?.[
    "url"
  ];
  if (url !== undefined) return url as string;
  throw new Error(`${child.spawnargs.at(-1)} (exit code ${child.exitCode}) said:\n${output().slice(-2000)}`);
}

/** True while a process of this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** How long a test waits for what has to happen soon, for `vi.waitFor`. */
export const soon = { timeout: 5_000, interval: 10 } as const;

interface Stoppable {
  stop(): Promise<void>;
}

/** To be called once in a test file: what is handed to the result is stopped when the file is done, the last first. */
export function stopAtEnd(): <T extends Stoppable>(starting: T | Promise<T>) => Promise<T> {
  const started: Stoppable[] = [];
  afterAll(async () => {
    for (const one of started.toReversed()) await one.stop();
  });
  return async (starting) => {
    const one = await starting;
    started.push(one);
    return one;
  };
}
