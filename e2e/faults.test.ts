// Shards that die, hang, are late and come back. Whatever becomes of one, the calls to the other never fail.
import { beforeAll, describe, expect, test, vi } from "vitest";
import { startGateway, startShard, type Gateway } from "./support/house.ts";
import { keepCalling, outcomeOf, fastest, type Load } from "./support/load.ts";
import { freePort } from "./support/ports.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { get, openStream } from "./support/raw-client.ts";
import { startRawUpstream, type RawUpstream } from "./support/raw-upstream.ts";
import { callModern, openSession } from "./support/rpc-client.ts";
import { errorOf, gatewayData } from "./support/rpc-error.ts";
import { hang, speak } from "./support/scripts.ts";

/** How soon a shard's trouble shows in /health, and how soon its return does, in milliseconds. */
const SEEN = 10_000;
const BACK = 5_000;

const stopLater = stopAtEnd();
let steady: RawUpstream;
beforeAll(async () => {
  steady = await stopLater(startRawUpstream({ era: "modern", tools: { ok: speak() } }));
});

const currentTime = (gateway: Gateway) =>
  callModern(`${gateway.url}/mcp`, "time__current_time", { zones: ["Europe/Berlin"] });

/** A gateway with the time shard at a port that is its own, and another upstream under steady load. */
async function startHouse(port: number): Promise<{ gateway: Gateway; load: Load }> {
  const shard = { kind: "shard", url: `http://127.0.0.1:${port}`, timeout: "2s" };
  const other = { kind: "mcp-http", url: steady.url };
  const gateway = await stopLater(startGateway({ upstreams: { time: shard, other }, untilUp: false }));
  await gateway.until("other", "up");
  return { gateway, load: await keepCalling(`${gateway.url}/mcp`, "other__ok", { clients: 2 }) };
}

/** The calls to the other upstream so far: all answered, none slowly. */
async function expectUndisturbed(load: Load): Promise<void> {
  const outcomes = await load.end();
  expect(outcomes.length).toBeGreaterThan(5);
  expect(outcomes.filter(({ text }) => text !== "ok")).toEqual([]);
  expect(Math.max(...outcomes.map(({ ms }) => ms))).toBeLessThan(1_500);
}

/** Calls to a shard known to be down: refused at once, with what happened and what to do. */
async function expectFastRefusals(gateway: Gateway): Promise<void> {
  const started = performance.now();
  const refusals = [];
  for (let count = 0; count < 11; count++) refusals.push(await outcomeOf("", () => currentTime(gateway)));
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(refusals.map(({ failure }) => failure)).toEqual(refusals.map(() => -31010));
  expect(fastest(refusals)).toBeLessThan(50);
  const { error } = (await currentTime(gateway)).json();
  expect(error?.message).toMatch(/^time is down: it /);
  expect(error?.data).toMatchObject({
    upstream: "time",
    phase: "connect",
    sent: false,
    retryable: true,
    retryAfterMs: 2_000,
  });
}

/** What stays of a shard that is down: its tools are listed, and /health says since when and why. */
async function expectKnownDown(gateway: Gateway): Promise<void> {
  const { status, upstreams } = await gateway.health();
  expect(status).toBe("degraded");
  expect(upstreams.find(({ name }) => name === "time")).toMatchObject({
    tools: 4,
    error: expect.stringMatching(/^it /),
  });
  const listed = await callModern(`${gateway.url}/mcp`, "time__nothing");
  expect(listed.json().error?.code).toBe(-32602);
  expect((await get(`${gateway.url}/readyz`)).status).toBe(200);
}

