import { describe, expect, it } from "vitest";
import { Cancellation } from "../cancellation.ts";
import { fetchSender } from "../senders/fetch-sender.ts";
import { HttpLink } from "../http/http-link.ts";
import { Message } from "../message.ts";
import { serveSurface } from "../server.ts";
import { callTool, ENVELOPE } from "../testing/downstream.ts";
import {
  type Answer,
  downstream,
  eventStream,
  parsed,
  result,
  scriptedUpstream,
} from "../testing/scripted-upstream.ts";
import { connectUpstream } from "./connect-upstream.ts";

const poll = { interval: 2, timeout: 5_000 };
const META = "io.modelcontextprotocol/";
const discovered = {
  supportedVersions: ["2026-07-28"],
  capabilities: { tools: { listChanged: true } },
  serverInfo: { name: "new", version: "1" },
};

async function connected(answer: Answer = () => undefined) {
  const upstream = scriptedUpstream((received) =>
    received.method === "server/discover" ? result(received, discovered) : answer(received),
  );
  const client = await connectUpstream(upstream.link, { name: "us" }, new Cancellation());
  return { ...upstream, client };
}

const modernCall = Message.parse(
  Buffer.from(
    `{"jsonrpc":"2.0", "id":7,"method":"tools/call","params":{"name":"né","x":1.0,"_meta":${JSON.stringify(ENVELOPE)}}}`,
  ),
);
const legacyCall = (name = "now", meta?: object) => Message.of(callTool(name, "a", meta));

