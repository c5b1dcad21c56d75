import { describe, expect, it } from "vitest";
import { Cancellation } from "../cancellation.ts";
import type { ExchangeContext } from "../exchange.ts";
import { Message } from "../message.ts";
import { ENVELOPE } from "../testing/downstream.ts";
import { connected, poll, sessionOf } from "../testing/legacy-upstream.ts";
import { downstream, eventStream, parsed, type Received } from "../testing/scripted-upstream.ts";

describe("LegacyClient for a modern client that can be asked", () => {
  const capabilities = { "io.modelcontextprotocol/clientCapabilities": { sampling: {}, roots: {} } };
  const ask = (clientInfo: unknown = { name: "c" }, changes: Partial<ExchangeContext> = {}) =>
    downstream({ client: { clientInfo, capabilities: { sampling: {}, roots: {} } }, ...changes });
  const call = (id: string, more: object = {}, name = "now") =>
    Message.of({
      id,
      method: "tools/call",
      params: { name, arguments: {}, ...more, _meta: { ...ENVELOPE, ...capabilities } },
    });

  /** An upstream whose tool asks `questions` at once, waits for as many answers and then is done. */
  async function asking(questions: readonly object[]) {
    const streams: ReturnType<typeof eventStream>[] = [];
    const upstream = await connected((received) => {
      if (received.method !== "tools/call") return undefined;
      const stream = eventStream();
      streams.push(stream);
      for (const question of questions) stream.say(question);
      if (questions.length === 0) {
        stream.say({ id: received.body["id"], result: { content: [] } });
        stream.end();
      }
      return stream.response;
    });
    const finish = (): void => {
      const [first] = upstream.of("tools/call") as [Received];
      streams[0]?.say({ id: first.body["id"], result: { content: [{ type: "text", text: "done" }] } });
      streams[0]?.end();
    };
    return { ...upstream, finish };
  }
  const resultOf = (message: Message) => parsed(message)["result"] as Record<string, never>;

  it("puts its questions into the result, parks the call, and goes on with the answers", async () => {
    const questions = [
      { id: 5, method: "sampling/createMessage", params: { maxTokens: 1 } },
      { id: "r", method: "roots/list" },
    ];
    const { client, of, finish } = await asking(questions);
    const first = resultOf(await client.exchange(call("a"), ask().context));
    expect(first).toMatchObject({
      resultType: "input_required",
      inputRequests: {
        "sampling-1": { method: "sampling/createMessage", params: { maxTokens: 1 } },
        "roots-2": { method: "roots/list" },
      },
    });
    expect(of("initialize").at(-1)?.body).toMatchObject({ params: { capabilities: { sampling: {}, roots: {} } } });
    // Half of the answers: the rest is asked for again.
    const half = { requestState: first["requestState"], inputResponses: { "sampling-1": { text: "hi" }, other: {} } };
    const second = resultOf(await client.exchange(call("b", half), ask().context));
    expect(Object.keys(second["inputRequests"]!)).toEqual(["roots-2"]);
    const rest = { requestState: second["requestState"], inputResponses: { "roots-2": { roots: [] } } };
    const last = client.exchange(call("c", rest), ask().context);
    await expect
      .poll(() => of("response").map(({ body }) => [body["id"], body["result"]]), poll)
      .toEqual([
        [5, { text: "hi" }],
        ["r", { roots: [] }],
      ]);
    finish();
    expect(parsed(await last)).toMatchObject({
      id: "c",
      result: { resultType: "complete", content: [{ text: "done" }] },
    });
    expect(of("tools/call")).toHaveLength(1);
    expect(new Set([...of("tools/call"), ...of("response")].map(sessionOf)).size).toBe(1);
  });

  it("takes a state only from who got it, for what it was given for, unchanged and once", async () => {
    const { client, of } = await asking([{ id: 5, method: "roots/list" }]);
    const first = resultOf(await client.exchange(call("a"), ask().context));
    const state = String(first["requestState"]);
    const refused = async (retry: Message, clientInfo: unknown = { name: "c" }) => {
      const answer = parsed(await client.exchange(retry, ask(clientInfo).context));
      expect(answer["error"]).toMatchObject({ code: -32602, message: expect.stringContaining("requestState") });
    };
    await refused(call("b", { requestState: `${state.slice(0, -1)}!` }));
    await refused(call("b", { requestState: state, arguments: { other: 1 } }));
    await refused(call("b", { requestState: state }), { name: "somebody else" });
    await refused(call("b", { requestState: "guessed" }));
    const again = resultOf(await client.exchange(call("b", { requestState: state }), ask().context));
    expect(again).toMatchObject({ resultType: "input_required" });
    await refused(call("c", { requestState: state }));
    expect(of("tools/call")).toHaveLength(1);
  });

  it("tells the upstream of a client that goes away while it waits, not of one that is to come back", async () => {
    const { client, of } = await asking([{ id: 5, method: "roots/list" }]);
    const gone = new Cancellation();
    const first = resultOf(await client.exchange(call("a"), ask(undefined, { cancellation: gone }).context));
    gone.cancel(new Error("the client closed the connection"));
    expect(of("notifications/cancelled")).toEqual([]);
    const cancellation = new Cancellation();
    const more = { requestState: first["requestState"], inputResponses: { "roots-1": { roots: [] } } };
    const waiting = client.exchange(call("b", more), ask(undefined, { cancellation }).context);
    await expect.poll(() => of("response"), poll).toHaveLength(1);
    cancellation.cancel(new Error("gone"));
    await expect(waiting).rejects.toMatchObject({ failure: "cancelled" });
    await expect.poll(() => of("notifications/cancelled"), poll).toHaveLength(1);
  });

  it("ends what is parked with itself", async () => {
    const { client, of } = await asking([{ id: 5, method: "roots/list" }]);
    await client.exchange(call("a"), ask().context);
    client.close();
    await expect.poll(() => of("notifications/cancelled"), poll).toHaveLength(1);
  });
});
