import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { serve, type Io } from "./serve.ts";
import type { Shard } from "./shard.ts";
import { fixtureShard } from "./test-fixture.ts";

const poll = { interval: 5, timeout: 10_000 };

/** A process as the shard sees one, in the hands of the test. */
function fakeProcess(env: Record<string, string>) {
  const listeners = new Map<string, (signal: string) => void>();
  const [out, err, exits]: [string[], string[], number[]] = [[], [], []];
  const io: Io = {
    env: { PORT: "0", ...env },
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    on: (signal, listener) => listeners.set(signal, listener),
    exit: (code) => exits.push(code),
  };
  const signal = (name: string): void => listeners.get(name)?.(name);
  const lines = () =>
    out.flatMap((text) => text.trimEnd().split("\n")).map((line) => JSON.parse(line) as Record<string, unknown>);
  return { io, out, err, exits, signal, lines };
}

const running: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(running.splice(0).map((stop) => stop())));

async function start(shard: Shard, env: Record<string, string> = {}) {
  const fake = fakeProcess(env);
  const ended = serve(shard, fake.io);
  running.push(async () => {
    fake.signal("SIGTERM");
    await ended;
  });
  const url = await vi.waitFor(() => fake.lines().find((line) => line["url"] !== undefined)!["url"] as string, poll);
  return { ...fake, ended, url };
}

const call = (url: string, name: string, args: object = {}, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close", ...headers },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } }),
  });

/** A request with headers that `fetch` would not let through. */
const raw = (url: string, path: string, headers: Record<string, string>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    httpRequest(url + path, { headers, agent: false }, (response) => resolve(response.resume()))
      .on("error", reject)
      .end();
  });

describe("serve", () => {
  it("opens one port for health and MCP, on loopback unless told, and logs JSON", async () => {
    const { url, lines } = await start(fixtureShard().shard);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const answer = await call(url, "greet", { name: "Ada" }, { "x-request-id": "gw-1" });
    expect(await answer.json()).toMatchObject({ result: { structuredContent: { greetings: ["Hello, Ada!"] } } });
    const ready = { level: "info", shard: "fixture", version: "1.2.3", time: expect.any(String) };
    const called = { tool: "greet", outcome: "ok", requestId: "gw-1" };
    const written = [expect.objectContaining(ready), expect.objectContaining(called)];
    await vi.waitFor(() => expect(lines()).toEqual(written), poll);
  });

  it("writes for people where asked to", async () => {
    const fake = fakeProcess({ LOG_FORMAT: "pretty" });
    const ended = serve(fixtureShard().shard, fake.io);
    await vi.waitFor(() => expect(fake.out.join("")).toMatch(/INFO: fixture is ready at http/), poll);
    fake.signal("SIGINT");
    await ended;
  });

  it("names every wrong setting at once, its own and the shard's files, and exits with 1", async () => {
    const env = { PORT: "70000", LOG_LEVEL: "loud", GREETING_FILE: "/nowhere/greeting" };
    const { io, err, exits } = fakeProcess(env);
    await serve(fixtureShard().shard, io);
    expect(exits).toEqual([1]);
    expect(err.join("")).toMatch(
      /^fixture cannot run\. 3 settings are wrong:\nPORT: .+\nLOG_LEVEL: .+\nGREETING_FILE: /,
    );
  });

  it("says which port it cannot open, and exits with 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await vi.waitFor(() => expect(taken.listening).toBe(true), poll);
    const { port } = taken.address() as AddressInfo;
    const { io, err, exits } = fakeProcess({ PORT: String(port) });
    await serve(fixtureShard().shard, io);
    taken.close();
    expect(exits).toEqual([1]);
    expect(err.join("")).toContain(`Cannot open port ${port} on 127.0.0.1: another program has it`);
  });

  it("turns away foreign pages and names, but for those that are allowed", async () => {
    const { url } = await start(fixtureShard().shard, { ALLOWED_HOSTS: "shard.example.com, other.example.com" });
    const statusOf = async (headers: Record<string, string>) => (await raw(url, "/health", headers)).statusCode;
    expect(await statusOf({ host: "evil.example" })).toBe(403);
    expect(await statusOf({ origin: "https://evil.example" })).toBe(403);
    expect(await statusOf({ host: "other.example.com" })).toBe(200);
    expect(await statusOf({ host: "time-shard:9102" })).toBe(200);
  });

  it("refuses what is too large, and lives", async () => {
    const { url } = await start(fixtureShard().shard);
    expect((await call(url, "greet", { name: "x".repeat(5 * 1024 * 1024) })).status).toBe(413);
    const many = Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`x-${at}`, "1"]));
    expect((await raw(url, "/health", many)).statusCode).toBe(431);
    expect((await raw(url, "/health", { large: "x".repeat(20_000) })).statusCode).toBe(431);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it.each([{}, { accept: "application/json, text/event-stream" }])(
    "tells a tool that its client went away (%o)",
    async (headers) => {
      const { shard, waiting } = fixtureShard();
      const { url } = await start(shard);
      const { hostname, port } = new URL(url);
      const meta = headers.accept === undefined ? {} : { _meta: { progressToken: 1 } };
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "wait", ...meta } });
      const head = Object.entries({ host: "localhost", "content-type": "application/json", ...headers });
      const socket = connect(Number(port), hostname);
      const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      socket.write(`POST /mcp HTTP/1.1\r\n${lines}content-length: ${body.length}\r\n\r\n${body}`);
      await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
      waiting[0]?.context.progress(1);
      socket.destroy();
      await vi.waitFor(() => expect(waiting[0]?.context.signal.aborted).toBe(true), poll);
    },
  );
});

describe("a signal to stop", () => {
  it("lets calls finish, says meanwhile that it is not ready, closes the port, frees all, and exits with 0", async () => {
    const { shard, waiting, closed } = fixtureShard();
    const { url, signal, ended, exits } = await start(shard);
    const pending = call(url, "wait");
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    signal("SIGTERM");
    // The connection of the call is open, so the port is for a while: requests on their way are not lost.
    expect((await fetch(`${url}/ready`, { headers: { connection: "close" } })).status).toBe(503);
    expect((await call(url, "greet", { name: "Ada" })).status).toBe(200);
    await vi.waitFor(() => expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed"), poll);
    expect(exits).toEqual([]);
    expect(closed).toEqual([]);
    waiting[0]?.finish("done");
    expect(await (await pending).json()).toMatchObject({ result: { content: [{ text: "done" }] } });
    await ended;
    expect(closed).toEqual(["Hello, goodbye!"]);
    expect(exits).toEqual([0]);
  });

  it("asks clients that keep their connection to close it", async () => {
    const { shard, waiting } = fixtureShard();
    const { url, signal } = await start(shard);
    const pending = call(url, "wait", {}, { connection: "keep-alive" });
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    signal("SIGINT");
    const answer = await fetch(`${url}/health`, { headers: { connection: "keep-alive" } });
    expect(answer.headers.get("connection")).toBe("close");
    waiting[0]?.finish("done");
    expect((await pending).status).toBe(200);
  });

  it("ends the process at once when it comes twice", async () => {
    const { shard, waiting } = fixtureShard();
    const { url, signal, exits } = await start(shard);
    const pending = call(url, "wait");
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    signal("SIGTERM");
    signal("SIGTERM");
    expect(exits).toEqual([1]);
    waiting[0]?.finish("done");
    await pending;
  });
});
