import { fetchSender } from "@shardgate/mcp-wire";
import { serveSurface } from "@shardgate/mcp-wire/server";
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_CONFIG } from "./config/schema.ts";
import { createHouse, type House } from "./house.ts";
import { memoryLogger } from "./testing/calls.ts";
import { FakeTimers } from "./testing/fake-timers.ts";
import { upstreamOptionsSchema } from "./upstreams/index.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** A house in one process: two upstreams behind `fetch` functions, time that a test moves, no port. */
async function startHouse() {
  const timers = new FakeTimers();
  const logger = memoryLogger();
  const tools = [{ name: "echo", description: "says it again", inputSchema: { type: "object" } }];
  const surface = serveSurface({
    name: "echo-server",
    version: "3.2.1",
    instructions: "Call echo.",
    tools,
    callTool: async (_, args) =>
      args["fail"] === true
        ? { content: [{ type: "text", text: "no" }], isError: true }
        : { content: [{ type: "text", text: JSON.stringify(args) }] },
  });
  const down = { fetch: (): Promise<Response> => Promise.reject(new Error("refused")) };
  const hosts: Record<string, { fetch(request: Request): Promise<Response> }> = {
    "http://echo": surface,
    "http://gone": down,
  };
  const definitions = ["echo", "gone"].map((name) => ({
    id: name,
    name,
    options: upstreamOptionsSchema.parse({ kind: "mcp-http", url: `http://${name}/mcp` }),
  }));
  const house = createHouse({
    config: DEFAULT_CONFIG,
    providers: [{ name: "test", watch: async (emit) => emit(definitions) }],
    logger,
    timers,
    createSender: (origin) => fetchSender(origin, (request) => hosts[origin]!.fetch(request)),
  });
  open.push(house, surface);
  await house.start();
  for (let turn = 0; turn < 20 && house.gateway.status().upstreams[0]?.state !== "up"; turn++) await timers.advance(20);
  await timers.advance(50);
  return { house, timers, logger, surface, tools };
}

async function post(house: House, path: string, message: object, headers: Record<string, string> = {}) {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ jsonrpc: "2.0", ...message }),
  };
  const response = await house.app.fetch(new Request(`http://localhost:9100${path}`, init));
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, never> };
}

const callEcho = (name: string, args: object = {}) => ({
  id: 7,
  method: "tools/call",
  params: { name, arguments: args },
});
const modern = (method: string, params: object = {}) => ({
  message: {
    id: "a",
    method,
    params: {
      ...params,
      _meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
      },
    },
  },
  headers: { "mcp-protocol-version": "2026-07-28", "mcp-method": method },
});

