// Faults of an upstream, over HTTP and as a program: what clients saw must agree with a ledger of what ran. Nothing is lost, and
// nothing runs twice. Which test holds which row of the reliability table stands in upstream-fault-table.test.ts.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import {
  expectLedgerAgrees,
  ledgerCaller,
  ledgerUpstream,
  type LedgerKind,
  type LedgerUpstream,
  many,
} from "./support/ledger-upstream.ts";
import { fastest, keepCalling, type Outcome } from "./support/load.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { open } from "./support/raw-client.ts";
import { startRawUpstream, type RawUpstream } from "./support/raw-upstream.ts";
import { callModern, modernRequest } from "./support/rpc-client.ts";
import { speak } from "./support/scripts.ts";

const stopLater = stopAtEnd();
let steady: RawUpstream;
beforeAll(async () => {
  steady = await stopLater(startRawUpstream({ era: "modern", tools: { ok: speak() } }));
});

const kinds: readonly (readonly [kind: LedgerKind, era: "modern" | "legacy"])[] = [
  ["http", "modern"],
  ["http", "legacy"],
  ["stdio", "modern"],
  ["stdio", "legacy"],
];

const peakOf = (pid: number): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

describe.concurrent.each(kinds)("an upstream over %s of the %s era", (kind, era) => {
  let upstream: LedgerUpstream;
  let gateway: Gateway;
  let mcp: string;
  let calling: ReturnType<typeof ledgerCaller>;
  const outcomes: Outcome[] = [];
  const agree = (): void => expectLedgerAgrees(outcomes, upstream.ran());
  beforeAll(async () => {
    const limits = { active: 4, queued: 8 };
    upstream = await stopLater(ledgerUpstream(kind, era, { timeout: "20s", limits }));
    const other = { kind: "mcp-http", url: steady.url };
    gateway = await stopLater(startGateway({ upstreams: { u: upstream.definition, other } }));
    mcp = `${gateway.url}/mcp`;
    calling = ledgerCaller(mcp, "u");
  });

  test(
    "with more calls than it can take refuses the rest at once, and slows nobody else",
    { concurrent: false },
    async () => {
      const load = await keepCalling(mcp, "other__ok", { clients: 2 });
      const started = performance.now();
      const all = many(64, () => calling("run", { ms: 400 }));
      const lone = await calling("run");
      expect(lone).toMatchObject({ failure: -31013, sent: false });
      outcomes.push(lone, ...(await all));
      expect(performance.now() - started).toBeLessThan(5_000);
      const refused = outcomes.filter(({ text }) => text === undefined);
      expect(refused.map(({ failure, sent }) => [failure, sent])).toEqual(refused.map(() => [-31013, false]));
      expect(outcomes.length - refused.length).toBe(12);
      expect(upstream.ran()).toHaveLength(12);
      agree();
      const others = await load.end();
      expect(others.filter(({ text }) => text !== "ok")).toEqual([]);
      expect(fastest(others)).toBeLessThan(50);
      outcomes.push(await calling("run"));
      expect(outcomes.at(-1)?.text).toBeDefined();
    },
  );

  test("whose client leaves is told within a second, and its place is free", { concurrent: false }, async () => {
    const leave = new AbortController();
    const left = ["left-1", "left-2", "left-3", "left-4"];
    const calls = left.map((call) =>
      callModern(mcp, "u__hang", { call }, { signal: leave.signal }).catch((error: Error) => error.message),
    );
    await vi.waitFor(() => expect(upstream.ran()).toEqual(expect.arrayContaining(left)), soon);
    const gone = performance.now();
    leave.abort();
    expect(await Promise.all(calls)).toEqual(calls.map(() => "aborted by the test"));
    outcomes.push(await calling("run"));
    expect(outcomes.at(-1)?.text).toBeDefined();
    await vi.waitFor(() => expect(upstream.cancelled()).toEqual(expect.arrayContaining(left)), soon);
    expect(performance.now() - gone).toBeLessThan(1_000);
    const logged = () => gateway.log.filter(({ msg, name }) => msg === "call" && name === "hang");
    await vi.waitFor(() => expect(logged().map(({ outcome }) => outcome)).toEqual(left.map(() => "cancelled")), soon);
    outcomes.push(...left.map((call) => ({ call, text: undefined, failure: -1, sent: true, ms: 0 })));
    agree();
  });

  test(
    "whose client stops reading is told, and no more than a megabyte waits for that client",
    { concurrent: false },
    async () => {
      const before = peakOf(gateway.pid);
      const params = { name: "u__talk", arguments: { call: "unread" }, _meta: { progressToken: "t" } };
      const incoming = await open(mcp, modernRequest("tools/call", params));
      incoming.pause();
      await vi.waitFor(() => expect(upstream.cancelled()).toContain("unread"), { timeout: 20_000, interval: 20 });
      incoming.on("error", () => undefined).destroy();
      expect((peakOf(gateway.pid) - before) / 1024).toBeLessThan(60);
      outcomes.push({ call: "unread", text: undefined, failure: -1, sent: true, ms: 0 }, await calling("run"));
      expect(outcomes.at(-1)?.text).toBeDefined();
      agree();
    },
  );

  test(
    "that says a gigabyte at once fails that call alone, and the gateway does not grow",
    { concurrent: false },
    async () => {
      const before = peakOf(gateway.pid);
      const beside = calling("run", { ms: 100 });
      const huge = await calling("huge", { bytes: 2 ** 30 });
      expect(huge).toMatchObject({ failure: -31017, sent: true });
      expect((peakOf(gateway.pid) - before) / 1024).toBeLessThan(120);
      outcomes.push(huge, await beside, await calling("run"));
      expect(outcomes.slice(-2).filter(({ text }) => text === undefined)).toEqual([]);
      agree();
    },
  );

  test("that breaks off in the middle of an answer is not asked again", { concurrent: false }, async () => {
    const cut = await calling("cut");
    expect(cut).toMatchObject({ failure: -31012, sent: true });
    expect(cut.ms).toBeLessThan(1_000);
    if (kind === "stdio") await gateway.until("u", "down", 1_000);
    await gateway.until("u", "up", 5_000);
    outcomes.push(cut, await calling("run"));
    expect(outcomes.at(-1)?.text).toBeDefined();
    agree();
  });

  test(
    "that is killed under load loses the calls it worked on, at once, and comes back",
    { concurrent: false },
    async () => {
      const load = await keepCalling(mcp, "u__run", {
        clients: 6,
        era: era === "modern" ? "legacy" : "modern",
        pause: 1,
      });
      await vi.waitFor(() => expect(load.outcomes.length).toBeGreaterThan(50), soon);
      process.kill(upstream.pid(), "SIGKILL");
      await gateway.until("u", "down", 10_000);
      await upstream.revive();
      await gateway.until("u", "up", 5_000);
      const back = load.outcomes.length;
      await vi.waitFor(() => expect(load.outcomes.slice(back).at(-1)?.text).toBeDefined(), soon);
      const all = await load.end();
      const failed = all.filter(({ text }) => text === undefined);
      expect(failed.map(({ failure }) => failure).filter((code) => code !== -31010 && code !== -31012)).toEqual([]);
      expect(Math.max(...failed.map(({ ms }) => ms))).toBeLessThan(1_500);
      outcomes.push(...all);
      agree();
    },
  );
});

