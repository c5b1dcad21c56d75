import { fetchSender } from "@shardgate/mcp-wire";
import type { Io } from "../commands/command.ts";
import { runCommand } from "../commands/run.ts";

/** What a command left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in process; only what `world` has exists. */
export async function runIn(world: Partial<Io>, ...args: string[]): Promise<Ran> {
  let out = "";
  let err = "";
  const io: Io = {
    env: {},
    isTerminal: false,
    pid: 1,
    onHangup: () => undefined,
    signal: new AbortController().signal,
    write: (text) => void (out += text),
    writeError: (text) => void (err += text),
    writeBytes: (bytes) => void (out += bytes.toString()),
    inputChunks: async function* () {
      // Nobody says anything.
    },
    readFile: (path) => Promise.reject(Object.assign(new Error(`no ${path}`), { code: "ENOENT" })),
    readInput: () => Promise.resolve(""),
    fetch: () => Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } })),
    createSender: (origin) => fetchSender(origin, (request) => io.fetch(request)),
    createFile: () => Promise.reject(new Error("no files here")),
    listen: () => Promise.reject(new Error("no ports here")),
    ...world,
  };
  const code = await runCommand(args, io);
  return { code, out, err };
}
