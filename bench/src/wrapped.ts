// Servers run by their wrappers, as a client without a gateway runs them.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { StdioProgram } from "./programs.ts";

const hello = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "shardgate-bench", version: "1" } },
});
const PATIENCE = 180_000;

export interface Wrapped {
  readonly pid: number;
  /** From its start to its answer to `initialize`, in milliseconds. */
  readonly ms: number;
  stop(): Promise<void>;
}

/** Starts a server by its wrapper and shakes hands. @throws Error when it does not answer */
export async function startWrapped({ command, args }: StdioProgram): Promise<Wrapped> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"], detached: true });
  child.stdin!.write(`${hello}\n`);
  try {
    await answered(child);
  } catch (error) {
    await stop(child);
    throw new Error(`${command} ${args.join(" ")}: ${(error as Error).message}`, { cause: error });
  }
  child.stdin!.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  return { pid: child.pid!, ms: performance.now() - started, stop: () => stop(child) };
}

async function answered(child: ChildProcess): Promise<void> {
  let said = "";
  const timer = setTimeout(() => child.kill(), PATIENCE);
  const ended = once(child, "exit").then(() => {
    throw new Error("it ended");
  });
  try {
    await Promise.race([
      ended,
      new Promise<void>((done) => {
        child.stdout!.on("data", (chunk: Buffer) => {
          said = (said + chunk.toString()).slice(-100_000);
          if (/"id":\s*1\b/.test(said)) done();
        });
      }),
    ]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => undefined);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = once(child, "exit");
  process.kill(-child.pid, "SIGKILL");
  await exit;
}
