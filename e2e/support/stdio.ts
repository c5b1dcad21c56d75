// Upstreams that are programs, for tests.
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isAlive } from "./program.ts";

const PROGRAM = fileURLToPath(new URL("./stdio-program.ts", import.meta.url));

export interface StdioUpstream {
  /** For `upstreams` of a configuration. */
  readonly definition: { readonly kind: "stdio"; readonly command: string; readonly args: readonly string[] };
  /** Runs of its tools, and what it was told was cancelled, in order. */
  readonly ledger: () => readonly string[];
  /** Every process it ever was. */
  readonly pids: () => readonly number[];
  /** Those that are still there. */
  readonly alive: () => readonly number[];
}

/** The definition of a program that behaves as the flags of `stdio-program.ts` say. */
export function stdioUpstream(flags: readonly string[] = [], options: object = {}): StdioUpstream {
  const folder = mkdtempSync(join(tmpdir(), "shardgate-stdio-"));
  const [ledger, pids] = [join(folder, "ledger"), join(folder, "pids")];
  const args = [PROGRAM, "--ledger", ledger, "--pids", pids, ...flags];
  const linesOf = (path: string): string[] =>
    existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  const allPids = (): number[] => linesOf(pids).map(Number);
  return {
    definition: { kind: "stdio", command: process.execPath, args, ...options },
    ledger: () => linesOf(ledger),
    pids: allPids,
    alive: () => allPids().filter(isAlive),
  };
}

/** A folder for a gateway's state. */
export const stateFolder = (): string => mkdtempSync(join(tmpdir(), "shardgate-state-"));
