// An MCP server over standard input and output of which a test decides how it misbehaves. Run as a program:
// `node stdio-program.ts [--ledger file] [--ignore-eof] [--ignore-term] [--grandchild] [--exit code] [--exit-on-discover] …`.
import { spawn } from "node:child_process";
import { appendFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    /** File that each run of a tool is written to, before it is answered. */
    ledger: { type: "string" },
    /** Writes its pid, and that of its child, to this file. */
    pids: { type: "string" },
    exit: { type: "string" },
    "exit-on-discover": { type: "boolean" },
    "silent-on-discover": { type: "boolean" },
    "ignore-eof": { type: "boolean" },
    "ignore-term": { type: "boolean" },
    grandchild: { type: "boolean" },
    chatty: { type: "boolean" },
    /** How long it takes to start, in milliseconds. */
    slow: { type: "string" },
    tool: { type: "string", multiple: true },
  },
});

interface Incoming {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
}

const write = (text: string): void => void writeSync(1, text);
const say = (message: object): void => write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const text = (value: string): object => ({ content: [{ type: "text", text: value }] });
const waitingForAnswer: ((result: unknown) => void)[] = [];
/** What it was told in `initialize`, and how often `count` was called: what a server keeps of its one client. */
let initialized: unknown;
let count = 0;

/** How each tool answers; what answers nothing hangs. */
const tools: Record<string, (id: number | string, params: Readonly<Record<string, unknown>>) => void> = {
  ok: (id) => say({ id, result: text("ok") }),
  echo: (id, params) => say({ id, result: text(JSON.stringify(params)) }),
  hang: () => undefined,
  count: (id) => say({ id, result: text(String(++count)) }),
  client: (id) => say({ id, result: text(JSON.stringify(initialized)) }),
  pid: (id) => say({ id, result: text(String(process.pid)) }),
  slow: (id) => void setTimeout(() => say({ id, result: text("slow") }), 400),
  die: () => process.kill(process.pid, "SIGKILL"),
  exit: () => process.exit(3),
  env: (id) => say({ id, result: text(JSON.stringify(process.env)) }),
  flood: (id) => {
    const lines = Buffer.from(`${"e".repeat(1023)}\n`.repeat(64));
    let left = (100 * 1024) / 64;
    const next = (): void => {
      if (left-- > 0) process.stderr.write(lines, next);
      else say({ id, result: text("flooded") });
    };
    next();
  },
  big: (id) => {
    write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":"`);
    for (let part = 0; part < 11; part++) write("x".repeat(1024 * 1024));
    write('"}]}}\n');
  },
  garbage: (id) => {
    write("Starting server…\n\u001b[31mwarning\u001b[0m\n{half\n\n[1,2\n");
    say({ id, result: text("clean") });
  },
  badutf8: (id) => {
    writeSync(1, Buffer.from([...Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":"`), 0xc3, 0x28]));
    write('"}\n');
  },
  halfutf8: (id) => {
    const bytes = Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", id, result: text("é😀") })}\r\n`);
    const cut = bytes.indexOf(0xf0) + 2;
    writeSync(1, bytes.subarray(0, cut));
    setTimeout(() => writeSync(1, bytes.subarray(cut)), 30);
  },
  slices: (id) => {
    const bytes = Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", id, result: text("one byte at a time") })}\n`);
    const next = (at: number): void => {
      if (at >= bytes.length) return;
      writeSync(1, bytes.subarray(at, at + 1));
      setImmediate(() => next(at + 1));
    };
    next(0);
  },
  wrongid: (id) => say({ id: Number(id) + 77_777, result: text("not yours") }),
  twice: (id) => {
    say({ id, result: text("first") });
    say({ id, result: text("second") });
  },
  textid: (id) => say({ id: String(id), result: text("as text") }),
  progress: (id, { _meta }) => {
    const { progressToken } = (_meta ?? {}) as { progressToken?: unknown };
    say({ method: "notifications/progress", params: { progressToken, progress: 1, total: 2 } });
    say({ method: "notifications/progress", params: { progressToken: "not-yours", progress: 9 } });
    setTimeout(() => say({ id, result: text(String(progressToken !== undefined)) }), 20);
  },
  ask: (id) => {
    say({
      id: "q1",
      method: "elicitation/create",
      params: { message: "Which?", requestedSchema: { type: "object", properties: {} } },
    });
    waitingForAnswer.push((result) => say({ id, result: text(JSON.stringify(result)) }));
  },
};

function onMessage(message: Incoming): void {
  const { id, method, params = {} } = message;
  if (id === undefined) return onNotification(method as string, params);
  if (method === undefined) return void waitingForAnswer.shift()?.(message.result ?? message);
  if (method === "server/discover" && flags["exit-on-discover"] === true) process.exit(1);
  if (method === "server/discover" && flags["silent-on-discover"] === true) return;
  if (method === "initialize") {
    initialized = params;
    const serverInfo = { name: "raw-stdio", version: "1.2" };
    return say({ id, result: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo } });
  }
  if (method === "ping") return say({ id, result: {} });
  if (method === "tools/list") {
    const names = flags.tool ?? Object.keys(tools);
    return say({ id, result: { tools: names.map((name) => ({ name, inputSchema: { type: "object" } })) } });
  }
  if (method !== "tools/call") return say({ id, error: { code: -32601, message: "Method not found" } });
  const name = String(params["name"]);
  if (flags.ledger !== undefined) appendFileSync(flags.ledger, `${name} ${JSON.stringify(params["arguments"])}\n`);
  tools[name]?.(id, params);
}

function onNotification(method: string, params: Readonly<Record<string, unknown>>): void {
  if (method !== "notifications/cancelled" || flags.ledger === undefined) return;
  appendFileSync(flags.ledger, `cancelled ${JSON.stringify(params["reason"])}\n`);
}

function start(): void {
  if (flags["ignore-term"] === true) process.on("SIGTERM", () => undefined);
  const pids = [process.pid];
  if (flags.grandchild === true) {
    // One that does not hear the end of its input, as servers behind wrappers do not.
    const trap = flags["ignore-term"] === true ? "trap '' TERM; " : "";
    const child = spawn("/bin/sh", ["-c", `${trap}while :; do sleep 1; done`], { stdio: "ignore" });
    pids.push(child.pid as number);
  }
  if (flags.pids !== undefined) appendFileSync(flags.pids, `${pids.join("\n")}\n`);
  if (flags.chatty === true) process.stderr.write("raw-stdio runs, API_TOKEN=tiptoptop-secret\n");
  if (flags.exit !== undefined) {
    process.stderr.write("no configuration found\n");
    process.exit(Number(flags.exit));
  }
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => onMessage(JSON.parse(line) as Incoming));
  if (flags["ignore-eof"] === true) setInterval(() => undefined, 1_000);
}

setTimeout(start, Number(flags.slow ?? 0));
