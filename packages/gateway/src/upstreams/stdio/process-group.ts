import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** A program as it is started: no shell reads any of it. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

export interface ProcessEvents {
  onOutput(chunk: Buffer): void;
  onErrorOutput(chunk: Buffer): void;
  /** Called once, when it has ended and what it wrote has been handed over; says how it ended. */
  onExit(how: string): void;
}

/** How long each step of the end may take, in milliseconds. */
export interface StopTimes {
  /** After the end of its input. */
  readonly eofMs: number;
  /** After SIGTERM. */
  readonly termMs: number;
}

export const STOP_TIMES: StopTimes = { eofMs: 3_000, termMs: 5_000 };

/** Input that it has not read yet, in bytes; beyond it nothing more is written. */
const INPUT_LIMIT = 16 * 1024 * 1024;
/** Output may still come in after the process has ended; a child of its own that holds the pipe is not waited for. */
const LAST_OUTPUT_MS = 200;
const KILLED_MS = 2_000;
const LEFT_BEHIND_MS = 500;

/** A program in a process group of its own, with whatever it starts. */
export class ProcessGroup {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #events: ProcessEvents;
  readonly #exited = Promise.withResolvers<void>();
  #hasExited = false;
  #isCollecting = false;
  #stopping: Promise<void> | undefined;

  constructor({ command, args, env, cwd }: Program, events: ProcessEvents) {
    this.#events = events;
    const child = spawn(command, args, { env, cwd, detached: true, stdio: "pipe", windowsHide: true });
    this.#child = child;
    child.stdout.on("data", (chunk: Buffer) => events.onOutput(chunk));
    child.stderr.on("data", (chunk: Buffer) => events.onErrorOutput(chunk));
    // It ended or closed its input; the end of the process says it better.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => undefined);
    child.once("error", (error: Error & { code?: string }) => this.#onEnd(startProblem(command, cwd, error)));
    child.once("exit", (code, signal) => {
      const how = signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
      const late = setTimeout(() => this.#onEnd(how), LAST_OUTPUT_MS);
      child.once("close", () => {
        clearTimeout(late);
        this.#onEnd(how);
      });
    });
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** @returns false where it takes no more, and nothing was written */
  write(bytes: Buffer): boolean {
    const { stdin } = this.#child;
    if (!stdin.writable || stdin.writableLength > INPUT_LIMIT) return false;
    if (!this.#isCollecting) {
      // What comes in one turn of the event loop goes out in one write, and is answered in one.
      this.#isCollecting = true;
      stdin.cork();
      setImmediate(() => {
        this.#isCollecting = false;
        stdin.uncork();
      });
    }
    stdin.write(bytes);
    return true;
  }

  /** Ends it and everything it started: end of input, then SIGTERM, then SIGKILL to the whole group. */
  stop(times: StopTimes = STOP_TIMES): Promise<void> {
    return (this.#stopping ??= this.#stop(times));
  }

  async #stop({ eofMs, termMs }: StopTimes): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined) return;
    this.#child.stdin.end();
    await this.#exitWithin(eofMs);
    if (signalGroup(pid, "SIGTERM")) await groupEnds(pid, termMs);
    if (signalGroup(pid, "SIGKILL")) await groupEnds(pid, KILLED_MS);
    await this.#exitWithin(KILLED_MS);
  }

  async #exitWithin(ms: number): Promise<void> {
    if (this.#hasExited) return;
    const waiting = new AbortController();
    await Promise.race([this.#exited.promise, sleep(ms, undefined, { signal: waiting.signal }).catch(() => undefined)]);
    waiting.abort();
  }

  #onEnd(how: string): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#exited.resolve();
    // What it started and left behind ends with it.
    void this.stop({ eofMs: 0, termMs: LEFT_BEHIND_MS });
    this.#events.onExit(how);
  }
}

/** Sends a signal to all processes of a group. @returns false where there is none left */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch (error) {
    // EPERM: there is one, of another user.
    return (error as { code?: string }).code === "EPERM";
  }
}

/** Waits until no process of the group is left, `ms` at most. */
export async function groupEnds(group: number, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end;) {
    if (!signalGroup(group, 0)) return;
    await sleep(20);
  }
}

function startProblem(command: string, cwd: string | undefined, { code, message }: Error & { code?: string }): string {
  if (code === "ENOENT") {
    const where = cwd === undefined ? "" : `, or its working directory ${cwd} does not exist`;
    return `the program ${command} was not found; install it or give its whole path${where}`;
  }
  if (code === "EACCES") return `the program ${command} may not be executed by us (EACCES)`;
  return `it cannot be started: ${message}`;
}
