// SIGTERM while calls are under way: what an upstream ran, its client hears of; then nothing is left.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test, vi } from "vitest";
import { startGateway } from "./support/house.ts";
import { keepCalling } from "./support/load.ts";
import { isAlive, soon, stopAtEnd } from "./support/program.ts";
import { get, openStream, send } from "./support/raw-client.ts";
import { startRawUpstream } from "./support/raw-upstream.ts";
import { callModern, modernRequest, openSession } from "./support/rpc-client.ts";
import { errorOf } from "./support/rpc-error.ts";
import { executed, hang, ledger, speak } from "./support/scripts.ts";

const stopLater = stopAtEnd();
/** Within the second in which new requests are still taken. */
const drained = { interval: 5, timeout: 900 };
const folder = mkdtempSync(join(tmpdir(), "shardgate-ledger-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const listen = modernRequest("subscriptions/listen", { notifications: { toolsListChanged: true } });

test.concurrent("a second SIGTERM ends it at once", async () => {
  const upstream = await stopLater(startRawUpstream({ era: "modern", tools: { hang } }));
  const gateway = await stopLater(startGateway({ upstreams: { a: { kind: "mcp-http", url: upstream.url } } }));
  const call = callModern(`${gateway.url}/mcp`, "a__hang").catch((error: Error) => error.message);
  await vi.waitFor(() => expect(upstream.of("tools/call")).toHaveLength(1), soon);
  gateway.kill("SIGTERM");
  await vi.waitFor(async () => expect((await get(`${gateway.url}/readyz`)).status).toBe(503), drained);
  gateway.kill("SIGTERM");
  expect(await gateway.ended).toEqual({ code: 143, signal: null });
  expect(await call).toMatch(/hang up|ECONNRESET/);
});

describe.concurrent("whose log nobody reads any more", () => {
  const start = async () => {
    const upstream = await stopLater(startRawUpstream({ era: "modern", tools: { ok: speak() } }));
    return await stopLater(startGateway({ upstreams: { a: { kind: "mcp-http", url: upstream.url } } }));
  };

  test("works on, and ends when told to", async () => {
    const gateway = await start();
    gateway.stopListening();
    for (let count = 0; count < 100; count++) {
      expect((await callModern(`${gateway.url}/mcp`, "a__ok")).json().result).toBeDefined();
    }
    gateway.kill("SIGTERM");
    await vi.waitFor(() => expect(isAlive(gateway.pid)).toBe(false), soon);
    expect(await gateway.ended).toEqual({ code: 0, signal: null });
  });

  test("ends though its last words find no reader", async () => {
    const gateway = await start();
    gateway.kill("SIGTERM");
    await vi.waitFor(() => expect(gateway.log.at(-1)).toMatchObject({ msg: "draining" }), soon);
    // Lines come together four times a second; the last one is written between the fourth time from now and the fifth.
    await sleep(770);
    gateway.stopListening();
    await vi.waitFor(() => expect(isAlive(gateway.pid)).toBe(false), soon);
    expect(await gateway.ended).toEqual({ code: 0, signal: null });
  });
});

const kinds = [
  { upstream: "modern", clients: "modern" },
  { upstream: "legacy", clients: "legacy" },
  { upstream: "legacy", clients: "modern" },
] as const;

test.concurrent.each(kinds)(
  "under load from $clients clients to a $upstream upstream loses no call that ran",
  async (kind) => {
    const file = join(folder, `${kind.upstream}-${kind.clients}`);
    const tools = { run: ledger(file, 30), slow: speak("slow", 2_500) };
    const upstream = await stopLater(startRawUpstream({ era: kind.upstream, sessions: true, tools }));
    const gateway = await stopLater(startGateway({ upstreams: { a: { kind: "mcp-http", url: upstream.url } } }));
    const mcp = `${gateway.url}/mcp`;
    const load = await keepCalling(mcp, "a__run", { clients: 12, era: kind.clients, pause: 1 });
    const session = await openSession(mcp);
    const streams = [
      await openStream(mcp, { method: "GET", headers: { ...session.headers, Accept: "text/event-stream" } }),
      await openStream(mcp, listen),
    ];
    // Ends when no new request is taken any more.
    const slow = kind.clients === "legacy" ? session.call("a__slow") : callModern(mcp, "a__slow");
    await sleep(700);

    const told = performance.now();
    gateway.kill("SIGTERM");
    await vi.waitFor(async () => expect((await get(`${gateway.url}/readyz`)).status).toBe(503), drained);
    // For a moment whoever did not know yet is still served, on a connection that ends; nothing begins that would not end.
    const late = await callModern(mcp, "a__run", { call: "late" });
    expect([late.json().result?.["content"], late.header("connection")]).toEqual([
      [{ type: "text", text: "late" }],
      "close",
    ]);
    expect(errorOf(await send(mcp, listen))).toMatchObject({ status: 503, code: -31014 });

    expect((await slow).json().result).toMatchObject({ content: [{ text: "slow" }] });
    expect(await gateway.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - told).toBeLessThan(10_000);
    expect(isAlive(gateway.pid)).toBe(false);

    const outcomes = await load.end();
    const answered = outcomes.filter(({ text }) => text !== undefined);
    // Nothing lost, nothing doubled, nobody got another's answer.
    const ran = executed(file).filter((call) => call !== "late");
    expect(ran.length).toBeGreaterThan(100);
    expect(new Set(ran).size).toBe(ran.length);
    expect(answered.map(({ text }) => text).toSorted()).toEqual(ran.toSorted());
    expect(answered.filter(({ text, call }) => text !== call)).toEqual([]);
    // The others were not let in any more.
    const others = new Set(outcomes.filter(({ text }) => text === undefined).map(({ failure }) => failure));
    expect([...others].filter((failure) => !/^ECONN(REFUSED|RESET)$/.test(String(failure)))).toEqual([]);
    for (const stream of streams) expect(stream.isOpen()).toBe(false);
    expect(gateway.log.at(-1)).toMatchObject({ msg: "stopped" });
  },
);
