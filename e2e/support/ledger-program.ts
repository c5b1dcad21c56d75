// An MCP server that writes each call it runs into a file before it answers, over standard input and output or over HTTP:
// `node ledger-program.ts --ledger file --era modern|legacy [--pids file] [--port port]`.
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { text as wholeBody } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { LEGACY, MODERN } from "./rpc-client.ts";

const { values: flags } = parseArgs({
  options: {
    ledger: { type: "string", default: "" },
    pids: { type: "string", default: "" },
    era: { type: "string", default: "modern" },
    port: { type: "string" },
  },
});

interface Incoming {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Args;
    readonly _meta?: { readonly progressToken?: number | string };
    readonly requestId?: number | string;
  };
}

interface Args {
  /** What the ledger knows the call by. */
  readonly call: string;
  /** How long it takes, in milliseconds. */
  readonly ms?: number;
  /** How much it says in one go, in bytes. */
  readonly bytes?: number;
}

/** The way back to who asked, whatever the transport. */
interface Reply {
  /** Bytes of a message; whole ones end with `end`. */
  readonly write: (part: string) => boolean;
  readonly drained: () => Promise<unknown>;
  /** One message before the answer. */
  readonly say: (message: string) => boolean;
  readonly answer: (message: string) => void;
  /** Breaks off in the middle of what was written. */
  readonly breakOff: () => void;
  readonly isGone: () => boolean;
}

const note = (line: string): void => appendFileSync(flags.ledger, `${line}\n`);
const result = (id: unknown, value: object): string => {
  const more = flags.era === "modern" ? { resultType: "complete" } : {};
  return JSON.stringify({ jsonrpc: "2.0", id, result: { ...more, ...value } });
};
const said = (id: unknown, word: string): string => result(id, { content: [{ type: "text", text: word }] });
const wait = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));
const PART = 64 * 1024;

const tools: Readonly<Record<string, (message: Incoming, args: Args, reply: Reply) => void | Promise<void>>> = {
  run: async ({ id }, { call, ms = 0 }, reply) => {
    if (ms > 0) await wait(ms);
    reply.answer(said(id, call));
  },
  hang: () => undefined,
  /** Breaks off in the middle of its answer. */
  cut: async ({ id }, { call }, reply) => {
    reply.write(said(id, call).slice(0, -12));
    await wait(20);
    reply.breakOff();
  },
  /** One message of so many bytes. */
  huge: async ({ id }, { bytes = 0 }, reply) => {
    const part = "x".repeat(PART * 16);
    reply.write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"x":"`);
    for (let left = bytes; left > 0 && !reply.isGone(); left -= part.length) {
      if (!reply.write(part)) await reply.drained();
    }
    reply.answer('"}}');
  },
  /** Reports progress: so many bytes at once, and then a little now and then, for as long as somebody wants it. */
  talk: async ({ params }, { call, bytes = Infinity }, reply) => {
    const report = (progress: number, message: string): string => {
      const own = { progressToken: params?._meta?.progressToken, progress, message };
      return JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: own });
    };
    const isOver = (): boolean => reply.isGone() || cancelled.has(call);
    let count = 0;
    for (let left = bytes; left > 0 && !isOver(); left -= PART) {
      if (!reply.say(report(++count, "x".repeat(PART)))) await reply.drained();
      await wait(1);
    }
    while (!isOver()) {
      await wait(500);
      reply.say(report(++count, "still here"));
    }
  },
};

const running = new Map<unknown, string>();
const cancelled = new Set<string>();

function onCancel(id: unknown): void {
  const call = running.get(id);
  if (call === undefined) return;
  cancelled.add(call);
  note(`cancelled ${call}`);
}

/** @param key names the request among all under way; its own id where nothing is said */
function take(message: Incoming, reply: Reply, key: unknown = message.id): void {
  const { id, method, params } = message;
  if (method === "notifications/cancelled") return onCancel(params?.requestId);
  if (id === undefined) return;
  const serverInfo = { name: "ledger", version: "1" };
  const capabilities = { tools: {} };
  const own = (value: object): void => reply.answer(result(id, value));
  const listed = flags.era === "modern" ? { ttlMs: 0, cacheScope: "private" } : {};
  if (method === "server/discover" && flags.era === "modern") {
    const _meta = { "io.modelcontextprotocol/serverInfo": serverInfo };
    return own({ supportedVersions: [MODERN], capabilities, ...listed, _meta });
  }
  if (method === "initialize" && flags.era === "legacy")
    return own({ protocolVersion: LEGACY, capabilities, serverInfo });
  if (method === "ping" && flags.era === "legacy") return own({});
  if (method === "tools/list") {
    return own({ ...listed, tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: "object" } })) });
  }
  const tool = method === "tools/call" ? tools[String(params?.name)] : undefined;
  if (tool === undefined) {
    return reply.answer(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } }));
  }
  const args = params?.arguments as Args;
  note(args.call);
  running.set(key, args.call);
  void tool(message, args, reply);
}

function overStdio(): void {
  const { stdout } = process;
  const drained = (): Promise<unknown> => new Promise((resolve) => stdout.once("drain", resolve));
  /** Messages that come while a long one is being written wait for its end. */
  let held: string[] | undefined;
  const write = (part: string): boolean => {
    held ??= [];
    return stdout.write(part);
  };
  const say = (message: string): boolean => {
    if (held === undefined) return stdout.write(`${message}\n`);
    held.push(`${message}\n`);
    return true;
  };
  const end = (rest: string): void => {
    stdout.write(`${rest}\n${held?.join("") ?? ""}`);
    held = undefined;
  };
  createInterface({ input: process.stdin }).on("line", (line) => {
    let isWriting = false;
    take(JSON.parse(line) as Incoming, {
      write(part) {
        isWriting = true;
        return write(part);
      },
      drained,
      say,
      answer: (message) => (isWriting ? end(message) : say(message)),
      breakOff: () => process.exit(1),
      isGone: () => false,
    });
  });
}

function overHttp(port: number): void {
  const server = createServer(async (incoming, response) => {
    if (incoming.method !== "POST") return void response.writeHead(405).end();
    const message = JSON.parse(await wholeBody(incoming)) as Incoming;
    if (message.id === undefined) response.writeHead(202).end();
    const isStream = message.params?.name === "talk";
    const head = (): unknown =>
      response.headersSent ||
      response.writeHead(200, { "Content-Type": isStream ? "text/event-stream" : "application/json" });
    const gone = new Promise<void>((resolve) => response.on("close", resolve));
    const drained = (): Promise<unknown> =>
      Promise.race([gone, new Promise((resolve) => response.once("drain", resolve))]);
    const write = (part: string): boolean => (head(), response.write(part));
    // In the modern era leaving is what cancels a call; requests of several clients may have one id.
    const isModern = flags.era === "modern";
    void gone.then(() => response.writableFinished || (isModern && onCancel(response)));
    const reply: Reply = {
      write,
      drained,
      say: (one) => write(`data: ${one}\n\n`),
      answer: (one) => (head(), response.end(isStream ? `data: ${one}\n\n` : one)),
      breakOff: () => response.destroy(),
      isGone: () => response.destroyed,
    };
    take(message, reply, isModern ? response : message.id);
  });
  server.listen(port, "127.0.0.1");
}

if (flags.pids !== "") appendFileSync(flags.pids, `${process.pid}\n`);
if (flags.port === undefined) overStdio();
else overHttp(Number(flags.port));
