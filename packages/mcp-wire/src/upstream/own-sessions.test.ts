import { describe, expect, it } from "vitest";
import { Message } from "../message.ts";
import { connected, legacyCall, legacyDownstream, ok, poll, sessionOf } from "../testing/legacy-upstream.ts";
import { type Answer, eventStream, parsed, result } from "../testing/scripted-upstream.ts";

describe("LegacyClient and what belongs to no request", () => {
  it("hears it for a session whose client listens, and hands it on there and nowhere else", async () => {
    const streams = new Map<string, ReturnType<typeof eventStream>>();
    const { client, of } = await connected((received) => {
      if (received.method !== "GET") return ok(received);
      const stream = eventStream();
      streams.set(sessionOf(received), stream);
      return stream.response;
    });
    const silent = legacyDownstream();
    await client.exchange(legacyCall(1), silent.context);
    expect(streams.size).toBe(0);
    const written: string[] = [];
    const listening = legacyDownstream();
    listening.session.stream = { write: (chunk) => void written.push(chunk.toString()), end: () => undefined };
    await client.exchange(legacyCall(1), listening.context);
    await client.exchange(legacyCall(2), listening.context);
    expect([...streams.keys()]).toEqual(["s3"]);
    const stream = streams.get("s3")!;
    stream.say({ method: "notifications/message", params: { level: "info" } });
    stream.say({ method: "notifications/tools/list_changed" });
    stream.say({ id: 9, method: "roots/list" });
    await expect.poll(() => written.join(""), poll).toContain("roots/list");
    expect(written.join("")).toContain("notifications/message");
    expect(written.join("")).not.toContain("list_changed");
    const id = /"id":("shardgate-\d+")/.exec(written.join(""))?.[1] as string;
    listening.session.answered(Message.result(id, '{"roots":[]}'));
    await expect
      .poll(() => of("response").map(({ body }) => [body["id"], body["result"]]), poll)
      .toEqual([[9, { roots: [] }]]);
    expect(of("response").map(sessionOf)).toEqual(["s3"]);
  });

  it("sets the level a session asked for when the session is opened, and not before", async () => {
    const answer: Answer = (received) => (received.method === "logging/setLevel" ? result(received, {}) : ok(received));
    const { client, of } = await connected(answer, { capabilities: { logging: {} } });
    const { context, session } = legacyDownstream();
    session.logLevel = "error";
    const level = Message.of({ id: 1, method: "logging/setLevel", params: { level: "error" } });
    expect(parsed(await client.exchange(level, context))["result"]).toEqual({});
    expect(of("initialize")).toHaveLength(1);
    await client.exchange(legacyCall(1), context);
    expect(of("logging/setLevel").map(({ body }) => body["params"])).toEqual([{ level: "error" }]);
    await client.exchange(level, context);
    expect(of("logging/setLevel").map(sessionOf)).toEqual(["s2", "s2"]);
  });

  it("watches resources for a client without a session, in a session made for it", async () => {
    const streams: ReturnType<typeof eventStream>[] = [];
    const { client, of } = await connected((received) => {
      if (received.method === "resources/subscribe") return result(received, {});
      if (received.method !== "GET") return ok(received);
      streams.push(eventStream());
      return streams.at(-1)?.response;
    });
    const updated: string[] = [];
    const stop = await client.watchResources(["x:a", "x:b"], (uri) => updated.push(uri));
    expect(of("resources/subscribe").map(sessionOf)).toEqual(["s2", "s2"]);
    streams[0]?.say({ method: "notifications/resources/updated", params: { uri: "x:b" } });
    await expect.poll(() => updated, poll).toEqual(["x:b"]);
    stop?.();
    await expect.poll(() => of("DELETE").map(sessionOf), poll).toEqual(["s2"]);
    const stateless = await connected(ok, { stateless: true });
    expect(await stateless.client.watchResources(["x:a"], () => undefined)).toBeUndefined();
  });
});
