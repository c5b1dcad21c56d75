// What every kind of upstream keeps to, whatever it speaks: one suite, run by each.
import { createServer, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Gateway, startGateway } from "./support/house.ts";
import { freePort } from "./support/ports.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { openStream, type RawAnswer } from "./support/raw-client.ts";
import { startRawUpstream, type Received } from "./support/raw-upstream.ts";
import { callModern, modern, modernRequest, openSession, rpc } from "./support/rpc-client.ts";
import { errorOf, gatewayData } from "./support/rpc-error.ts";
import { answered, hang } from "./support/scripts.ts";
import { stdioUpstream } from "./support/stdio.ts";

/** A server of one kind, with the tools `ok`, `echo`, `hang` and `progress`. */
interface Server {
  readonly definition: object;
  /** Calls of a tool that reached it. */
  readonly runs: (tool: string) => number;
  /** Ends it without a word, and starts it again where it was; undefined where the gateway does that. */
  readonly die: (gateway: Gateway) => Promise<void>;
  readonly revive: (() => Promise<void>) | undefined;
  readonly stop: () => Promise<void>;
}

const stopLater = stopAtEnd();

const echo = (request: Received, response: ServerResponse): void => {
  const body = answered(request, JSON.stringify(request.message.params?.["arguments"]).replaceAll('"', "'"));
  response.writeHead(200, { "Content-Type": "application/json" }).end(body);
};
const progress = (request: Received, response: ServerResponse): void => {
  const token = (request.message.params?.["_meta"] as { progressToken?: unknown } | undefined)?.progressToken;
  const message = { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: token, progress: 1 } };
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.end(`data: ${JSON.stringify(message)}\n\ndata: ${answered(request)}\n\n`);
};

/** Streamable HTTP; as a shard it says more about itself. */
async function overHttp(kind: "shard" | "mcp-http", era: "legacy" | "modern"): Promise<Server> {
  const port = await freePort();
  const tools = {
    ok: (request: Received, response: ServerResponse) =>
      void response.writeHead(200, { "Content-Type": "application/json" }).end(answered(request)),
    echo,
    hang,
    progress,
  };
  const documents: Readonly<Record<string, object>> = {
    "/health": { status: "ok", name: "nas", version: "1", checks: {} },
    "/manifest": { name: "nas", version: "1", mcp: { path: "/mcp", protocolVersions: ["2026-07-28"] }, tools: [] },
  };
  const before = (request: Received, response: ServerResponse): boolean => {
    const document = request.method === "GET" ? documents[request.path] : undefined;
    if (document !== undefined) response.setHeader("Content-Type", "application/json").end(JSON.stringify(document));
    return document !== undefined;
  };
  const start = () => startRawUpstream({ era, sessions: era === "legacy", tools, port, before });
  let running = await start();
  return {
    definition: { kind, url: kind === "shard" ? `http://127.0.0.1:${port}` : running.url, timeout: "2s" },
    runs: (tool) => running.of("tools/call").filter(({ message }) => message.params?.["name"] === tool).length,
    die: () => running.stop(),
    revive: async () => void (running = await start()),
    stop: () => running.stop(),
  };
}

/** HTTP+SSE, by hand. */
async function overSse(): Promise<Server> {
  const port = await freePort();
  const calls: string[] = [];
  const start = async () => {
    const streams = new Map<string, ServerResponse>();
    const server = createServer(async (request, response) => {
      const { searchParams, pathname } = new URL(request.url ?? "/", "http://x");
      if (request.method === "GET" && pathname === "/sse") {
        const id = String(streams.size);
        streams.set(id, response);
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        return void response.write(`event: endpoint\ndata: /messages?sessionId=${id}\n\n`);
      }
      const stream = streams.get(searchParams.get("sessionId") ?? "");
      if (stream === undefined) return void response.writeHead(404).end();
      const message = JSON.parse(await text(request)) as Received["message"];
      response.writeHead(202).end("Accepted");
      const say = (value: object) => stream.write(`data: ${JSON.stringify({ jsonrpc: "2.0", ...value })}\n\n`);
      answerOverSse(message, say, calls);
    }).listen(port, "127.0.0.1");
    await once(server, "listening");
    return server;
  };
  let server = await start();
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  const { port: own } = server.address() as AddressInfo;
  return {
    definition: { kind: "sse", url: `http://127.0.0.1:${own}/sse`, timeout: "2s" },
    runs: (tool) => calls.filter((one) => one === tool).length,
    die: stop,
    revive: async () => void (server = await start()),
    stop,
  };
}

function answerOverSse(message: Received["message"], say: (value: object) => unknown, calls: string[]): void {
  const { id, method, params } = message;
  if (id === undefined) return;
  const name = String(params?.["name"]);
  const result = (value: object) => say({ id, result: value });
  if (method === "initialize") {
    const serverInfo = { name: "raw", version: "1" };
    return void result({ protocolVersion: "2024-11-05", capabilities: { tools: {} }, serverInfo });
  }
  if (method === "ping") return void result({});
  const tools = ["ok", "echo", "hang", "progress"];
  if (method === "tools/list") return void result({ tools: tools.map((one) => ({ name: one, inputSchema: {} })) });
  calls.push(name);
  const content = (value: string) => result({ content: [{ type: "text", text: value }] });
  const token = (params?.["_meta"] as { progressToken?: unknown } | undefined)?.progressToken;
  if (name === "progress") say({ method: "notifications/progress", params: { progressToken: token, progress: 1 } });
  if (name === "echo") content(JSON.stringify(params?.["arguments"]).replaceAll('"', "'"));
  else if (name !== "hang") content("ok");
}

