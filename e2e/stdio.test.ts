// Upstreams that are programs: called, misbehaving, ending and started again (reliability rows 1 to 10, 12 and 14).
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Gateway, startGateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { callModern, modern, modernRequest, openSession, rpc } from "./support/rpc-client.ts";
import { errorOf, gatewayData } from "./support/rpc-error.ts";
import { eventsIn, openStream, send, type RawAnswer } from "./support/raw-client.ts";
import { stdioUpstream } from "./support/stdio.ts";

const stopLater = stopAtEnd();
const call = (gateway: Gateway, name: string, args: Readonly<Record<string, unknown>> = {}) =>
  callModern(`${gateway.url}/mcp`, name, args);
const textOf = (answer: RawAnswer): string | undefined =>
  (answer.json().result?.["content"] as { text: string }[] | undefined)?.[0]?.text;
const rssOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

describe("a program", () => {
  const raw = stdioUpstream(["--chatty"], { env: { API_TOKEN: "tiptoptop-secret" }, timeout: "2s" });
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await stopLater(startGateway({ upstreams: { raw: raw.definition }, env: { SHARD_SECRET: "ours" } }));
  });

  test("is called, many at a time, each answer at its call", async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => call(gateway, n % 2 === 0 ? "raw__echo" : "raw__slow", { n })),
    );
    const texts = answers.map((answer) => textOf(answer));
    for (const [n, text] of texts.entries()) expect(text).toContain(n % 2 === 0 ? `"n":${n}}` : "slow");
  });

  test("gets what every program needs and what its definition says, nothing of the gateway's", async () => {
    const env = JSON.parse(textOf(await call(gateway, "raw__env")) as string) as Record<string, string>;
    expect(env["API_TOKEN"]).toBe("tiptoptop-secret");
    expect(Object.keys(env).filter((name) => /SHARD|LOG_FORMAT|NODE_OPTIONS/.test(name))).toEqual([]);
  });

  test("shows its process and its last words, without secrets", async () => {
    const shown = (await gateway.health()).upstreams[0];
    expect(shown).toMatchObject({ state: "up", pid: expect.any(Number) as number, version: "1.2" });
    expect(shown?.log).toEqual(["raw-stdio runs, API_TOKEN=***"]);
  });

  test("reports progress under the token of the caller, and no other", async () => {
    const stream = await openStream(
      `${gateway.url}/mcp`,
      modernRequest("tools/call", { name: "raw__progress", arguments: {}, _meta: { progressToken: "mine" } }),
    );
    await vi.waitFor(() => expect(stream.isOpen()).toBe(false), soon);
    const progress = stream.messages().filter(({ method }) => method === "notifications/progress");
    expect(progress.map(({ params }) => params?.["progressToken"])).toEqual(["mine"]);
  });

  test.each(["garbage", "halfutf8", "slices", "textid", "twice"])(
    "that answers oddly (%s) is understood",
    async (name) => {
      const expected = {
        garbage: "clean",
        halfutf8: "é😀",
        slices: "one byte at a time",
        textid: "as text",
        twice: "first",
      };
      expect(textOf(await call(gateway, `raw__${name}`))).toBe(expected[name as keyof typeof expected]);
      expect(textOf(await call(gateway, "raw__ok"))).toBe("ok");
    },
  );

  test("whose answer is damaged, too large or at the wrong id fails that call alone", async () => {
    const others = Array.from({ length: 4 }, () => call(gateway, "raw__slow"));
    const [damaged, large, wrong] = await Promise.all(
      ["badutf8", "big", "wrongid"].map((name) => call(gateway, `raw__${name}`)),
    );
    expect(errorOf(damaged!)).toMatchObject({ code: -31018, data: gatewayData({ sent: true, phase: "answer" }) });
    expect(errorOf(large!)).toMatchObject({ code: -31017, data: gatewayData({ sent: true, phase: "answer" }) });
    expect(errorOf(wrong!)).toMatchObject({ code: -31011, data: gatewayData({ sent: true, upstream: "raw" }) });
    expect((await Promise.all(others)).map(textOf)).toEqual(Array.from({ length: 4 }, () => "slow"));
    expect(raw.ledger().filter((line) => line.startsWith("wrongid"))).toHaveLength(1);
  });

  test("that writes 100 MB for people goes on working, and the gateway does not grow", async () => {
    // What is garbage and not collected yet is there after the first, by some 30 MB more or less; what was kept would be 100.
    expect(textOf(await call(gateway, "raw__flood"))).toBe("flooded");
    const before = rssOf(gateway.pid);
    expect(textOf(await call(gateway, "raw__flood"))).toBe("flooded");
    expect(rssOf(gateway.pid) - before).toBeLessThan(60);
    expect(textOf(await call(gateway, "raw__ok"))).toBe("ok");
  });

  test("is told when a client gives up, and when a call takes too long", async () => {
    const leaving = new AbortController();
    const gone = modern(
      `${gateway.url}/mcp`,
      "tools/call",
      { name: "raw__hang", arguments: { who: "left" } },
      { signal: leaving.signal },
    ).catch(() => undefined);
    await vi.waitFor(() => expect(raw.ledger()).toContain('hang {"who":"left"}'), soon);
    leaving.abort();
    await gone;
    await vi.waitFor(() => expect(raw.ledger().join()).toMatch(/cancelled "the client closed/), {
      ...soon,
      timeout: 1_000,
    });
    expect(errorOf(await call(gateway, "raw__hang"))).toMatchObject({ code: -31011 });
    await vi.waitFor(() => expect(raw.ledger().at(-1)).toMatch(/^cancelled/), soon);
  });

  test("asks the client whose call it works on, and is declined where that cannot be known", async () => {
    const url = `${gateway.url}/servers/raw/mcp`;
    const session = await openSession(url, "2025-11-25", { elicitation: {} });
    const ask = rpc("tools/call", { name: "ask", arguments: {} }, 9);
    const stream = await openStream(url, { body: ask, headers: session.headers });
    const asked = await vi.waitFor(() => {
      const found = stream.messages().find(({ method }) => method === "elicitation/create");
      if (found === undefined) throw new Error(stream.text());
      return found;
    }, soon);
    await session.post(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { action: "accept", content: {} } }));
    await vi.waitFor(() => expect(stream.text()).toContain("accept"), soon);

    const other = call(gateway, "raw__slow");
    const declined = await session.call("ask");
    expect(eventsIn(declined.text).at(-1) ?? declined.text).toMatch(/-32601/);
    await other;
  });

  test("that dies at work fails its calls at once, is started again in a second, and runs nothing twice", async () => {
    const before = (await gateway.health()).upstreams[0]?.pid;
    const [killed, bystander] = await Promise.all([call(gateway, "raw__die", { once: 1 }), call(gateway, "raw__hang")]);
    for (const answer of [killed, bystander]) {
      expect(answer.ms).toBeLessThan(1_000);
      expect(errorOf(answer)).toMatchObject({
        code: -31012,
        data: gatewayData({ sent: true, retryable: false, phase: "call" }),
      });
    }
    expect(errorOf(killed).message).toMatch(/SIGKILL/);
    expect(errorOf(await call(gateway, "raw__ok"))).toMatchObject({ code: -31010, data: gatewayData({ sent: false }) });
    await gateway.until("raw", "down", 1_000);
    const { pid } = await gateway.until("raw", "up", 3_000);
    expect(pid).not.toBe(before);
    expect(textOf(await call(gateway, "raw__ok"))).toBe("ok");
    expect(raw.ledger().filter((line) => line.startsWith("die"))).toEqual(['die {"once":1}']);
  });
});

