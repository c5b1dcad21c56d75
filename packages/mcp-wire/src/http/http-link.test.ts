import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Cancellation } from "../cancellation.ts";
import type { PostOptions } from "../link.ts";
import { Message } from "../message.ts";
import { ScriptedSender } from "../testing/scripted-sender.ts";
import { UpstreamError } from "../upstream-error.ts";
import { HttpLink } from "./http-link.ts";

const JSON_TYPE = "application/json";
const SSE = "text/event-stream";
const request = Message.of({ id: 1, method: "tools/call", params: { name: "now" } });
const notification = Message.of({ method: "notifications/x" });
const OK = '{"jsonrpc":"2.0","id":1,"result":{"n":1.0}}';
const event = (data: string) => `event: message\ndata: ${data}\n\n`;

function link(url = "http://nas.lan:3001/mcp?key=1") {
  const sender = new ScriptedSender();
  return { sender, link: new HttpLink({ sender, url: new URL(url), headers: { Authorization: "Bearer x" } }) };
}

function post(message = request, options: Partial<PostOptions> = {}) {
  const { sender, link: to } = link();
  const answer = to.post(message, { headers: ["Mcp-Method", message.method], ...options });
  answer.catch(() => undefined);
  return { sender, answer };
}

/** How a post ended: the bytes of the response, or what kind of error. */
const outcomeOf = (answer: Promise<{ response: Message | undefined }>) =>
  answer.then(
    ({ response }) => response?.bytes.toString(),
    (error: unknown) => {
      if (!(error instanceof UpstreamError)) throw error;
      return { failure: error.failure, sent: error.sent, status: error.status };
    },
  );

afterEach(() => vi.useRealTimers());

