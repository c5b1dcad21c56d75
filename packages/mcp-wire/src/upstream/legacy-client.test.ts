import { describe, expect, it } from "vitest";
import { Cancellation } from "../cancellation.ts";
import { Message } from "../message.ts";
import { type Answer, downstream, eventStream, failure, parsed, type Received } from "../testing/scripted-upstream.ts";
import {
  connected,
  legacyCall,
  legacyDownstream,
  modernCall,
  ok,
  poll,
  sessionOf,
  sessions,
} from "../testing/legacy-upstream.ts";

/** Streams what `say` says, then the response. */
const streaming =
  (...early: readonly ((received: Received) => object)[]): Answer =>
  (received) => {
    if (received.method !== "tools/call") return undefined;
    const { response, say, end } = eventStream();
    for (const message of early) say(message(received));
    say({ id: received.body["id"], result: {} });
    end();
    return response;
  };
const metaOf = ({ body }: Received) => (body["params"] as { _meta?: Record<string, unknown> })._meta;
const progressFor = (token: (received: Received) => unknown) => (received: Received) => ({
  method: "notifications/progress",
  params: { progressToken: token(received), progress: 1 },
});

describe("LegacyClient for a modern client", () => {
  it("calls in its own session without the envelope, and gives the answer its era's words", async () => {
    const { client, of } = await connected(ok);
    const response = parsed(await client.exchange(modernCall(7, { trace: 1 }), downstream().context));
    expect(response).toEqual({ jsonrpc: "2.0", id: 7, result: { resultType: "complete", content: [] } });
    const [call] = of("tools/call") as [Received];
    expect(sessionOf(call)).toBe("s1");
    expect(call.headers.get("mcp-protocol-version")).toBe("2025-06-18");
    expect(call.body["params"]).toEqual({ name: "now", arguments: {}, _meta: { trace: 1 } });
    await client.exchange(modernCall(7), downstream().context);
    expect(new Set(of("tools/call").map(({ body }) => body["id"])).size).toBe(2);
    expect(of("tools/call").map(({ body }) => body["id"])).not.toContain(7);
  });

  it("maps the progress token both ways, and drops progress that nobody asked for", async () => {
    const { client, of } = await connected(
      streaming(
        progressFor((received) => metaOf(received)?.["progressToken"] ?? received.body["id"]),
        progressFor(() => "foreign"),
        () => ({ method: "notifications/tools/list_changed" }),
      ),
    );
    const asking = downstream();
    await client.exchange(modernCall(1, { progressToken: "mine" }), asking.context);
    expect(metaOf(of("tools/call")[0] as Received)?.["progressToken"]).not.toBe("mine");
    expect(asking.told).toEqual([
      { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "mine", progress: 1 } },
    ]);
    const silent = downstream();
    await client.exchange(modernCall(2), silent.context);
    expect(silent.told).toEqual([]);
  });

  it("hands on log messages to those who asked for them", async () => {
    const { client } = await connected(
      streaming(() => ({ method: "notifications/message", params: { level: "info" } })),
    );
    const silent = downstream();
    await client.exchange(modernCall(1), silent.context);
    expect(silent.told).toEqual([]);
    const asking = downstream();
    await client.exchange(modernCall(1, { "io.modelcontextprotocol/logLevel": "debug" }), asking.context);
    expect(asking.told).toMatchObject([{ method: "notifications/message" }]);
  });

  it("declines what the upstream asks of it", async () => {
    const { client, of } = await connected(streaming(() => ({ id: 5, method: "sampling/createMessage" })));
    const { context, told } = downstream();
    await client.exchange(modernCall(1), context);
    await expect.poll(() => of("response"), poll).toHaveLength(1);
    expect(of("response")[0]?.body).toMatchObject({ id: 5, error: { code: -32601 } });
    expect(told).toEqual([]);
  });
});