describe("ModernClient", () => {
  it("passes a modern call and its answer on untouched, with the headers that mirror it", async () => {
    const bodies: string[] = [];
    const sender = fetchSender("http://up", async (request) => {
      const text = await request.text();
      if (!text.includes("tools/call")) return Response.json({ jsonrpc: "2.0", id: 0, result: discovered });
      bodies.push(text);
      expect(request.headers.get("mcp-method")).toBe("tools/call");
      expect(request.headers.get("mcp-name")).toBe("=?base64?bsOp?=");
      expect(request.headers.get("mcp-param-room")).toBe("attic");
      return new Response('{"id":7 ,"jsonrpc":"2.0","result":{"n":1.0}}', {
        headers: { "content-type": "application/json" },
      });
    });
    const client = await connectUpstream(
      new HttpLink({ sender, url: new URL("http://up/"), headers: {} }),
      {},
      new Cancellation(),
    );
    const { context } = downstream({ paramHeaders: ["Mcp-Param-Room", "attic"] });
    expect((await client.exchange(modernCall, context)).bytes.toString()).toBe(
      '{"id":7 ,"jsonrpc":"2.0","result":{"n":1.0}}',
    );
    expect(bodies).toEqual([modernCall.bytes.toString()]);
  });

  it("gives a legacy call its envelope, and takes the words of its own era out of the answer", async () => {
    const { client, received } = await connected((message) =>
      result(message, { resultType: "complete", content: [], ttlMs: 5, cacheScope: "private", _meta: { k: 1 } }),
    );
    const { context } = downstream({ era: "legacy", version: "2025-06-18" });
    expect(parsed(await client.exchange(legacyCall("now", { progressToken: 3 }), context))).toEqual({
      jsonrpc: "2.0",
      id: "a",
      result: { content: [], _meta: { k: 1 } },
    });
    const call = received.at(-1);
    expect(call?.headers.get("mcp-protocol-version")).toBe("2026-07-28");
    expect(call?.headers.get("mcp-name")).toBe("now");
    expect(call?.body["params"]).toEqual({
      name: "now",
      arguments: {},
      _meta: {
        progressToken: 3,
        [`${META}protocolVersion`]: "2026-07-28",
        [`${META}clientInfo`]: { name: "c", version: "1" },
        [`${META}clientCapabilities`]: {},
      },
    });
  });

  it("wraps for a legacy client the structured content of a tool that was listed so", async () => {
    const { client } = await connected((message) =>
      message.method === "tools/list"
        ? result(message, { tools: [{ name: "now", outputSchema: { type: "array" } }] })
        : result(message, { content: [], structuredContent: [1] }),
    );
    await client.readLists(new Cancellation());
    const { context } = downstream({ era: "legacy" });
    const wrapped = await client.exchange(legacyCall(), context);
    expect(parsed(wrapped)["result"]).toMatchObject({ structuredContent: { result: [1] } });
    const bare = await client.exchange(modernCall, downstream().context);
    expect(parsed(bare)["result"]).toMatchObject({ structuredContent: [1] });
  });

  it("cannot give a client that nobody can ask a question as a result; one of its own era gets it", async () => {
    const { client } = await connected((message) =>
      result(message, { resultType: "input_required", inputRequests: {} }),
    );
    await expect(client.exchange(legacyCall(), downstream({ era: "legacy" }).context)).rejects.toMatchObject({
      failure: "protocol",
      sent: true,
    });
    const passed = await client.exchange(modernCall, downstream().context);
    expect(parsed(passed)["result"]).toMatchObject({ resultType: "input_required" });
  });

  it("hands on notifications before the answer, and no request, which its era does not have", async () => {
    const { client } = await connected(({ body }) => {
      const { response, say, end } = eventStream();
      say({ method: "notifications/progress", params: { progressToken: 3, progress: 1 } });
      say({ id: 1, method: "sampling/createMessage" });
      say({ id: body["id"], result: {} });
      end();
      return response;
    });
    const { context, told } = downstream();
    await client.exchange(modernCall, context);
    expect(told).toEqual([
      { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: 3, progress: 1 } },
    ]);
  });

  it("calls a surface of ours for clients of both eras, progress and cancellation included", async () => {
    const cancelled: string[] = [];
    const surface = serveSurface({
      name: "s",
      version: "1",
      tools: [{ name: "now", inputSchema: { type: "object" } }],
      async callTool(_name, args, { progress, signal }) {
        progress({ progress: 1, total: 2 });
        if (args["wait"] === true) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        if (signal.aborted) cancelled.push("yes");
        return { content: [], structuredContent: { ok: true } };
      },
    });
    const link = new HttpLink({
      sender: fetchSender("http://s", surface.fetch),
      url: new URL("http://s/mcp"),
      headers: {},
    });
    const client = await connectUpstream(link, { name: "us", version: "1" }, new Cancellation());
    expect((await client.readLists(new Cancellation())).lists.tools.map(({ name }) => name)).toEqual(["now"]);
    await client.ping(new Cancellation());
    const { context, told } = downstream({ era: "legacy", version: "2025-11-25" });
    const response = parsed(await client.exchange(legacyCall("now", { progressToken: "t" }), context));
    expect(response["result"]).toMatchObject({ content: [], structuredContent: { ok: true } });
    expect(response["result"]).not.toHaveProperty("resultType");
    expect(told).toMatchObject([{ params: { progressToken: "t", progress: 1, total: 2 } }]);
    const waiting = Message.of({
      id: 2,
      method: "tools/call",
      params: { name: "now", arguments: { wait: true }, _meta: { ...ENVELOPE, progressToken: 1 } },
    });
    const second = downstream();
    const pending = client.exchange(waiting, second.context).catch((error: unknown) => error);
    await expect.poll(() => second.told.length, poll).toBe(1);
    second.context.cancellation.cancel(new Error("bored"));
    expect(await pending).toMatchObject({ failure: "cancelled", message: "bored" });
    await expect.poll(() => cancelled, poll).toEqual(["yes"]);
    await surface.close();
  });

  it("listens for changes where they are announced, until stopped or ended", async () => {
    const { response, say, end } = eventStream();
    const { client, of } = await connected(() => response);
    const heard: string[] = [];
    client.watch(
      (list) => heard.push(list),
      (reason) => heard.push(reason.message),
    );
    await expect.poll(() => of("subscriptions/listen"), poll).toHaveLength(1);
    expect(of("subscriptions/listen")[0]?.body).toMatchObject({
      params: { notifications: { toolsListChanged: true } },
    });
    say({ method: "notifications/subscriptions/acknowledged", params: {} });
    say({ method: "constructor" });
    say({ method: "notifications/tools/list_changed" });
    end();
    await expect.poll(() => heard, poll).toEqual(["tools", "the stream ended"]);
  });
});
