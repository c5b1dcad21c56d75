// What takes long: clients that send slowly are cut off, callers of slow tools are not. All of it side by side.
import { connect } from "node:net";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { isAlive, soon, stopAtEnd } from "./support/program.ts";
import { open, openStream, sendBytes, type RawRequest } from "./support/raw-client.ts";
import { startRawUpstream, type RawUpstream } from "./support/raw-upstream.ts";
import { callModern, modernRequest, openSession, rpc } from "./support/rpc-client.ts";
import { errorOf } from "./support/rpc-error.ts";
import { hang, said, speak } from "./support/scripts.ts";

const stopLater = stopAtEnd();
let upstream: RawUpstream;
let gateway: Gateway;
let mcp: string;

/** Longer than the gateway lets a caller hear nothing, with the pause between two looks, in milliseconds. */
const SILENCE = 21_000;

const start = () => startGateway({ upstreams: { a: { kind: "mcp-http", url: upstream.url } } });

beforeAll(async () => {
  const tools = { silent: speak("at last", SILENCE), hang, ok: speak() };
  upstream = await stopLater(startRawUpstream({ era: "modern", tools }));
  gateway = await stopLater(start());
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
