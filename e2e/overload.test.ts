// More than an upstream or a client can take: refused fast, bounded, and nobody else's trouble.
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { keepCalling, outcomeOf, fastest, type Outcome } from "./support/load.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { get, open, send } from "./support/raw-client.ts";
import { sendJson, startRawUpstream, type RawUpstream, type Script } from "./support/raw-upstream.ts";
import { callModern, modernRequest, openSession } from "./support/rpc-client.ts";
import { errorOf, gatewayData } from "./support/rpc-error.ts";
import { answered, hang, speak } from "./support/scripts.ts";

/** What an upstream works on at once, and what waits beyond that. */
const ACTIVE = 16;
const QUEUED = 64;

const stopLater = stopAtEnd();
let release = (): void => undefined;
let isOpen: Promise<void>;
const upstreams: Record<string, RawUpstream> = {};
let gateway: Gateway;
let mcp: string;
let filesAtStart: number;

/** Keeps gated calls waiting until `release`, or until the test is over. */
function closeGate(): void {
  isOpen = new Promise((resolve) => (release = resolve));
  onTestFinished(() => release());
}

/** Answers when the test says so. */
const gated: Script = async (request, response) => {
  await isOpen;
  sendJson(response, answered(request));
};

/** Tells of progress, 64 KiB at a time, for as long as somebody is connected. */
const flood: Script = async (request, response) => {
  const token = JSON.stringify((request.message.params as { _meta: { progressToken: string } })._meta.progressToken);
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  for (let progress = 1; !response.closed; progress++) {
    const params = `{"progressToken":${token},"progress":${progress},"message":"${"x".repeat(64 * 1024)}"}`;
    response.write(`data: {"jsonrpc":"2.0","method":"notifications/progress","params":${params}}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

beforeAll(async () => {
  const tools = { gated, hang, flood, ok: speak() };
  upstreams["busy"] = await stopLater(startRawUpstream({ era: "modern", tools }));
  upstreams["legacy"] = await stopLater(startRawUpstream({ era: "legacy", sessions: true, tools }));
  upstreams["other"] = await stopLater(startRawUpstream({ era: "modern", tools }));
  const definitions = Object.entries(upstreams).map(([name, { url }]) => [name, { kind: "mcp-http", url }]);
  gateway = await stopLater(startGateway({ upstreams: Object.fromEntries(definitions) }));
  mcp = `${gateway.url}/mcp`;
  filesAtStart = openFiles(gateway.pid);
});

const calls = (count: number, tool: string) =>
  Array.from({ length: count }, (_, index) => outcomeOf(String(index), () => callModern(mcp, tool)));

describe("an upstream with more calls than it can take", () => {
  test("works on some, keeps some waiting, refuses the rest at once, and slows nobody else", async () => {
    closeGate();
    const settled: Outcome[] = [];
    const all = calls(ACTIVE + QUEUED + 100, "busy__gated").map(async (call) => void settled.push(await call));
    await vi.waitFor(() => expect(settled).toHaveLength(100), soon);
    expect(settled.map(({ failure }) => failure)).toEqual(settled.map(() => -31013));
    await vi.waitFor(() => expect(upstreams["busy"]?.of("tools/call")).toHaveLength(ACTIVE), soon);

    const load = await keepCalling(mcp, "other__ok", { clients: 2 });
    expect(errorOf(await callModern(mcp, "busy__ok"))).toMatchObject({
      message: expect.stringMatching(/^busy is busy: 16 calls under way and 64 waiting$/),
      data: gatewayData({ upstream: "busy", phase: "queue", sent: false, retryable: true, retryAfterMs: 1_000 }),
    });
    const lone = [];
    for (let count = 0; count < 11; count++) lone.push(await outcomeOf("", () => callModern(mcp, "busy__gated")));
    expect(fastest(lone)).toBeLessThan(50);
    const others = await load.end();
    expect(others.filter(({ text }) => text !== "ok")).toEqual([]);
    expect(fastest(others)).toBeLessThan(50);
    expect((await get(`${gateway.url}/livez`)).ms).toBeLessThan(200);

    release();
    await Promise.all(all);
    expect(settled.filter(({ text }) => text === "ok")).toHaveLength(ACTIVE + QUEUED);
    expect((await callModern(mcp, "busy__ok")).json().result).toBeDefined();
  });
});

describe("a client that leaves", () => {
  test("in the modern era ends its call upstream, which frees its place", async () => {
    for (let round = 0; round < 2; round++) {
      const leave = new AbortController();
      const before = upstreams["busy"]?.of("tools/call").length ?? 0;
      const left = Array.from({ length: ACTIVE }, () =>
        callModern(mcp, "busy__hang", {}, { signal: leave.signal }).catch((error: Error) => error.message),
      );
      await vi.waitFor(() => expect(upstreams["busy"]?.of("tools/call")).toHaveLength(before + ACTIVE), soon);
      const started = performance.now();
      leave.abort();
      await Promise.all((upstreams["busy"]?.of("tools/call") ?? []).slice(-ACTIVE).map(({ gone }) => gone));
      expect(performance.now() - started).toBeLessThan(1_000);
      expect(await Promise.all(left)).toEqual(left.map(() => "aborted by the test"));
    }
    expect((await callModern(mcp, "busy__ok")).json().result).toBeDefined();
  });

  test("in the modern era is told of to a legacy upstream", async () => {
    const leave = new AbortController();
    const left = callModern(mcp, "legacy__hang", {}, { signal: leave.signal }).catch(() => "left");
    await vi.waitFor(() => expect(upstreams["legacy"]?.of("tools/call")).toHaveLength(1), soon);
    leave.abort();
    await vi.waitFor(() => expect(upstreams["legacy"]?.of("notifications/cancelled")).toHaveLength(1), soon);
    const [call] = upstreams["legacy"]?.of("tools/call") ?? [];
    const [cancelled] = upstreams["legacy"]?.of("notifications/cancelled") ?? [];
    expect(cancelled?.message.params).toMatchObject({ requestId: call?.message.id });
    expect(await left).toBe("left");
  });

  test("in the legacy era has its call go on, for leaving means nothing there", async () => {
    closeGate();
    const session = await openSession(mcp);
    const leave = new AbortController();
    const left = session.call("legacy__gated", {}, { signal: leave.signal }).catch(() => "left");
    await vi.waitFor(() => expect(upstreams["legacy"]?.of("tools/call")).toHaveLength(2), soon);
    leave.abort();
    expect(await left).toBe("left");
    const [, call] = upstreams["legacy"]?.of("tools/call") ?? [];
    release();
    await call?.gone;
    expect(upstreams["legacy"]?.of("notifications/cancelled")).toHaveLength(1);
  });
});

test("a client that asks for much and reads nothing is cut off, and its call ended", async () => {
  const params = { name: "busy__flood", _meta: { progressToken: "t" } };
  const incoming = await open(mcp, modernRequest("tools/call", params));
  incoming.pause();
  const call = upstreams["busy"]?.of("tools/call").find(({ message }) => message.params?.["name"] === "flood");
  expect(call).toBeDefined();
  await call?.gone;
  incoming.destroy();
  // What waits for a reader is bounded, so the gateway has not grown by what was sent.
  expect(peakMegabytes(gateway.pid)).toBeLessThan(300);
  expect((await callModern(mcp, "busy__ok")).json().result).toBeDefined();
  expect((await send(mcp, modernRequest("server/discover"))).status).toBe(200);
});

test("none of it leaves a socket behind", async () => {
  // Connections to upstreams are kept for some seconds, to be used again.
  await vi.waitFor(() => expect(openFiles(gateway.pid)).toBeLessThan(filesAtStart + 10), {
    timeout: 15_000,
    interval: 100,
  });
});

/** Files and sockets a process holds open; 0 where the system does not tell. */
function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Most memory a process ever had, in MB; 0 where the system does not tell. */
function peakMegabytes(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_000;
  } catch {
    return 0;
  }
}