describe("a program that fails to start", () => {
  test("ends in a crash loop after 1, 2 and 4 s, which says why, and disturbs nobody", async () => {
    const broken = stdioUpstream(["--exit", "4"]);
    const good = stdioUpstream();
    const upstreams = {
      broken: broken.definition,
      missing: { kind: "stdio", command: "no-such-program" },
      good: good.definition,
    };
    const gateway = await stopLater(
      startGateway({ upstreams, untilUp: false, env: { ADMIN_TOKEN: "an admin token" } }),
    );
    await gateway.until("good", "up");
    const { error } = await gateway.until("broken", "crash-loop", 15_000);
    expect(error).toMatch(/exit code 4; it last wrote: "no configuration found"; the next start is in 300 s/);
    expect(broken.pids()).toHaveLength(5);
    const missing = await gateway.until("missing", "crash-loop", 15_000);
    expect(missing.error).toMatch(/the program no-such-program was not found; install it/);
    expect(textOf(await call(gateway, "good__ok"))).toBe("ok");
    // By hand it is started again at once.
    const restart = (name: string, token = "an admin token") =>
      send(`${gateway.url}/admin/restart?upstream=${name}`, { headers: { Authorization: `Bearer ${token}` } });
    expect((await restart("broken", "a guess")).status).toBe(401);
    expect((await restart("nobody")).status).toBe(404);
    expect((await restart("broken")).status).toBe(202);
    await vi.waitFor(() => expect(broken.pids()).toHaveLength(6), soon);
  });

  test.each([
    ["ends at a word it does not know", "--exit-on-discover"],
    ["answers nothing it does not know", "--silent-on-discover"],
  ])("as the modern era begins (%s) is spoken to in the old one", async (_, flag) => {
    const gateway = await stopLater(startGateway({ upstreams: { old: stdioUpstream([flag]).definition } }));
    expect(textOf(await call(gateway, "old__ok"))).toBe("ok");
  });
});