describe("a POST to an upstream", () => {
  it("carries the message's bytes, its own headers and those of the configuration", () => {
    const { sender } = post();
    const { request: sent } = sender.last;
    expect([sent.method, sent.path, sent.body]).toEqual(["POST", "/mcp?key=1", request.bytes]);
    expect(sender.last.header("accept")).toBe("application/json, text/event-stream");
    expect(sender.last.header("content-type")).toBe(JSON_TYPE);
    expect(sender.last.header("authorization")).toBe("Bearer x");
    expect(sender.last.header("mcp-method")).toBe("tools/call");
  });

  const failure = (kind: string, sent: boolean, status?: number) => ({ failure: kind, sent, status });
  const error = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}';
  const named = error.replace("null", "1");

  it.each<[string, number, string | undefined, string, unknown]>([
    ["a response", 200, JSON_TYPE, OK, OK],
    ["a response with a charset", 200, "Application/JSON; charset=utf-8", OK, OK],
    ["its id spelled otherwise", 200, JSON_TYPE, OK.replace(":1,", ":1.0,"), OK.replace(":1,", ":1.0,")],
    ["an error without an id", 400, JSON_TYPE, error, named.replace('"id":1,', "").replace("{", '{"id":1,')],
    ["an error with HTTP 500", 500, JSON_TYPE, named, named],
    ["another id", 200, JSON_TYPE, OK.replace(":1,", ":2,"), failure("protocol", true, 200)],
    ["the id as text", 200, JSON_TYPE, OK.replace(":1,", ':"1",'), failure("protocol", true, 200)],
    ["a result without an id", 200, JSON_TYPE, OK.replace(":1,", ":null,"), failure("protocol", true, 200)],
    ["a request", 200, JSON_TYPE, '{"jsonrpc":"2.0","id":1,"method":"x"}', failure("protocol", true, 200)],
    ["half a response", 200, JSON_TYPE, OK.slice(0, 20), failure("protocol", true, 200)],
    ["a page", 200, "text/html", "<h1>Login</h1>", failure("protocol", true, 200)],
    ["nothing", 200, JSON_TYPE, "", failure("protocol", true, 200)],
    ["202", 202, undefined, "", failure("protocol", true, 202)],
    ["401", 401, "text/plain", "no", failure("unavailable", false, 401)],
    ["403", 403, "text/html", "no", failure("unavailable", false, 403)],
    ["404", 404, "text/html", "no", failure("protocol", true, 404)],
    ["405", 405, undefined, "", failure("protocol", true, 405)],
    ["429", 429, undefined, "", failure("limited", false, 429)],
    ["500", 500, "text/html", "oops", failure("unavailable", true, 500)],
    ["503", 503, undefined, "", failure("unavailable", true, 503)],
    ["302", 302, undefined, "", failure("protocol", true, 302)],
    ["a batch of one", 200, JSON_TYPE, `[${OK}]`, OK],
    ["an event", 200, SSE, event(OK), OK],
    ["an event in another case", 200, "Text/Event-Stream;charset=utf-8", event(OK), OK],
    ["an event stream that ends", 200, SSE, ": hi\n\n", failure("crashed", true, 200)],
    ["an event of another id first", 200, SSE, event(OK.replace(":1,", ":2,")) + event(OK), OK],
    ["an event that is no message", 200, SSE, event("hello"), failure("protocol", true, 200)],
    ["an empty event first", 200, SSE, `id: 7\ndata:\n\n${event(OK)}`, OK],
    ["an event that is a batch", 200, SSE, event(`[${OK.replace(":1,", ":2,")},${OK}]`), OK],
    ["an error event without an id", 200, SSE, event(error), named.replace('"id":1,', "").replace("{", '{"id":1,')],
  ])("answered with %s", async (_, status, type, body, expected) => {
    const { sender, answer } = post();
    sender.last.answer(status, type, body);
    const outcome = await outcomeOf(answer);
    if (typeof expected === "string" && typeof outcome === "string") {
      expect(JSON.parse(outcome)).toEqual(JSON.parse(expected));
    } else expect(outcome).toEqual(expected);
  });

  it.each([
    [202, undefined],
    [200, JSON_TYPE],
    [204, undefined],
    [200, SSE],
  ])("takes a notification answered with %i and %s", async (status, type) => {
    const { sender, answer } = post(notification);
    sender.last.head(status, type === undefined ? {} : { "content-type": type });
    if (type !== SSE) sender.last.sink.onEnd();
    expect(await outcomeOf(answer)).toBeUndefined();
  });

  it("goes on with a stream that ended before its answer, where its events have ids", async () => {
    vi.useFakeTimers();
    const { sender, answer } = post(request, { session: "s" });
    sender.last.head(200, { "content-type": SSE });
    sender.last.data("id: e1\nretry: 50\ndata: \n\n").sink.onEnd();
    vi.advanceTimersByTime(49);
    expect(sender.sent).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sender.last.request.method).toBe("GET");
    expect([sender.last.header("last-event-id"), sender.last.header("mcp-session-id")]).toEqual(["e1", "s"]);
    sender.last.head(200, { "content-type": SSE });
    sender.last.data("id: e2\ndata:\n\n").sink.onError(new Error("reset"), true);
    vi.advanceTimersByTime(50);
    expect(sender.last.header("last-event-id")).toBe("e2");
    sender.last.head(200, { "content-type": SSE }).data(event(OK));
    expect(await outcomeOf(answer)).toBe(OK);
    expect(sender.sent.map(({ request: { method } }) => method)).toEqual(["POST", "GET", "GET"]);
  });

  it("does not take a call whose stream is lost for one that did not run", async () => {
    vi.useFakeTimers();
    const { sender, answer } = post(request, { session: "s" });
    sender.last.head(200, { "content-type": SSE });
    sender.last.data("id: e1\ndata: \n\n").sink.onEnd();
    vi.advanceTimersByTime(1_000);
    sender.last.answer(404, JSON_TYPE, error);
    expect(await outcomeOf(answer)).toEqual(failure("crashed", true, 404));
    const { sender: plain, answer: without } = post(request);
    plain.last.head(200, { "content-type": SSE });
    plain.last.data("id: e1\ndata: \n\n").sink.onEnd();
    expect(await outcomeOf(without)).toEqual(failure("crashed", true, 200));
  });

  it("tells a lost session from a wrong path by whether there was one", async () => {
    const { sender, answer } = post(request, { session: "s" });
    sender.last.answer(404, JSON_TYPE, error);
    expect(await outcomeOf(answer)).toEqual(failure("session-lost", false, 404));
  });

  it("hands over what comes before the response, and nothing behind it, and lets go of the stream", async () => {
    vi.useFakeTimers();
    const early: string[] = [];
    const { sender, answer } = post(request, { onMessage: ({ method }) => early.push(method) });
    const say = (method: string, id?: number) => event(JSON.stringify({ jsonrpc: "2.0", id, method }));
    sender.last.head(200, { "content-type": SSE });
    sender.last.data(
      say("notifications/progress"),
      say("sampling/createMessage", 1),
      event(OK),
      say("notifications/late"),
    );
    expect(await outcomeOf(answer)).toBe(OK);
    expect(early).toEqual(["notifications/progress", "sampling/createMessage"]);
    expect(sender.last.aborted).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(sender.last.aborted).toBe(true);
  });

  it.each([[JSON_TYPE], [SSE]])("refuses more than 10 MiB of %s and hangs up", async (type) => {
    const { sender, answer } = post();
    sender.last.head(200, { "content-type": type });
    const mebibyte = Buffer.alloc(1024 * 1024, "x");
    for (let sent = 0; sent < 11; sent++) sender.last.data(mebibyte);
    expect(await outcomeOf(answer)).toEqual(failure("too-large", true, 200));
    expect(sender.last.aborted).toBe(true);
  });

  it.each<[string, boolean, number | undefined, unknown]>([
    ["refused", false, undefined, failure("unavailable", false)],
    ["broken before the head", true, undefined, failure("crashed", true)],
    ["broken behind the head", false, 200, failure("crashed", true)],
  ])("over a connection that is %s", async (_, sent, status, expected) => {
    const { sender, answer } = post();
    if (status !== undefined) sender.last.head(status, { "content-type": JSON_TYPE }).data(OK.slice(0, 5));
    sender.last.sink.onError(Object.assign(new Error("gone"), { code: "ECONNRESET" }), sent);
    expect(await outcomeOf(answer)).toEqual(expected);
    await expect(answer).rejects.toThrow("ECONNRESET");
  });

  it("is given up when its call is cancelled, before it was sent too", async () => {
    const cancellation = new Cancellation();
    const { sender, answer } = post(request, { cancellation });
    cancellation.cancel(new Error("deadline"));
    expect(await outcomeOf(answer)).toEqual(failure("cancelled", true));
    expect(sender.last.aborted).toBe(true);
    expect(await outcomeOf(post(request, { cancellation }).answer)).toEqual(failure("cancelled", true));
  });

  it("is read the same in whatever chunks", async () => {
    const stream = Buffer.from(`: é\r\n\r\n${event('{"jsonrpc":"2.0","method":"n/é"}')}${event(OK)}`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(stream.length)), fc.boolean(), async (cuts, isSse) => {
        const body = isSse ? stream : Buffer.from(OK);
        const bounds = [0, ...cuts.map((cut) => Math.min(cut, body.length)).toSorted((a, b) => a - b), body.length];
        const early: string[] = [];
        const { sender, answer } = post(request, { onMessage: ({ method }) => early.push(method) });
        const chunks = bounds.slice(1).map((end, index) => body.subarray(bounds[index], end));
        sender.last.answer(200, isSse ? SSE : JSON_TYPE, ...chunks);
        expect(await outcomeOf(answer)).toBe(OK);
        expect(early).toEqual(isSse ? ["n/é"] : []);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a redirect", () => {
  it.each([307, 308])("%i to the same origin is followed with method and body, once for all", async (status) => {
    const { sender, link: to } = link();
    const answer = to.post(request, { headers: [] });
    sender.last.head(status, { location: "/mcp/?key=1" });
    await vi.waitFor(() => expect(sender.sent).toHaveLength(2));
    expect(sender.sent[0]?.aborted).toBe(true);
    expect(sender.last.request).toMatchObject({ method: "POST", path: "/mcp/?key=1", body: request.bytes });
    expect(sender.last.header("authorization")).toBe("Bearer x");
    sender.last.answer(200, JSON_TYPE, OK);
    expect(await outcomeOf(answer)).toBe(OK);
    to.post(request, { headers: [] }).catch(() => undefined);
    expect(sender.last.request.path).toBe("/mcp/?key=1");
  });

  it.each([
    ["another host", "http://evil.example/mcp", "another origin"],
    ["another port", "http://nas.lan:3002/mcp", "another origin"],
    ["another scheme", "https://nas.lan:3001/mcp", "another origin"],
    ["nowhere", "http://", "no address"],
    ["itself", "/mcp?key=1", "more than 3 times"],
  ])("to %s ends the call before it ran", async (_, location, reason) => {
    const { sender, answer } = post();
    for (let hop = 0; hop < 4; hop++) {
      sender.sent[hop]?.head(307, { location });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await outcomeOf(answer)).toEqual({ failure: "protocol", sent: false, status: undefined });
    await expect(answer).rejects.toThrow(reason);
    expect(sender.sent.length).toBeLessThanOrEqual(4);
  });
});

describe("an event stream", () => {
  function open() {
    const { sender, link: to } = link();
    const seen: string[] = [];
    const ends: string[] = [];
    const stop = to.stream(
      null,
      { headers: [], session: "s" },
      (message) => seen.push(message.method),
      (reason) => ends.push(reason.message),
    );
    return { sender, seen, ends, stop };
  }
  const change = event('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');

  it("is a GET that hands over messages until it ends, once", () => {
    const { sender, seen, ends } = open();
    expect(sender.last.request).toMatchObject({ method: "GET", path: "/mcp?key=1", body: null });
    expect(sender.last.header("accept")).toBe(SSE);
    expect(sender.last.header("mcp-session-id")).toBe("s");
    sender.last.head(200, { "content-type": `${SSE}; charset=utf-8` }).data(": hi\n\n", change);
    sender.last.sink.onEnd();
    sender.last.sink.onError(new Error("late"), true);
    expect([seen, ends]).toEqual([["notifications/tools/list_changed"], ["the stream ended"]]);
  });

  it.each([
    [405, "text/plain", ""],
    [200, JSON_TYPE, ""],
    [200, SSE, event("no message")],
  ])("that is none (%i, %s) ends at once", (status, type, body) => {
    const { sender, seen, ends } = open();
    sender.last.head(status, { "content-type": type }).data(body, change);
    expect([seen, ends.length, sender.last.aborted]).toEqual([[], 1, true]);
  });

  it("can be stopped", () => {
    const { sender, ends, stop } = open();
    stop();
    expect([sender.last.aborted, ends]).toEqual([true, []]);
  });
});
