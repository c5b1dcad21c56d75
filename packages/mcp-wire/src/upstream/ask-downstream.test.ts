import { describe, expect, it } from "vitest";
import { Cancellation } from "../cancellation.ts";
import type { ExchangeContext } from "../exchange.ts";
import { Message } from "../message.ts";
import { SessionStore } from "../sessions.ts";
import { callTool, type Json } from "../testing/downstream.ts";
import { ScriptedEndpoint } from "../testing/scripted-endpoint.ts";
import {
  type Answer,
  downstream,
  eventStream,
  parsed,
  type Received,
  result,
  scriptedUpstream,
} from "../testing/scripted-upstream.ts";
import { connectUpstream } from "./connect-upstream.ts";

const poll = { interval: 2, timeout: 5_000 };
const META = "io.modelcontextprotocol/";
const discovered = {
  supportedVersions: ["2026-07-28"],
  capabilities: { tools: {} },
  serverInfo: { name: "new", version: "1" },
};

async function connected(answer: Answer) {
  const upstream = scriptedUpstream((received) =>
    received.method === "server/discover" ? result(received, discovered) : answer(received),
  );
  const client = await connectUpstream(upstream.link, { name: "us" }, new Cancellation());
  return { ...upstream, client };
}
const legacyCall = () => Message.of(callTool("now", "a"));