describe.concurrent("a shard", () => {
  test("that is killed is down, refuses fast, and is back soon after it returns", async () => {
    const port = await freePort();
    const first = await stopLater(startShard("time", { port }));
    const { gateway, load } = await startHouse(port);
    await gateway.until("time", "up");
    const calls = await keepCalling(`${gateway.url}/mcp`, "time__current_time", { args: { zones: [] } });
    first.kill("SIGKILL");
    await gateway.until("time", "down", SEEN);
    // What was under way ended at once, and says whether it may have run; what came later was not sent.
    const failed = (await calls.end()).filter(({ text }) => text === undefined);
    expect(failed.filter(({ failure }) => failure !== -31010 && failure !== -31012)).toEqual([]);
    expect(Math.max(...failed.map(({ ms }) => ms))).toBeLessThan(1_500);
    await expectKnownDown(gateway);
    await expectFastRefusals(gateway);
    await stopLater(startShard("time", { port }));
    await gateway.until("time", "up", BACK);
    expect((await currentTime(gateway)).json().result).toBeDefined();
    await expectUndisturbed(load);
  });

  test("that is stopped is down, ends its calls at their deadline, and is back soon after it goes on", async () => {
    const port = await freePort();
    const shard = await stopLater(startShard("time", { port }));
    const { gateway, load } = await startHouse(port);
    await gateway.until("time", "up");
    const session = await openSession(`${gateway.url}/servers/time/mcp`);
    shard.kill("SIGSTOP");
    const calls = [currentTime(gateway), session.call("current_time")];
    for (const answer of await Promise.all(calls)) {
      expect(answer.json().error).toMatchObject({
        code: -31011,
        message: expect.stringMatching(/within 2(\.\d)? s$/),
        data: { upstream: "time", phase: "call", sent: true, retryable: false },
      });
      expect(answer.ms).toBeGreaterThan(1_900);
      expect(answer.ms).toBeLessThan(3_000);
    }
    await gateway.until("time", "down", SEEN);
    await expectKnownDown(gateway);
    await expectFastRefusals(gateway);
    shard.kill("SIGCONT");
    await gateway.until("time", "up", BACK);
    for (const answer of [await currentTime(gateway), await session.call("current_time")]) {
      expect(answer.json().result).toBeDefined();
    }
    await expectUndisturbed(load);
  });

  test("that is absent at the start delays nobody, and is there soon after it comes", async () => {
    const port = await freePort();
    const { gateway, load } = await startHouse(port);
    const down = await gateway.until("time", "down", SEEN);
    expect(down).toMatchObject({ kind: "shard", tools: 0, url: `http://127.0.0.1:${port}` });
    expect(down.error).toContain("ECONNREFUSED");
    const listening = gateway.log.find(({ msg }) => msg === "listening") as { time: string };
    const registered = gateway.log.find(({ msg }) => msg === "upstream registered") as { time: string };
    expect(Date.parse(registered.time) - Date.parse(listening.time)).toBeLessThan(1_000);
    expect(errorOf(await callModern(`${gateway.url}/servers/time/mcp`, "current_time"))).toMatchObject({
      code: -31010,
      data: gatewayData({ upstream: "time", sent: false, retryable: true }),
    });
    // A client that is there before the shard hears of its tools.
    const session = await openSession(`${gateway.url}/mcp`);
    const stream = await stopLater(
      openStream(`${gateway.url}/mcp`, { method: "GET", headers: { ...session.headers, Accept: "text/event-stream" } }),
    );
    await stopLater(startShard("time", { port }));
    await gateway.until("time", "up", BACK);
    await vi.waitFor(
      () => expect(stream.messages()).toMatchObject([{ method: "notifications/tools/list_changed" }]),
      soon,
    );
    expect((await session.call("time__current_time")).json().result).toBeDefined();
    await expectUndisturbed(load);
  });

  test("that answers but not to calls is left alone after five of them, and only it", async () => {
    const silent = await stopLater(startRawUpstream({ era: "modern", tools: { hang } }));
    const upstreams = {
      silent: { kind: "mcp-http", url: silent.url, timeout: "700ms" },
      other: { kind: "mcp-http", url: steady.url },
    };
    const gateway = await stopLater(startGateway({ upstreams }));
    const load = await keepCalling(`${gateway.url}/mcp`, "other__ok", { clients: 2 });
    const call = (name: string) => outcomeOf(name, () => callModern(`${gateway.url}/mcp`, "silent__hang"));
    const late = await Promise.all(["a", "b", "c", "d", "e"].map(call));
    expect(late.map(({ failure }) => failure)).toEqual(late.map(() => -31011));
    expect(Math.max(...late.map(({ ms }) => ms))).toBeLessThan(1_700);
    // The upstream was told each time: it need not go on.
    await Promise.all(silent.of("tools/call").map(({ gone }) => gone));
    const refused = [];
    for (let count = 0; count < 11; count++) refused.push(await call("f"));
    expect(refused.map(({ failure }) => failure)).toEqual(refused.map(() => -31010));
    expect(fastest(refused)).toBeLessThan(50);
    expect(silent.of("tools/call")).toHaveLength(5);
    await expectUndisturbed(load);
  });
});