describe("the house", () => {
  it("says how each upstream is, and is ready while one is down", async () => {
    const { house } = await startHouse();
    const health = await (await house.app.fetch(new Request("http://localhost/health"))).json();
    expect(health).toMatchObject({
      status: "degraded",
      version: expect.any(String),
      uptime_s: expect.any(Number),
      generation: expect.any(Number),
      upstreams: [
        {
          name: "echo",
          kind: "mcp-http",
          state: "up",
          tools: 1,
          url: "http://echo/mcp",
          version: "3.2.1",
          latency_ms: expect.any(Number),
        },
        { name: "gone", state: "down", tools: 0, error: expect.stringContaining("refused") },
      ],
    });
    for (const path of ["/livez", "/readyz", "/ready"]) {
      expect((await house.app.fetch(new Request(`http://localhost${path}`))).status).toBe(200);
    }
    house.drain();
    expect((await house.app.fetch(new Request("http://localhost/readyz"))).status).toBe(503);
    expect((await house.app.fetch(new Request("http://localhost/livez"))).status).toBe(200);
    expect((await house.app.fetch(new Request("http://localhost/nothing"))).status).toBe(404);
  });

  it("shows what an upstream says of its use in its document", async () => {
    const { house } = await startHouse();
    for (const path of ["/echo/openapi.json", "/openapi.json"]) {
      const response = await house.app.fetch(new Request(`http://localhost${path}`));
      expect(response.status).toBe(200);
      expect(await response.text()).toContain("Call echo.");
    }
    const prompt = await house.app.fetch(new Request("http://localhost/echo/system"));
    expect(await prompt.json()).toEqual({ prompt: "Call echo." });
  });

  it("lists and calls under qualified names for all, under their own for one, in both eras", async () => {
    const { house } = await startHouse();
    for (const [path, name] of [
      ["/mcp", "echo__echo"],
      ["/mcp/", "echo__echo"],
      ["/servers/echo/mcp", "echo"],
      ["/servers/echo/mcp/", "echo"],
    ] as const) {
      const list = await post(house, path, { id: 1, method: "tools/list" });
      expect(list.body["result"]).toMatchObject({ tools: [{ name, description: "says it again" }] });
      const called = await post(house, path, callEcho(name, { a: 1 }));
      expect(called).toMatchObject({
        status: 200,
        body: { id: 7, result: { content: [{ type: "text", text: '{"a":1}' }] } },
      });
      const request = modern("tools/list");
      const modernList = await post(house, path, request.message, request.headers);
      expect(modernList.body["result"]).toMatchObject({
        resultType: "complete",
        cacheScope: "private",
        tools: [{ name }],
      });
      const modernCall = modern("tools/call", { name, arguments: {} });
      const answer = await post(house, path, modernCall.message, { ...modernCall.headers, "mcp-name": name });
      expect(answer.body["result"]).toMatchObject({ resultType: "complete", content: [{ text: "{}" }] });
    }
  });

  it("opens a session for a legacy client, and speaks for the upstream on its own path", async () => {
    const { house } = await startHouse();
    const initialize = {
      id: 0,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: {} },
    };
    const all = await post(house, "/mcp", initialize);
    expect(all.body["result"]).toMatchObject({ protocolVersion: "2025-06-18", serverInfo: { name: "shardgate" } });
    const one = await post(house, "/servers/echo/mcp", initialize);
    expect(one.body["result"]).toMatchObject({ serverInfo: { name: "echo-server" }, instructions: "Call echo." });
    const session = { "mcp-session-id": one.headers.get("mcp-session-id") as string };
    expect((await post(house, "/servers/echo/mcp", callEcho("echo"), session)).status).toBe(200);
    expect((await post(house, "/mcp", callEcho("echo__echo"), session)).status).toBe(404);
  });

  it("answers what cannot be done with the error of the table, and logs every call", async () => {
    const { house, logger } = await startHouse();
    expect((await post(house, "/mcp", callEcho("echo__nope"))).body["error"]).toMatchObject({
      code: -32602,
      message: "Unknown tool: echo__nope",
    });
    expect((await post(house, "/servers/gone/mcp", callEcho("x"))).body["error"]).toMatchObject({
      code: -31010,
      data: { upstream: "gone", sent: false, retryable: true, phase: "connect", requestId: expect.any(String) },
    });
    expect((await post(house, "/servers/nobody/mcp", callEcho("x"))).status).toBe(404);
    expect((await post(house, "/mcp", { id: 1, method: "tasks/get" })).body["error"]).toMatchObject({
      code: -32601,
    });
    expect((await post(house, "/mcp", callEcho("echo__echo", { fail: true }))).body["result"]).toMatchObject({
      isError: true,
    });
    const outcomes = logger.lines.filter(({ message }) => message === "call").map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["unknown_tool", "upstream_unavailable", "tool_error"]);
  });

  it("leaves it to a provider's endpoint to ask for its own token, whatever key clients need", async () => {
    const endpoint = { path: "/announce", fetch: async () => Response.json({ taken: true }) };
    const house = createHouse({
      config: { ...DEFAULT_CONFIG, auth: { ...DEFAULT_CONFIG.auth, api_key: "the-key-of-the-clients", strict: true } },
      providers: [{ name: "announce", endpoint, watch: async (emit) => emit([]) }],
      logger: memoryLogger(),
      timers: new FakeTimers(),
    });
    open.push(house);
    const status = async (path: string) => (await house.app.fetch(new Request(`http://localhost${path}`))).status;
    expect([await status("/announce"), await status("/health")]).toEqual([200, 401]);
  });

  it("turns away foreign names and pages", async () => {
    const { house } = await startHouse();
    const asked = (url: string, headers: Record<string, string>) => house.app.fetch(new Request(url, { headers }));
    expect((await asked("http://evil.example/health", {})).status).toBe(403);
    expect((await asked("http://localhost/health", { origin: "https://evil.example" })).status).toBe(403);
  });

  it("tells listening clients of both eras when tools change", async () => {
    const { house, timers, surface, tools } = await startHouse();
    const initialize = {
      id: 0,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: {} },
    };
    const session = (await post(house, "/mcp", initialize)).headers.get("mcp-session-id") as string;
    const stream = await house.app.fetch(
      new Request("http://localhost/mcp", { headers: { accept: "text/event-stream", "mcp-session-id": session } }),
    );
    const { message, headers } = modern("subscriptions/listen", { notifications: { toolsListChanged: true } });
    const listen = await house.app.fetch(
      new Request("http://localhost/mcp", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ jsonrpc: "2.0", ...message }),
      }),
    );
    tools.push({ name: "shout", description: "says it louder", inputSchema: { type: "object" } });
    surface.notifyToolsChanged();
    // Checks run every 15 s; whether by the stream or by them, the change is there.
    for (let turn = 0; turn < 40; turn++) await timers.advance(2_000);
    house.drain();
    const [legacyText, modernText] = await Promise.all([stream.text(), listen.text()]);
    expect(legacyText.match(/notifications\/tools\/list_changed/g)).toHaveLength(1);
    expect(modernText).toContain("notifications/subscriptions/acknowledged");
    expect(modernText.match(/notifications\/tools\/list_changed/g)).toHaveLength(1);
    const list = await post(house, "/mcp", { id: 1, method: "tools/list" });
    expect(list.body["result"]).toMatchObject({ tools: [{ name: "echo__echo" }, { name: "echo__shout" }] });
  });
});
