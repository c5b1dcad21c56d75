import { describe, expect, it } from "vitest";
import { Cancellation } from "../cancellation.ts";
import type { PostOptions } from "../link.ts";
import { Message } from "../message.ts";
import { UpstreamError } from "../upstream-error.ts";
import { PipeLink } from "./pipe-link.ts";

interface Line {
  id?: number | string;
  method?: string;
  params?: Record<string, unknown>;
  error?: { code: number };
  result?: unknown;
}

function pipe() {
  const written: string[] = [];
  let isFull = false;
  const link = new PipeLink({
    write: (line) => {
      if (isFull) return false;
      written.push(line.toString());
      return true;
    },
  });
  const said: Message[] = [];
  const post = (message: Message, options: Partial<PostOptions> = {}) => {
    const answer = link.post(message, { headers: [], onMessage: (early) => said.push(early), ...options });
    answer.catch(() => undefined);
    return answer.then(
      ({ response }) => response?.bytes.toString(),
      (error: UpstreamError) => ({ failure: error.failure, sent: error.sent }),
    );
  };
  return {
    link,
    post,
    said,
    written,
    line: (at = -1): Line => JSON.parse(written.at(at) as string) as Line,
    say: (value: object | string) =>
      link.push(Buffer.from(`${typeof value === "string" ? value : JSON.stringify({ jsonrpc: "2.0", ...value })}\n`)),
    fill: () => (isFull = true),
  };
}

const call = (id: unknown, meta?: object) =>
  Message.of({ id, method: "tools/call", params: { name: "now", ...(meta && { _meta: meta }) } });
const owner = {};

