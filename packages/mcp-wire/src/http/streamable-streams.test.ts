import { afterEach, describe, expect, it, vi } from "vitest";
import { Message } from "../message.ts";
import {
  callTool,
  EventReader,
  type House,
  inProcess,
  type Json,
  openSession,
  overNode,
  post,
  type Posted,
} from "../testing/downstream.ts";

const progress = Message.of({ method: "notifications/progress", params: { progressToken: "t", progress: 1 } });
const poll = { interval: 2, timeout: 5_000 };

describe.each([
  ["fetch", inProcess],
  ["node:http", overNode],
])("streams over %s", (_, open) => {
  let house: House;
  const start = async (options = {}) => (house = await open(options));
  afterEach(async () => {
    vi.useRealTimers();
    await house.close();
  });
  const send = (message: Json, posted?: Posted) => house.fetch(post(message, posted));

  describe("what comes before an answer", () => {
    it.each(["legacy", "modern"] as const)("turns the answer of a %s client into an event stream", async (era) => {
      await start();
      const pending = send(callTool("waits"), { era });
      const { context, answer } = await house.endpoint.call();
      context.notify(progress);
      const response = await pending;
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      expect(response.headers.get("cache-control")).toContain("no-transform");
      const events = new EventReader(response);
      expect(await events.next()).toMatchObject({ method: "notifications/progress", params: { progress: 1 } });
      answer('{"n":1.0}');
      expect(await events.rest()).toEqual([{ jsonrpc: "2.0", id: 1, result: { n: 1 } }]);
      context.notify(progress);
      expect(events.text).toContain('"n":1.0');
      expect(house.server.active).toBe(0);
    });

    it("is dropped where the client takes JSON only", async () => {
      await start();
      const pending = send(callTool("waits"), { accept: "application/json" });
      const { context, answer } = await house.endpoint.call();
      context.notify(progress);
      answer();
      const response = await pending;
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(await response.json()).toMatchObject({ id: 1, result: {} });
    });

    it("makes a stream of a batch, answers included", async () => {
      await start();
      const body = [
        { jsonrpc: "2.0", ...callTool("a", 1) },
        { jsonrpc: "2.0", ...callTool("b", 2) },
      ];
      const pending = house.fetch({ ...post({}), body: JSON.stringify(body) });
      const first = await house.endpoint.call();
      const second = await house.endpoint.call();
      second.context.notify(progress);
      const events = new EventReader(await pending);
      first.answer();
      second.answer();
      expect((await events.rest()).map(({ id }) => id)).toEqual([undefined, 1, 2]);
    });
  });

  describe("a call that is silent", () => {
    it.each(["legacy", "modern"] as const)("gets a space before its JSON (%s)", async (era) => {
      await start({ keepAliveMs: 1_000 });
      const pending = send(callTool("waits"), { era });
      const { context, answer } = await house.endpoint.call();
      house.clock.now += 999;
      house.server.tick();
      house.clock.now += 1;
      house.server.tick();
      const response = await pending;
      expect(response.headers.get("content-type")).toBe("application/json");
      house.server.tick();
      house.clock.now += 1_000;
      house.server.tick();
      context.notify(progress);
      answer();
      expect(await response.text()).toBe('  {"jsonrpc":"2.0","id":1,"result":{}}');
    });

    it("gets a comment where more than the answer may come", async () => {
      await start({ keepAliveMs: 1_000 });
      const pending = send(callTool("waits", 1, { progressToken: "t" }));
      const { context, answer } = await house.endpoint.call();
      house.clock.now += 1_000;
      house.server.tick();
      const events = new EventReader(await pending);
      await events.more();
      expect(events.text).toMatch(/^:.*\n\n$/);
      context.notify(progress);
      answer();
      expect(await events.rest()).toHaveLength(2);
    });

    it("keeps its JSON valid when it fails after a space", async () => {
      await start({ keepAliveMs: 1_000 });
      const pending = send(callTool("waits"), { era: "modern" });
      const { fail } = await house.endpoint.call();
      house.clock.now += 1_000;
      house.server.tick();
      fail(new Error("bug"));
      const response = await pending;
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ id: 1, error: { code: -32603 } });
    });
  });

  describe("cancellation", () => {
    it.each<[string, string, string]>([
      ["a number", "7", "7"],
      ["a number of many digits", "12345678901234567890", "12345678901234567890"],
      ["a text with escapes", '"\\u00e9\\/"', '"\\u00e9\\/"'],
    ])("in a session comes as a notification and names %s", async (_name, id, named) => {
      await start();
      const session = await openSession(house);
      const other = await openSession(house);
      const raw = (text: string, at = session) => house.fetch({ ...post({}, { session: at }), body: text });
      const pending = raw(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"waits"}}`);
      const { context, answer } = await house.endpoint.call();
      const cancelled = (requestId: string) =>
        `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${requestId},"reason":"bored"}}`;
      await raw(cancelled(named), other);
      await raw(cancelled("99"));
      await raw('{"jsonrpc":"2.0","method":"notifications/cancelled"}');
      expect(context.cancellation.reason).toBeUndefined();
      expect((await raw(cancelled(named))).status).toBe(202);
      expect(context.cancellation.reason?.message).toContain("bored");
      answer();
      await (await pending).text();
    });

    it("is a lost connection for a modern client", async () => {
      await start();
      const leaving = new AbortController();
      const pending = send(callTool("waits"), { era: "modern", signal: leaving.signal });
      pending.catch(() => undefined);
      const { context, answer } = await house.endpoint.call();
      leaving.abort();
      await expect.poll(() => context.cancellation.reason?.message, poll).toContain("closed the connection");
      answer();
      await expect.poll(() => house.server.active, poll).toBe(0);
    });

    it("is a lost stream for a modern client", async () => {
      await start();
      const pending = send(callTool("waits"), { era: "modern" });
      const { context, answer } = await house.endpoint.call();
      context.notify(progress);
      const events = new EventReader(await pending);
      await events.next();
      await events.leave();
      await expect.poll(() => context.cancellation.reason, poll).toBeDefined();
      context.notify(progress);
      answer();
    });

    it("is not a lost connection for a legacy client", async () => {
      await start();
      const leaving = new AbortController();
      send(callTool("waits"), { signal: leaving.signal }).catch(() => undefined);
      const { context, answer } = await house.endpoint.call();
      context.notify(progress);
      leaving.abort();
      await send({ id: 2, method: "ping" });
      context.notify(progress);
      expect(context.cancellation.reason).toBeUndefined();
      answer();
      await expect.poll(() => house.server.active, poll).toBe(0);
      expect(house.bugs).toEqual([]);
    });
  });

  describe("requests to the client", () => {
    const ask = Message.of({ id: "up-1", method: "elicitation/create", params: { message: "sure?" } });
    const asking = async (posted: Posted = {}, capabilities = { elicitation: {} }) => {
      const session = await openSession(house, capabilities);
      const pending = send(callTool("waits"), { session, ...posted });
      return { session, pending, ...(await house.endpoint.call()) };
    };

    it("go out on the stream of their call under an id of ours, and the answer comes back under theirs", async () => {
      await start();
      const { session, pending, context, answer } = await asking();
      const answered = context.request(ask);
      const events = new EventReader(await pending);
      const asked = (await events.next()) as { id: string };
      expect(asked).toMatchObject({ method: "elicitation/create", params: { message: "sure?" } });
      expect(asked.id).not.toBe("up-1");
      const stranger = await openSession(house);
      await send({ id: asked.id, result: { action: "stolen" } }, { session: stranger });
      await send({ id: "unasked", result: {} }, { session });
      const response = await send({ id: asked.id, result: { action: "accept" } }, { session });
      expect(response.status).toBe(202);
      expect(JSON.parse((await answered).bytes.toString())).toEqual({
        jsonrpc: "2.0",
        id: "up-1",
        result: { action: "accept" },
      });
      answer();
      expect(await events.rest()).toHaveLength(1);
    });

    it("give an error without an answer in ten minutes, or when the call is cancelled or over", async () => {
      await start();
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const { session, pending, context, answer } = await asking();
      const reasonOf = (asked: Promise<Message>) => asked.then(String, (error: Error) => error.message);
      const late = reasonOf(context.request(ask));
      vi.advanceTimersByTime(10 * 60_000);
      expect(await late).toContain("no answer in 10 minutes");
      const cut = reasonOf(context.request(ask));
      await send({ method: "notifications/cancelled", params: { requestId: 1 } }, { session });
      expect(await cut).toContain("cancelled");
      answer();
      await (await pending).text();
      const second = await asking();
      const unanswered = reasonOf(second.context.request(ask));
      second.answer();
      await (await second.pending).text();
      expect(await unanswered).toContain("the call is over");
      expect(house.sessions.use(second.session, house.endpoint)?.waiting).toBe(0);
    });

    it("are refused where nobody could answer", async () => {
      await start();
      const jsonOnly = await asking({ accept: "application/json" });
      await expect(jsonOnly.context.request(ask)).rejects.toThrow("does not accept text/event-stream");
      jsonOnly.answer();
      await (await jsonOnly.pending).text();
      const pending = send(callTool("waits"));
      const { context, answer } = await house.endpoint.call();
      await expect(context.request(ask)).rejects.toThrow("has no session");
      answer();
      await (await pending).text();
    });
  });
});
