// A program that keeps state for its one client, with a process for each session of a client: nobody sees another's state, and no
// process is left of a session that is over.
import { beforeAll, describe, expect, test, vi } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import type { RawAnswer } from "./support/raw-client.ts";
import { callModern, openSession, type RawSession } from "./support/rpc-client.ts";
import { errorOf, gatewayData } from "./support/rpc-error.ts";
import { stateFolder, stdioUpstream, type StdioUpstream } from "./support/stdio.ts";

const stopLater = stopAtEnd();
const textOf = (answer: RawAnswer): string | undefined =>
  (answer.json().result?.["content"] as { text: string }[] | undefined)?.[0]?.text;
const count = async (session: RawSession): Promise<string | undefined> => textOf(await session.call("raw__count"));
const pidOf = async (session: RawSession): Promise<number> => Number(textOf(await session.call("raw__pid")));

async function start(perSession: unknown, flags: readonly string[] = []) {
  const raw = stdioUpstream(flags, { per_session: perSession, timeout: "5s" });
  const gateway = await stopLater(
    startGateway({ upstreams: { raw: raw.definition }, env: { STATE_DIR: stateFolder() } }),
  );
  return { raw, gateway, mcp: `${gateway.url}/mcp` };
}

const gone = (raw: StdioUpstream, left: number) =>
  vi.waitFor(() => expect(raw.alive()).toHaveLength(left), { timeout: 10_000, interval: 20 });
const sessionsOf = async (gateway: Gateway): Promise<number | undefined> =>
  (await gateway.health()).upstreams[0]?.sessions;

describe("a program with a process for each session", () => {
  let raw: StdioUpstream;
  let gateway: Gateway;
  let mcp: string;
  beforeAll(async () => {
    ({ raw, gateway, mcp } = await start(true));
  });

  test("keeps what clients say apart, and serves those without a session together", async () => {
    const [one, two] = [await openSession(mcp), await openSession(`${gateway.url}/servers/raw/mcp`)];
    expect(raw.alive()).toHaveLength(1);
    const own = async (): Promise<string | undefined> => textOf(await two.call("count"));
    expect([await count(one), await own(), await count(one), await own(), await count(one)]).toEqual([
      "1",
      "1",
      "2",
      "2",
      "3",
    ]);
    const shared = async (): Promise<string | undefined> => textOf(await callModern(mcp, "raw__count"));
    expect([await shared(), await shared(), await count(one)]).toEqual(["1", "2", "4"]);
    expect(raw.alive()).toHaveLength(3);
    expect(await sessionsOf(gateway)).toBe(2);
    await one.end();
    await gone(raw, 2);
    expect(await own()).toBe("3");
    await two.end();
    await gone(raw, 1);
    expect(await sessionsOf(gateway)).toBe(0);
  });

  test("starts one for calls that come together, and none for a client that calls nothing", async () => {
    const [busy, idle] = [await openSession(mcp), await openSession(mcp)];
    await idle.post(JSON.stringify({ jsonrpc: "2.0", id: 7, method: "logging/setLevel", params: { level: "debug" } }));
    await idle.post(JSON.stringify({ jsonrpc: "2.0", id: 8, method: "tools/list", params: {} }));
    const counts = await Promise.all(Array.from({ length: 8 }, () => count(busy)));
    expect(counts.map(Number).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(raw.alive()).toHaveLength(2);
    for (const session of [busy, idle]) await session.end();
    await gone(raw, 1);
  });

  test("tells each whose it is and what that client can be asked", async () => {
    const [able, unable] = [await openSession(mcp, "2025-11-25", { elicitation: {} }), await openSession(mcp)];
    const told = async (session: RawSession) =>
      JSON.parse(textOf(await session.call("raw__client")) as string) as Record<string, unknown>;
    const clientInfo = { name: "e2e", version: "1" };
    expect(await told(able)).toMatchObject({ clientInfo, capabilities: { elicitation: {} } });
    expect(await told(unable)).toMatchObject({ clientInfo, capabilities: {} });
    expect((await told(unable))["capabilities"]).toEqual({});
    for (const session of [able, unable]) await session.end();
    await gone(raw, 1);
  });

  test("that dies takes its own session's calls with it and nobody else's, and the next call has a new one", async () => {
    const [dying, other] = [await openSession(mcp), await openSession(mcp)];
    expect([await count(dying), await count(other)]).toEqual(["1", "1"]);
    const beside = other.call("raw__slow");
    const [killed, hung] = await Promise.all([dying.call("raw__die", { once: 2 }), dying.call("raw__hang")]);
    const data = gatewayData({ upstream: "raw", sent: true, retryable: false });
    for (const answer of [killed, hung]) expect(errorOf(answer)).toMatchObject({ code: -31012, data });
    expect(textOf(await beside)).toBe("slow");
    expect([await count(dying), await count(other)]).toEqual(["1", "2"]);
    expect((await gateway.health()).upstreams[0]).toMatchObject({ state: "up", sessions: 2 });
    expect(raw.ledger().filter((line) => line.startsWith("die"))).toEqual(['die {"once":2}']);
    for (const session of [dying, other]) await session.end();
    await gone(raw, 1);
  });
});

test("no more processes than may be: who called longest ago makes room, unless all are at work", async () => {
  const { raw, gateway, mcp } = await start({ max: 2 });
  const sessions = await Promise.all([1, 2, 3].map(() => openSession(mcp)));
  const [first, second, third] = sessions as [RawSession, RawSession, RawSession];
  expect([await count(first), await count(second), await count(first)]).toEqual(["1", "1", "2"]);
  expect(await count(third)).toBe("1");
  await gone(raw, 3);
  // The first was called later than the second.
  expect(await count(first)).toBe("3");
  const busy = [first.call("raw__slow"), third.call("raw__slow")];
  await vi.waitFor(() => expect(raw.ledger().filter((line) => line.startsWith("slow"))).toHaveLength(2), soon);
  const refused = errorOf(await second.call("raw__count"));
  expect(refused).toMatchObject({ code: -31013, data: gatewayData({ upstream: "raw", sent: false, retryable: true }) });
  expect(refused.message).toMatch(/2 sessions have a process of their own, and all of them are at work$/);
  expect((await Promise.all(busy)).map(textOf)).toEqual(["slow", "slow"]);
  expect(await count(second)).toBe("1");
  expect(await sessionsOf(gateway)).toBe(2);
});

test("one that nobody calls is ended, and the session goes on with another", async () => {
  const { raw, mcp } = await start({ idle: "500ms" });
  const session = await openSession(mcp);
  const pid = await pidOf(session);
  await gone(raw, 1);
  expect(await pidOf(session)).not.toBe(pid);
  // A call that takes longer than that is no rest.
  expect(textOf(await session.call("raw__slow"))).toBe("slow");
});

test("none is left after a reload without it, nor after the gateway was stopped or killed", async () => {
  const flags = ["--grandchild"];
  const houses = await Promise.all([start(true, flags), start(true, flags), start(true, flags)]);
  for (const { mcp, raw } of houses) {
    expect(await count(await openSession(mcp))).toBe("1");
    expect(raw.alive().length).toBeGreaterThan(1);
  }
  const [stopped, killed, reloaded] = houses;
  stopped?.gateway.kill("SIGTERM");
  killed?.gateway.kill("SIGKILL");
  reloaded?.gateway.configure({});
  await vi.waitFor(() => expect(houses.flatMap(({ raw }) => raw.alive())).toEqual([]), {
    timeout: 20_000,
    interval: 50,
  });
});