describe("LegacyClient for a legacy client", () => {
  it("gives each downstream session one of its own, and passes bytes untouched in it", async () => {
    const { client, of } = await connected(ok);
    const one = legacyDownstream();
    const two = legacyDownstream();
    for (const { context } of [one, two, one]) await client.exchange(legacyCall(1, { progressToken: 1 }), context);
    expect(of("tools/call").map(sessionOf)).toEqual(["s2", "s3", "s2"]);
    expect(of("tools/call")[0]?.body).toMatchObject({ id: 1, params: { _meta: { progressToken: 1 } } });
    expect(of("initialize")[1]?.body).toMatchObject({
      params: { capabilities: { roots: {} }, clientInfo: { name: "c" } },
    });
    client.notify(Message.of({ method: "notifications/roots/list_changed" }), one.session);
    await expect.poll(() => of("notifications/roots/list_changed").map(sessionOf), poll).toEqual(["s2"]);
    sessions.close(one.session);
    await expect.poll(() => of("DELETE").map(sessionOf), poll).toEqual(["s2"]);
  });

  it("serves one without a session in the shared one, under ids and tokens of its own", async () => {
    const { client, of } = await connected(streaming(progressFor((received) => metaOf(received)?.["progressToken"])));
    const { context, told } = downstream({ era: "legacy", version: "2025-06-18" });
    expect(parsed(await client.exchange(legacyCall("x", { progressToken: 1 }), context))["id"]).toBe("x");
    expect(sessionOf(of("tools/call")[0] as Received)).toBe("s1");
    expect(of("tools/call")[0]?.body["id"]).not.toBe("x");
    expect(told).toMatchObject([{ params: { progressToken: 1 } }]);
  });

  it("passes everything to an upstream without sessions as it is", async () => {
    const { client, of } = await connected(ok, { stateless: true });
    await client.exchange(legacyCall(1), legacyDownstream().context);
    expect(of("tools/call")[0]?.body["id"]).toBe(1);
    expect(of("initialize")).toHaveLength(1);
    expect(
      client.watch(
        () => undefined,
        () => undefined,
      ),
    ).toBeUndefined();
  });

  it("relays what the upstream asks, and the answer, or that there is none", async () => {
    const ask = streaming(() => ({ id: 5, method: "roots/list" }));
    const { client, of } = await connected(ask);
    const answering = legacyDownstream({
      request: async (message) => Message.result(message.id as string, '{"roots":[]}'),
    });
    await client.exchange(legacyCall(1), answering.context);
    await expect
      .poll(() => of("response").map(({ body }) => body), poll)
      .toEqual([{ jsonrpc: "2.0", id: 5, result: { roots: [] } }]);
    const deaf = legacyDownstream();
    await client.exchange(legacyCall(1), deaf.context);
    await expect
      .poll(() => of("response")[1]?.body, poll)
      .toMatchObject({ id: 5, error: { message: "cannot be asked" } });
    expect(of("response").map(sessionOf)).toEqual(["s2", "s3"]);
  });
});

