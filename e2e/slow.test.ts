// What takes long: clients that send slowly are cut off, callers of slow tools are not. All of it side by side.
import { connect } from "node:net";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import {
  expectLedgerAgrees,
  ledgerCaller,
  ledgerUpstream,
  type LedgerUpstream,
  many,
} from "./support/ledger-upstream.ts";
import { fastest, keepCalling, type Outcome } from "./support/load.ts";
import { isAlive, soon, stopAtEnd } from "./support/program.ts";
import { open, openStream, sendBytes, sendUnread, type RawRequest } from "./support/raw-client.ts";
import { startRawUpstream, type RawUpstream } from "./support/raw-upstream.ts";
import { callModern, modernRequest, openSession, rpc } from "./support/rpc-client.ts";
import { errorOf } from "./support/rpc-error.ts";
import { hang, said, speak } from "./support/scripts.ts";
import { socketCapacity } from "./support/socket-capacity.ts";

const stopLater = stopAtEnd();
let upstream: RawUpstream;
let gateway: Gateway;
let mcp: string;
const talking: Record<string, LedgerUpstream> = {};

/** Longer than the gateway lets a caller hear nothing, with the pause between two looks, in milliseconds. */
const SILENCE = 21_000;

const start = (more: Readonly<Record<string, object>> = {}) =>
  startGateway({ upstreams: { a: { kind: "mcp-http", url: upstream.url }, ...more } });

beforeAll(async () => {
  const tools = { silent: speak("at last", SILENCE), hang, ok: speak() };
  upstream = await stopLater(startRawUpstream({ era: "modern", tools }));
  talking["http"] = await stopLater(ledgerUpstream("http", "modern"));
  talking["stdio"] = await stopLater(ledgerUpstream("stdio", "legacy"));
  gateway = await stopLater(start({ http: talking["http"].definition, stdio: talking["stdio"].definition }));
  mcp = `${gateway.url}/mcp`;
});