describe("a shared pipe", () => {
  it("gives every request an id of its own and every response the id it is waited for under", async () => {
    const { post, line, say } = pipe();
    const [first, second] = [post(call("a")), post(call("a"))];
    const ids = [line(0).id, line(1).id];
    expect(ids[0]).not.toBe(ids[1]);
    say(`{"jsonrpc":"2.0", "id":${ids[1]},"result":{"n":1.0}}`);
    say(`{"jsonrpc":"2.0","id":"${ids[0]}","result":2}`);
    expect([await first, await second]).toEqual([
      '{"jsonrpc":"2.0","id":"a","result":2}',
      '{"jsonrpc":"2.0", "id":"a","result":{"n":1.0}}',
    ]);
  });

  it("writes one line for a message that came on several, and changes nothing but ids and tokens", () => {
    const { post, written } = pipe();
    void post(Message.parse(Buffer.from('{"jsonrpc":"2.0",\r\n"id":7, "method":"tools/call",\n"params":{"x":1.0}}')));
    expect(written[0]?.replace(/"id":\d+/, '"id":7')).toBe(
      '{"jsonrpc":"2.0",  "id":7, "method":"tools/call", "params":{"x":1.0}}\n',
    );
    void post(
      Message.parse(
        Buffer.from(
          '{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1e2,"_meta":{"b":{},"progressToken":"t","c":0}}}',
        ),
      ),
    );
    expect(written[1]?.replaceAll(/\d{4,}/g, "N")).toBe(
      '{"jsonrpc":"2.0","id":N,"method":"m","params":{"a":1e2,"_meta":{"b":{},"progressToken":N,"c":0}}}\n',
    );
  });

  it("finds a progress token whose key is spelled with escapes", () => {
    const { post, line } = pipe();
    const escaped = String.raw`{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{"\u0070rogressToken":"mine"}}}`;
    void post(Message.parse(Buffer.from(escaped)));
    expect(line().params).toEqual({ _meta: { progressToken: line().id } });
  });

  it("takes progress to the call it belongs to, under the token it came with", () => {
    const { post, line, say, said, link } = pipe();
    const other: Message[] = [];
    void post(call(1, { progressToken: "mine" }));
    void post(call(2, { progressToken: 7 }), { onMessage: (early) => other.push(early) });
    const progress = (token: unknown) => say({ method: "notifications/progress", params: { progressToken: token } });
    progress(line(0).id);
    progress(line(1).id);
    progress(99);
    progress(7);
    expect(said.map(({ params }) => params)).toEqual([{ progressToken: "mine" }]);
    expect(other.map(({ params }) => params)).toEqual([{ progressToken: 7 }]);
    expect(link.counters.unexpected).toBe(2);
  });

  it("tells the upstream of a cancelled call and drops its late answer, but never of a cancelled initialize", async () => {
    const { post, line, say, written, link } = pipe();
    const cancellation = new Cancellation();
    const answer = post(call(1), { cancellation });
    const hello = post(Message.of({ id: 2, method: "initialize" }), { cancellation });
    cancellation.cancel(new Error("enough"));
    const cancelled = { failure: "cancelled", sent: true };
    expect([await answer, await hello]).toEqual([cancelled, cancelled]);
    expect(written).toHaveLength(3);
    expect(line(2)).toMatchObject({
      method: "notifications/cancelled",
      params: { requestId: line(0).id, reason: "enough" },
    });
    say({ id: line(0).id, result: {} });
    expect([link.counters.unexpected, link.active]).toEqual([1, 0]);
  });

  it.each([
    ["one call", [undefined], 1],
    ["calls of one session", [owner, owner], 1],
    ["calls of several downstreams", [owner, {}], 0],
    ["calls of nobody known", [undefined, undefined], 0],
    ["no call", [], 0],
  ])("hands what names no call on where it can only be meant for one downstream: %s", (_, owners, expected) => {
    const { post, line, say, said, link } = pipe();
    const general: Message[] = [];
    link.stream(
      null,
      { headers: [] },
      (message) => general.push(message),
      () => undefined,
    );
    for (const one of owners) void post(call(1), { owner: one });
    say({ id: "q", method: "elicitation/create", params: {} });
    say({ method: "notifications/message", params: {} });
    say({ method: "notifications/tools/list_changed" });
    say({ id: "p", method: "ping" });
    expect(said.map(({ method }) => method)).toEqual(
      expected === 1 ? ["elicitation/create", "notifications/message"] : [],
    );
    expect(general.map(({ method }) => method).at(-1)).toBe("notifications/tools/list_changed");
    expect(line()).toMatchObject({ id: "p", result: {} });
    if (expected === 0) expect(line(-2)).toMatchObject({ id: "q", error: { code: -32601 } });
  });

  it("passes over and counts what is no message, and fails a call whose answer is damaged", async () => {
    const { post, line, say, link } = pipe();
    const answers = [post(call(1)), post(call(2)), post(call(3)), post(call(4))];
    say("Server running on stdio");
    say("\u001b[32mready\u001b[0m");
    say("{broken");
    say(`{"jsonrpc":"2.0","id":${line(0).id},"result":{"text":"\\q"}}`);
    say(`{"result":{"a":[1,2}},"jsonrpc":"2.0","id":${line(1).id}}`);
    link.push(Buffer.from([...Buffer.from(`{"jsonrpc":"2.0","id":${line(2).id},"result":"`), 0xc3, 0x22, 0x7d, 0x0a]));
    say({ id: line(3).id, result: {} });
    const damaged = { failure: "protocol", sent: true };
    expect(await Promise.all(answers)).toEqual([damaged, damaged, damaged, '{"jsonrpc":"2.0","id":4,"result":{}}']);
    expect(link.counters).toEqual({ garbage: 3, unexpected: 0 });
  });

  it("fails the one call whose answer is over the limit, wherever its id stands", async () => {
    const { post, line, link } = pipe();
    const answers = [post(call(1)), post(call(2)), post(call(3))];
    const big = Buffer.alloc(11 * 1024 * 1024, 0x61);
    const push = (...parts: (string | Buffer)[]) => parts.forEach((part) => link.push(Buffer.from(part as string)));
    push(`{"jsonrpc":"2.0","id":${line(0).id},"result":"`, big, '"}\n');
    push('{"result":"', big, `","jsonrpc":"2.0","id":${line(1).id}}\n`);
    push(`{"jsonrpc":"2.0","method":"x","params":"`, big, `","id":${line(2).id}}\n`);
    push(`{"jsonrpc":"2.0","id":${line(2).id},"result":3}\n`);
    expect(await Promise.all(answers)).toEqual([
      { failure: "too-large", sent: true },
      { failure: "too-large", sent: true },
      '{"jsonrpc":"2.0","id":3,"result":3}',
    ]);
  });

  it("fails everything under way when it ends, and says of later calls that they were not sent", async () => {
    const { post, link } = pipe();
    const ends: string[] = [];
    link.stream(
      null,
      { headers: [] },
      () => undefined,
      ({ message }) => ends.push(message),
    );
    const answer = post(call(1));
    link.end(new UpstreamError("crashed", "it ended", { sent: true }));
    expect([await answer, await post(call(2))]).toEqual([
      { failure: "crashed", sent: true },
      { failure: "unavailable", sent: false },
    ]);
    expect(ends).toEqual(["it ended"]);
  });

  it("takes an answer that lacks only its line end, and fails one that broke off as what ended did", async () => {
    const { post, line, link } = pipe();
    const answers = [post(call(1)), post(call(2))];
    link.push(Buffer.from(`{"jsonrpc":"2.0","id":${line(0).id},"result":{"content":`));
    link.end(new UpstreamError("crashed", "it ended", { sent: true }));
    const crashed = { failure: "crashed", sent: true };
    expect(await Promise.all(answers)).toEqual([crashed, crashed]);
    const other = pipe();
    const answer = other.post(call(1));
    other.link.push(Buffer.from(`{"jsonrpc":"2.0","id":${other.line().id},"result":{}}`));
    other.link.end(new UpstreamError("crashed", "it ended", { sent: true }));
    expect(await answer).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
  });

  it("sends nothing to an upstream that does not read", async () => {
    const { post, fill, link } = pipe();
    fill();
    expect(await post(call(1))).toEqual({ failure: "unavailable", sent: false });
    expect(link.active).toBe(0);
  });

  it("takes a log line to the one call under way, though a subscription is open too", async () => {
    const { link, post, said, line, say } = pipe();
    const listen = Message.of({ id: "l", method: "subscriptions/listen", params: {} });
    const heard: Message[] = [];
    link.stream(
      listen,
      { headers: [] },
      (message) => heard.push(message),
      () => undefined,
    );
    const answer = post(call(1));
    say({ method: "notifications/message", params: { level: "info", data: "on it" } });
    say({ id: line().id as number, result: {} });
    await answer;
    expect(said.map(({ method }) => method)).toEqual(["notifications/message"]);
    expect(heard).toEqual([]);
  });

  it("takes a question past calls that wait for their client, and to the one that waits where there is no other", () => {
    const { post, line, say } = pipe();
    const asked: string[] = [];
    const ask = () => say({ id: "q", method: "elicitation/create", params: {} });
    const waiting = (name: string) => ({ onMessage: () => void asked.push(name), isQuiet: () => true });
    void post(call(1), waiting("waiting"));
    ask();
    void post(call(2), { onMessage: () => void asked.push("lively") });
    ask();
    expect(asked).toEqual(["waiting", "lively"]);
    say({ id: line().id as number, result: {} });
    void post(call(3), waiting("another"));
    ask();
    expect(asked).toEqual(["waiting", "lively"]);
    expect(line()).toMatchObject({ id: "q", error: { code: -32601 } });
  });

  it("keeps a subscription open until it is stopped, and gives its messages the id it was asked for under", () => {
    const { link, line, say } = pipe();
    const heard: unknown[] = [];
    const listen = Message.of({ id: "l", method: "subscriptions/listen", params: {} });
    const stop = link.stream(
      listen,
      { headers: [] },
      (message) => heard.push(message.meta),
      () => undefined,
    );
    say({
      method: "notifications/tools/list_changed",
      params: { _meta: { "io.modelcontextprotocol/subscriptionId": line().id } },
    });
    expect(heard).toEqual([{ "io.modelcontextprotocol/subscriptionId": "l" }]);
    stop();
    expect(line()).toMatchObject({ method: "notifications/cancelled" });
  });
});