describe("a session that the upstream forgot", () => {
  it("is opened once more for calls at the same time, and they run there", async () => {
    const { client, of, forgotten } = await connected(ok);
    const { context } = legacyDownstream();
    await client.exchange(legacyCall(1), context);
    forgotten.add("s2");
    const answers = await Promise.all([2, 3, 4].map((id) => client.exchange(legacyCall(id), context)));
    expect(answers.map(({ id }) => id)).toEqual(["2", "3", "4"]);
    expect(of("initialize")).toHaveLength(3);
  });

  it.each([
    ["a session of its own", "s2", "s3"],
    ["the shared one", "s1", "s2"],
  ])("is opened once more for a call that hears of it late, be it %s", async (_, lost, found) => {
    const late = Promise.withResolvers<void>();
    let calls = 0;
    const { client, of } = await connected(async (received) => {
      if (received.method !== "tools/call" || sessionOf(received) !== lost) return ok(received);
      if (++calls === 1) await late.promise;
      return failure(received, -32001, 404);
    });
    const { context } = lost === "s1" ? downstream() : legacyDownstream();
    const message = lost === "s1" ? modernCall(1) : legacyCall(1);
    const slow = client.exchange(message, context);
    await expect.poll(() => calls, poll).toBe(1);
    await client.exchange(message, context);
    late.resolve();
    await slow;
    expect(of("tools/call").map(sessionOf).toSorted()).toEqual([lost, lost, found, found]);
    expect(of("initialize").length).toBe(Number(found.slice(1)));
  });

  it("is opened once more where it is shared", async () => {
    const { client, of, forgotten } = await connected(ok);
    forgotten.add("s1");
    await Promise.all([1, 2, 3].map((id) => client.exchange(modernCall(id), downstream().context)));
    expect(of("initialize")).toHaveLength(2);
    await client.ping(new Cancellation());
    expect(sessionOf(of("ping")[0] as Received)).toBe("s2");
  });

  it("is an error when it is forgotten again", async () => {
    const { client, forgotten, of } = await connected(ok);
    for (const id of ["s1", "s2", "s3", "s4"]) forgotten.add(id);
    // The upstream forgets the new one at its first message already.
    await expect(client.exchange(modernCall(1), downstream().context)).rejects.toMatchObject({
      failure: "session-lost",
    });
    await expect(client.exchange(legacyCall(1), legacyDownstream().context)).rejects.toMatchObject({
      failure: "session-lost",
    });
    expect(of("tools/call").length).toBeLessThanOrEqual(2);
  });
});

describe("cancellation", () => {
  it.each(["modern", "legacy"] as const)("of a %s client's call is sent upstream, with its id there", async (era) => {
    const { client, of } = await connected(({ method }) =>
      method === "tools/call" ? new Promise(() => undefined) : undefined,
    );
    const { context } = era === "modern" ? downstream() : legacyDownstream();
    const pending = client
      .exchange(era === "modern" ? modernCall(1) : legacyCall(1), context)
      .catch((error: unknown) => error);
    await expect.poll(() => of("tools/call"), poll).toHaveLength(1);
    context.cancellation.cancel(new Error("deadline"));
    expect(await pending).toMatchObject({ failure: "cancelled" });
    await expect.poll(() => of("notifications/cancelled"), poll).toHaveLength(1);
    const [call, told] = [of("tools/call")[0], of("notifications/cancelled")[0]] as [Received, Received];
    expect(told.body["params"]).toEqual({ requestId: call.body["id"], reason: "deadline" });
    expect(sessionOf(told)).toBe(sessionOf(call));
  });

  it("after the answer says nothing", async () => {
    const { client, of } = await connected(ok);
    const { context } = downstream();
    await client.exchange(modernCall(1), context);
    context.cancellation.cancel(new Error("late"));
    await client.ping(new Cancellation());
    expect(of("notifications/cancelled")).toEqual([]);
  });
});

it("watches on its GET stream where changes are announced, and declines requests there", async () => {
  const { response, say, end } = eventStream();
  const { client, of } = await connected(({ method }) => (method === "GET" ? response : undefined), {
    capabilities: { tools: { listChanged: true } },
  });
  const heard: string[] = [];
  client.watch(
    (list) => heard.push(list),
    (reason) => heard.push(reason.message),
  );
  say({ method: "notifications/prompts/list_changed" });
  say({ id: 9, method: "roots/list" });
  end();
  await expect.poll(() => heard, poll).toEqual(["prompts", "the stream ended"]);
  expect(of("GET").map(sessionOf)).toEqual(["s1"]);
  await expect.poll(() => of("response")[0]?.body, poll).toMatchObject({ id: 9, error: { code: -32601 } });
  client.close();
  await expect.poll(() => of("DELETE").map(sessionOf), poll).toEqual(["s1"]);
});
