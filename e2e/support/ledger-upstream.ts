// Upstreams that keep a ledger of what they ran, over HTTP and as programs, and what of it must agree with what clients saw.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, vi } from "vitest";
import { outcomeOf, type Outcome } from "./load.ts";
import { freePort } from "./ports.ts";
import { isAlive, soon } from "./program.ts";
import { callModern } from "./rpc-client.ts";

const PROGRAM = fileURLToPath(new URL("./ledger-program.ts", import.meta.url));
const endWithUs = fileURLToPath(new URL("../../scripts/lib/exit-with-parent.mjs", import.meta.url));

export type LedgerKind = "http" | "stdio";

export interface LedgerUpstream {
  readonly definition: object;
  /** Calls that it ran, in order. */
  readonly ran: () => readonly string[];
  /** Calls that it was told are not wanted any more. */
  readonly cancelled: () => readonly string[];
  /** The process it is at the moment. */
  readonly pid: () => number;
  /** Starts it again where it was; a program is started by the gateway. */
  readonly revive: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** @param options more of its definition */
export async function ledgerUpstream(
  kind: LedgerKind,
  era: "modern" | "legacy",
  options: object = {},
): Promise<LedgerUpstream> {
  const folder = mkdtempSync(join(tmpdir(), "shardgate-ledger-"));
  const [ledger, pids] = [join(folder, "ledger"), join(folder, "pids")];
  const args = [PROGRAM, "--ledger", ledger, "--pids", pids, "--era", era];
  const linesOf = (path: string): string[] =>
    existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  const port = kind === "http" ? await freePort() : 0;
  const children: ChildProcess[] = [];
  const revive = async (): Promise<void> => {
    if (kind === "stdio") return;
    const command = ["--import", endWithUs, ...args, "--port", String(port)];
    children.push(spawn(process.execPath, command, { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
    await vi.waitFor(() => isOpen(port), soon);
  };
  await revive();
  return {
    definition:
      kind === "http"
        ? { kind: "mcp-http", url: `http://127.0.0.1:${port}/mcp`, ...options }
        : { kind: "stdio", command: process.execPath, args, ...options },
    ran: () => linesOf(ledger).filter((line) => !line.startsWith("cancelled ")),
    cancelled: () => linesOf(ledger).flatMap((line) => /^cancelled (.*)/.exec(line)?.[1] ?? []),
    pid: () => Number(linesOf(pids).findLast((pid) => isAlive(Number(pid)))),
    revive,
    async stop() {
      for (const child of children) {
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @throws Error where nobody listens */
async function isOpen(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
  } finally {
    socket.destroy();
  }
}

let named = 0;

/** Calls tools of a ledger's under names of their own, by the name of their upstream, and says what became of each. */
export function ledgerCaller(mcp: string, upstream: string): (tool: string, args?: object) => Promise<Outcome> {
  return (tool, args = {}) => {
    const call = `${tool}-${++named}`;
    return outcomeOf(call, () => callModern(mcp, `${upstream}__${tool}`, { call, ...args }, { within: 30_000 }));
  };
}

export const many = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

/**
 * What must be true of calls and the ledger of who ran them, whatever happened: one answer for each call, none run twice,
 * every answer of a call that ran, none ran of which it was said that it was not sent, and none ran that nobody knows of.
 */
export function expectLedgerAgrees(outcomes: readonly Outcome[], ran: readonly string[]): void {
  const known = new Map(outcomes.map((outcome) => [outcome.call, outcome]));
  expect(known.size, "each call has one answer").toBe(outcomes.length);
  expect(new Set(ran).size, "nothing ran twice").toBe(ran.length);
  expect(ran.filter((call) => !known.has(call))).toEqual([]);
  const done = new Set(ran);
  const wrong = outcomes.filter(({ call, text, failure, sent }) => {
    if (text !== undefined) return text !== call || !done.has(call);
    return typeof failure !== "number" || sent === undefined || (!sent && done.has(call));
  });
  expect(wrong).toEqual([]);
}