describe.concurrent("a client that", { timeout: 50_000 }, () => {
  test("never finishes its headers is cut off", async () => {
    const cut = await sendBytes(gateway.url, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-A: ", 20_000);
    expect(cut.ms).toBeGreaterThan(9_500);
    expect(cut.ms).toBeLessThan(13_000);
    expect([408, Number.NaN]).toContain(cut.status);
  });

  test("sends its headers letter by letter is cut off", async () => {
    const { hostname, port } = new URL(gateway.url);
    const started = performance.now();
    const socket = connect(Number(port), hostname);
    socket.write("POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-A: ");
    const letters = setInterval(() => socket.write("a"), 500);
    await new Promise((resolve) => socket.on("error", resolve).on("close", resolve).resume());
    clearInterval(letters);
    expect(performance.now() - started).toBeLessThan(13_000);
  });

  test("never finishes its body is cut off", async () => {
    const head = ["POST /mcp HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Content-Length: 1000"];
    const cut = await sendBytes(gateway.url, `${head.join("\r\n")}\r\n\r\n{"jsonrpc":`, 40_000);
    expect(cut.ms).toBeGreaterThan(29_500);
    expect(cut.ms).toBeLessThan(33_000);
  });

  const waiting: readonly (readonly [title: string, filler: RegExp, request: () => Promise<RawRequest>])[] = [
    [
      "asks as a modern client hears white space before JSON",
      /^ +$/,
      async () => modernRequest("tools/call", { name: "a__silent" }),
    ],
    [
      "asks for progress as a modern client hears comments",
      /^(: [^\n]*\n\n)+$/,
      async () => modernRequest("tools/call", { name: "a__silent", _meta: { progressToken: 1 } }),
    ],
    [
      "asks as a legacy client hears white space before JSON",
      /^ +$/,
      async () => ({ headers: (await openSession(mcp)).headers, body: rpc("tools/call", { name: "a__silent" }) }),
    ],
  ];

  test.each(waiting)("%s while its tool is silent", async (_, filler, request) => {
    const started = performance.now();
    const incoming = await open(mcp, { within: 40_000, ...(await request()) });
    expect(performance.now() - started).toBeLessThan(SILENCE - 500);
    let early = "";
    let whole = "";
    for await (const chunk of incoming) {
      if (performance.now() - started < SILENCE - 500) early += String(chunk);
      whole += String(chunk);
    }
    expect(early).toMatch(filler);
    expect(whole.slice(early.length)).toContain(said("at last").slice(-30));
    const json = filler.source.includes(":") ? (/^data: (.*)$/m.exec(whole)?.[1] as string) : whole;
    expect(JSON.parse(json)).toMatchObject({ id: 1, result: { content: [{ text: "at last" }] } });
  });

  test.each(["http", "stdio"])("reads nothing of a stream is cut off after half a minute: %s", async (kind) => {
    // What the system takes, and half of what the gateway keeps for a reader.
    const bytes = (await socketCapacity(64 * 1024)) + 512 * 1024;
    const params = { name: `${kind}__talk`, arguments: { call: "unread", bytes }, _meta: { progressToken: 1 } };
    const started = performance.now();
    const unread = sendUnread(mcp, modernRequest("tools/call", params));
    await vi.waitFor(() => expect(talking[kind]!.cancelled()).toEqual(["unread"]), { timeout: 40_000, interval: 50 });
    expect(performance.now() - started).toBeGreaterThan(29_000);
    expect(performance.now() - started).toBeLessThan(35_000);
    unread.destroy();
  });

  test("keeps a stream open hears a comment now and then", async () => {
    const { headers } = await openSession(mcp);
    const streams = [
      await openStream(mcp, { method: "GET", headers: { ...headers, Accept: "text/event-stream" } }),
      await openStream(mcp, modernRequest("subscriptions/listen", { notifications: { toolsListChanged: true } })),
    ];
    for (const stream of streams) {
      const comments = () => stream.text().match(/^: /gm)?.length ?? 0;
      await vi.waitFor(() => expect(comments()).toBeGreaterThan(1), { timeout: 20_000, interval: 100 });
      expect(stream.isOpen()).toBe(true);
      await stream.stop();
    }
  });
});

describe.concurrent("an upstream", { timeout: 50_000 }, () => {
  test.each([
    ["http", "modern"],
    ["stdio", "legacy"],
  ] as const)(
    "over %s that is stopped answers no call, is left alone, and is back after it goes on",
    async (kind, era) => {
      const stopped = await stopLater(ledgerUpstream(kind, era, { timeout: "1s" }));
      const house = await stopLater(start({ stopped: stopped.definition }));
      const calling = ledgerCaller(`${house.url}/mcp`, "stopped");
      const load = await keepCalling(`${house.url}/mcp`, "a__ok", { clients: 2 });
      process.kill(stopped.pid(), "SIGSTOP");
      const late = await many(6, () => calling("run"));
      expect(late.map(({ failure, sent }) => [failure, sent])).toEqual(late.map(() => [-31011, true]));
      expect(Math.max(...late.map(({ ms }) => ms))).toBeLessThan(2_000);
      const refused: Outcome[] = [];
      for (let count = 0; count < 11; count++) refused.push(await calling("run"));
      expect(refused.map(({ failure, sent }) => [failure, sent])).toEqual(refused.map(() => [-31010, false]));
      expect(fastest(refused)).toBeLessThan(50);
      process.kill(stopped.pid(), "SIGCONT");
      const after: Outcome[] = [];
      await vi.waitFor(
        async () => {
          after.push(await calling("run"));
          expect(after.at(-1)?.text).toBeDefined();
        },
        { timeout: 20_000, interval: 200 },
      );
      expect((await house.health()).upstreams.find(({ name }) => name === "stopped")).toMatchObject({ state: "up" });
      expectLedgerAgrees([...late, ...refused, ...after], stopped.ran());
      const others = await load.end();
      expect(others.filter(({ text }) => text !== "ok")).toEqual([]);
      expect(fastest(others)).toBeLessThan(50);
    },
  );

  test("that is a program, that is stopped and never goes on, is ended and started again", async () => {
    const stopped = await stopLater(ledgerUpstream("stdio", "legacy", { timeout: "1s" }));
    const house = await stopLater(start({ stopped: stopped.definition }));
    const calling = ledgerCaller(`${house.url}/mcp`, "stopped");
    const first = stopped.pid();
    process.kill(first, "SIGSTOP");
    const late = await many(2, () => calling("run"));
    expect(late.map(({ failure }) => failure)).toEqual([-31011, -31011]);
    const { error } = await house.until("stopped", "down", 12_000);
    expect(error).toMatch(/^it does not answer within 3 s; the next start is in 1 s$/);
    const { pid } = await house.until("stopped", "up", 10_000);
    expect(pid).not.toBe(first);
    const after = await calling("run");
    expect(after.text).toBeDefined();
    expectLedgerAgrees([...late, after], stopped.ran());
    expect(stopped.ran()).toEqual([after.call]);
  });

  test("that is a program of one session, and is stopped, is ended too, and nobody else's is", async () => {
    const program = await stopLater(ledgerUpstream("stdio", "legacy", { timeout: "1s", per_session: true }));
    const house = await stopLater(start({ stopped: program.definition }));
    const all = program.pid();
    const session = await openSession(`${house.url}/mcp`);
    const run = (call: string) => session.call("stopped__run", { call });
    expect((await run("first")).json().result).toBeDefined();
    const own = program.pid();
    process.kill(own, "SIGSTOP");
    // Each call that runs out is a reason to look; the second look in vain ends it.
    const late = await Promise.all([run("a"), run("b")]);
    expect(late.map((answer) => errorOf(answer).code)).toEqual([-31011, -31011]);
    await vi.waitFor(
      async () => {
        const answer = (await run("again")).json();
        if (answer.result === undefined) throw new Error(JSON.stringify(answer));
      },
      { timeout: 30_000, interval: 500 },
    );
    await vi.waitFor(() => expect([isAlive(own), isAlive(all)]).toEqual([false, true]), soon);
    expect(program.ran()).toEqual(["first", "again"]);
  });
});

test.concurrent(
  "a call that does not end while the gateway stops is answered, and the gateway ends",
  { timeout: 50_000 },
  async () => {
    const ending = await stopLater(start());
    const url = `${ending.url}/mcp`;
    const session = await openSession(url);
    const calls = [callModern(url, "a__hang", {}, { within: 40_000 }), session.call("a__hang", {}, { within: 40_000 })];
    const hung = () => upstream.of("tools/call").filter(({ message }) => message.params?.["name"] === "hang");
    await vi.waitFor(() => expect(hung()).toHaveLength(2), soon);
    const told = performance.now();
    ending.kill("SIGTERM");
    for (const answer of await Promise.all(calls)) {
      expect(errorOf(answer)).toMatchObject({
        code: -31014,
        id: 1,
        data: { phase: "call", sent: true, retryable: false },
      });
    }
    expect(performance.now() - told).toBeGreaterThan(24_500);
    expect(await ending.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - told).toBeLessThan(30_000);
    expect(isAlive(ending.pid)).toBe(false);
  },
);