describe("ModernClient for a legacy session", () => {
  const client = { clientInfo: { name: "c", version: "1" }, capabilities: { roots: {}, sampling: {}, x: {} } };
  const sessions = new SessionStore();
  const inSession = (changes: Partial<ExchangeContext> = {}) => {
    const session = sessions.open(new ScriptedEndpoint(), "2025-11-25", client);
    return { session, ...downstream({ era: "legacy", version: "2025-11-25", session, client, ...changes }) };
  };
  const asks = (requests: object, requestState?: string) => ({
    resultType: "input_required",
    inputRequests: requests,
    ...(requestState && { requestState }),
  });
  const paramsOf = ({ body }: Received) => body["params"] as Json & { _meta: Json };

  it("asks the client what the upstream wants to know, round by round, and calls again with the answers", async () => {
    const rounds = [
      asks({ a: { method: "roots/list" }, b: { method: "sampling/createMessage", params: { n: 1 } } }, "first"),
      asks({}, "second"),
      { resultType: "complete", content: [] },
    ];
    const { client: upstream, of } = await connected((message) =>
      result(message, rounds[of("tools/call").length - 1]!),
    );
    const asked: Json[] = [];
    const { context } = inSession({
      request: async (message) => {
        asked.push(parsed(message));
        return Message.result(message.id as string, JSON.stringify({ answerTo: message.method }));
      },
    });
    const response = await upstream.exchange(legacyCall(), context);
    expect(parsed(response)).toEqual({ jsonrpc: "2.0", id: "a", result: { content: [] } });
    expect(asked.map(({ method, params }) => [method, params])).toEqual([
      ["roots/list", undefined],
      ["sampling/createMessage", { n: 1 }],
    ]);
    const calls = of("tools/call");
    expect(calls.map((call) => [paramsOf(call)["requestState"], paramsOf(call)["inputResponses"]])).toEqual([
      [undefined, undefined],
      ["first", { a: { answerTo: "roots/list" }, b: { answerTo: "sampling/createMessage" } }],
      ["second", undefined],
    ]);
    expect(new Set(calls.map(({ body }) => body["id"])).size).toBe(3);
    expect(paramsOf(calls[0]!)._meta[`${META}clientCapabilities`]).toEqual({ roots: {}, sampling: {} });
  });

  it.each<[string, object, string]>([
    ["refuses", { a: { method: "roots/list" } }, "The client refused roots/list: not now"],
    ["did not declare", { a: { method: "elicitation/create", params: {} } }, "did not declare elicitation"],
  ])("fails the tool where the client %s", async (_, requests, text) => {
    const { client: upstream } = await connected((message) => result(message, asks(requests)));
    const { context } = inSession({
      request: async (message) => Message.error(message.id, { code: -1, message: "not now" }),
    });
    const response = parsed(await upstream.exchange(legacyCall(), context));
    expect(response["result"]).toMatchObject({ isError: true, content: [{ text: expect.stringContaining(text) }] });
  });

  it.each<[string, object, string]>([
    ["what nobody can be asked", asks({ a: { method: "tools/call" } }), "no client can be asked"],
    ["nothing", asks({}), "did not say which"],
    ["without an end", asks({ a: { method: "roots/list" } }), "more than 16 times"],
  ])("gives up on an upstream that asks for %s", async (_, outcome, text) => {
    const { client: upstream } = await connected((message) => result(message, outcome));
    const { context } = inSession({ request: async (message) => Message.result(message.id as string, "{}") });
    await expect(upstream.exchange(legacyCall(), context)).rejects.toMatchObject({
      failure: "protocol",
      message: expect.stringContaining(text),
    });
  });

  it("keeps the level a session set, and sends it with each request", async () => {
    const { client: upstream, of, received } = await connected((message) => result(message, { content: [] }));
    const { context, session } = inSession();
    session.logLevel = "warning";
    const level = Message.of({ id: 1, method: "logging/setLevel", params: { level: "warning" } });
    const before = received.length;
    expect(parsed(await upstream.exchange(level, context))["result"]).toEqual({});
    expect(received).toHaveLength(before);
    await upstream.exchange(legacyCall(), context);
    expect(paramsOf(of("tools/call")[0]!)._meta[`${META}logLevel`]).toBe("warning");
  });

  it("mirrors arguments into headers where the tool wants it", async () => {
    const tools = [{ name: "now", inputSchema: { properties: { r: { type: "string", "x-mcp-header": "Region" } } } }];
    const { client: upstream, of } = await connected((message) =>
      result(message, message.method === "tools/list" ? { tools } : { content: [] }),
    );
    await upstream.readLists(new Cancellation());
    const call = Message.of({ id: 1, method: "tools/call", params: { name: "now", arguments: { r: "né" } } });
    await upstream.exchange(call, inSession().context);
    expect(of("tools/call")[0]?.headers.get("mcp-param-region")).toBe("=?base64?bsOp?=");
  });

  it("subscribes with one stream for all resources of a session, which ends with it", async () => {
    const streams: ReturnType<typeof eventStream>[] = [];
    const { client: upstream, of } = await connected((message) => {
      if (message.method !== "subscriptions/listen") return undefined;
      const stream = eventStream();
      streams.push(stream);
      stream.say({ method: "notifications/subscriptions/acknowledged", params: {} });
      return stream.response;
    });
    const { context, session } = inSession();
    const written: string[] = [];
    session.stream = { write: (chunk) => void written.push(chunk.toString()), end: () => undefined };
    const subscribe = (method: string, uri: string) =>
      upstream.exchange(Message.of({ id: 1, method, params: { uri } }), context);
    for (const uri of ["x:a", "x:b", "x:a"]) {
      expect(parsed(await subscribe("resources/subscribe", uri))["result"]).toEqual({});
    }
    const filters = () => of("subscriptions/listen").map((one) => paramsOf(one)["notifications"]);
    expect(filters()).toEqual([{ resourceSubscriptions: ["x:a"] }, { resourceSubscriptions: ["x:a", "x:b"] }]);
    streams[1]?.say({
      method: "notifications/resources/updated",
      params: { uri: "x:b", _meta: { [`${META}subscriptionId`]: 3 } },
    });
    await expect.poll(() => written.join(""), poll).toContain('{"uri":"x:b"}');
    expect(written.join("")).not.toContain("subscriptionId");
    await subscribe("resources/unsubscribe", "x:a");
    expect(filters().at(-1)).toEqual({ resourceSubscriptions: ["x:b"] });
    await subscribe("resources/unsubscribe", "x:b");
    expect(session.attachments.size).toBe(0);
    await subscribe("resources/subscribe", "x:a");
    expect(session.attachments.size).toBe(1);
    sessions.close(session);
    expect(session.attachments.size).toBe(0);
  });
});