test.concurrent("a gateway that is killed runs no call twice, and its upstreams are there again at its next start", async () => {
  const [http, stdio] = [
    await stopLater(ledgerUpstream("http", "modern")),
    await stopLater(ledgerUpstream("stdio", "legacy")),
  ];
  const upstreams = { http: http.definition, stdio: stdio.definition };
  const first = await stopLater(startGateway({ upstreams }));
  const loads = await Promise.all(
    ["http", "stdio"].map((name) => keepCalling(`${first.url}/mcp`, `${name}__run`, { clients: 4, pause: 1 })),
  );
  await vi.waitFor(() => expect(loads.map((load) => load.outcomes.length > 50)).toEqual([true, true]), soon);
  const old = stdio.pid();
  first.kill("SIGKILL");
  await first.ended;
  const second = await stopLater(startGateway({ upstreams, port: Number(new URL(first.url).port) }));
  for (const [index, upstream] of [http, stdio].entries()) {
    // The connection broke with the gateway: whoever called cannot know whether it ran, so it may have, once.
    const outcomes = (await loads[index]!.end()).map((outcome) =>
      typeof outcome.failure === "string" ? { ...outcome, failure: -1, sent: true } : outcome,
    );
    expectLedgerAgrees(outcomes, upstream.ran());
  }
  expect(stdio.pid()).not.toBe(old);
  for (const name of ["http", "stdio"]) {
    expect((await callModern(`${second.url}/mcp`, `${name}__run`, { call: "new" })).json().result).toBeDefined();
  }
});