async function overStdio(options: object = {}): Promise<Server> {
  const raw = stdioUpstream([], { timeout: "2s", ...options });
  return {
    definition: raw.definition,
    runs: (tool) => raw.ledger().filter((line) => line.startsWith(`${tool} `)).length,
    die: async (gateway) => {
      const { pid } = (await gateway.health()).upstreams[0] ?? {};
      process.kill(pid as number, "SIGKILL");
    },
    revive: undefined,
    stop: async () => undefined,
  };
}

const kinds: readonly (readonly [string, () => Promise<Server>])[] = [
  ["shard", () => overHttp("shard", "modern")],
  ["mcp-http, modern", () => overHttp("mcp-http", "modern")],
  ["mcp-http, legacy", () => overHttp("mcp-http", "legacy")],
  ["sse", overSse],
  ["stdio", () => overStdio()],
  ["stdio, a process for each session", () => overStdio({ per_session: true })],
];

const textOf = (answer: RawAnswer): string | undefined =>
  (answer.json().result?.["content"] as { text: string }[] | undefined)?.[0]?.text;

describe.each(kinds)("an upstream of kind %s", (_, start) => {
  let server: Server;
  let gateway: Gateway;
  const url = (): string => `${gateway.url}/mcp`;
  beforeAll(async () => {
    server = await stopLater(start());
    gateway = await stopLater(startGateway({ upstreams: { nas: server.definition } }));
  });

  test("lists its tools under qualified names, and is shown with its state", async () => {
    const { result } = (await modern(url(), "tools/list")).json();
    const names = ((result?.["tools"] ?? []) as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["nas__ok", "nas__echo", "nas__hang", "nas__progress"]));
    expect((await gateway.health()).upstreams[0]).toMatchObject({ name: "nas", state: "up", tools: names.length });
  });

  test("answers clients of both eras, each its own call", async () => {
    const session = await openSession(url());
    const answers = await Promise.all(
      Array.from({ length: 12 }, (__, n) =>
        n % 2 === 0 ? callModern(url(), "nas__echo", { n }) : session.call("nas__echo", { n }),
      ),
    );
    for (const [n, answer] of answers.entries()) expect(textOf(answer)?.replaceAll('"', "'")).toMatch(`'n':${n}}`);
    await session.end();
  });

  test("reports progress to who asked for it", async () => {
    const params = { name: "nas__progress", arguments: {}, _meta: { progressToken: "mine" } };
    const stream = await openStream(url(), modernRequest("tools/call", params));
    await vi.waitFor(() => expect(stream.isOpen()).toBe(false), soon);
    const said = stream.messages().filter(({ method }) => method === "notifications/progress");
    expect(said.map(({ params: got }) => got?.["progressToken"])).toEqual(["mine"]);
  });

  test("does not know a tool it does not have", async () => {
    expect(errorOf(await callModern(url(), "nas__nothing"))).toMatchObject({ code: -32602 });
  });

  test("that says nothing is given up at the deadline, once it was asked", async () => {
    const before = server.runs("hang");
    const data = gatewayData({ upstream: "nas", sent: true, retryable: false });
    expect(errorOf(await callModern(url(), "nas__hang"))).toMatchObject({ code: -31011, data });
    expect(server.runs("hang")).toBe(before + 1);
  });

  test("that dies fails the call it works on at once, is refused while it is away, and comes back by itself", async () => {
    const before = server.runs("hang");
    const dying = callModern(url(), "nas__hang", { last: true });
    await vi.waitFor(() => expect(server.runs("hang")).toBe(before + 1), soon);
    await server.die(gateway);
    const answer = await dying;
    expect(answer.ms).toBeLessThan(2_000);
    const data = gatewayData({ upstream: "nas", sent: true, retryable: false });
    expect(errorOf(answer)).toMatchObject({ code: -31012, data });
    await gateway.until("nas", "down");
    const refused = errorOf(await callModern(url(), "nas__ok"));
    expect(refused).toMatchObject({ code: -31010, data: gatewayData({ sent: false, retryable: true }) });
    expect((await modern(url(), "tools/list")).text).toContain("nas__ok");
    await server.revive?.();
    await gateway.until("nas", "up");
    expect(textOf(await callModern(url(), "nas__ok"))).toBe("ok");
  });

  test("passes every method under its own names at its own address", async () => {
    const session = await openSession(`${gateway.url}/servers/nas/mcp`);
    expect(textOf(await session.call("ok"))).toBe("ok");
    expect((await session.post(rpc("ping", {}, 5))).json()).toMatchObject({ id: 5, result: {} });
    await session.end();
  });
});
