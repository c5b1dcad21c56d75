import { describe, expect, it } from "vitest";
import { Cancellation } from "../cancellation.ts";
import { fetchSender } from "../senders/fetch-sender.ts";
import { HttpLink } from "../http/http-link.ts";
import { serveSurface } from "../server.ts";
import { failure, legacyHandshake, result, type Received, scriptedUpstream } from "../testing/scripted-upstream.ts";
import { UpstreamError } from "../upstream-error.ts";
import { connectUpstream } from "./connect-upstream.ts";

const us = { name: "shardgate", version: "1" };
const connect = (link: HttpLink) => connectUpstream(link, us, new Cancellation());

/** A legacy upstream that answers `server/discover` in its own way. */
const legacy = (discover: (received: Received) => Response) =>
  scriptedUpstream((received) =>
    received.method === "server/discover" ? discover(received) : legacyHandshake(received, "s1"),
  );

describe("connectUpstream", () => {
  it("meets a modern upstream as it is", async () => {
    const { link, received } = scriptedUpstream((message) =>
      result(message, {
        resultType: "complete",
        supportedVersions: ["2027-01-01", "2026-07-28"],
        capabilities: { tools: { listChanged: true }, x: 1 },
        instructions: "Hi.",
        _meta: { "io.modelcontextprotocol/serverInfo": { name: "new", version: "2" } },
      }),
    );
    const client = await connect(link);
    expect(client).toMatchObject({ era: "modern", version: "2026-07-28", description: { instructions: "Hi." } });
    expect(client.description.serverInfo).toBe('{"name":"new","version":"2"}');
    expect(client.description.capabilities).toBe('{"tools":{"listChanged":true},"x":1}');
    expect(received.map(({ method }) => method)).toEqual(["server/discover"]);
    expect(received[0]?.headers.get("mcp-method")).toBe("server/discover");
    expect(received[0]?.body).toMatchObject({
      params: {
        _meta: { "io.modelcontextprotocol/clientInfo": us, "io.modelcontextprotocol/protocolVersion": "2026-07-28" },
      },
    });
  });

  it("meets a surface of ours as modern", async () => {
    const surface = serveSurface({
      name: "s",
      version: "1",
      tools: [],
      callTool: () => Promise.reject(new Error("none")),
    });
    const link = new HttpLink({
      sender: fetchSender("http://s", surface.fetch),
      url: new URL("http://s/mcp"),
      headers: {},
    });
    expect(await connect(link)).toMatchObject({ era: "modern" });
    await surface.close();
    await expect(connect(link)).rejects.toMatchObject({ failure: "unavailable", status: 503 });
  });

  it.each<[string, (received: Received) => Response]>([
    ["404 and a page", () => new Response("<h1>no</h1>", { status: 404, headers: { "content-type": "text/html" } })],
    ["400", () => new Response("Bad Request: Server not initialized", { status: 400 })],
    ["400 and an error without an id", () => failure({ body: {} } as Received, -32000, 400)],
    ["405", () => new Response(null, { status: 405 })],
    ["an unknown method", (received) => failure(received, -32601)],
    ["an unsupported version", (received) => failure(received, -32022, 400)],
    ["other versions", (received) => result(received, { supportedVersions: ["2027-01-01"] })],
    ["a result of another shape", (received) => result(received, { supportedVersions: "all", _meta: null })],
    ["a list", (received) => result(received, [])],
  ])("takes %s for a legacy upstream", async (_, discover) => {
    const { link, received } = legacy(discover);
    const client = await connect(link);
    expect(client).toMatchObject({ era: "legacy", version: "2025-06-18" });
    expect(received.map(({ method }) => method)).toEqual([
      "server/discover",
      "initialize",
      "notifications/initialized",
    ]);
    expect(received[1]?.body).toMatchObject({
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: us },
    });
    expect(received[1]?.headers.get("mcp-protocol-version")).toBeNull();
    expect(received[2]?.headers.get("mcp-session-id")).toBe("s1");
    expect(received[2]?.headers.get("mcp-protocol-version")).toBe("2025-06-18");
  });

  it.each<[number, string | undefined]>([
    [401, undefined],
    [401, "an error"],
    [403, undefined],
    [403, "an error"],
    [429, undefined],
    [500, undefined],
    [502, "an error"],
    [503, "an error"],
  ])("takes HTTP %i with %s for no verdict", async (status, body) => {
    const { link, received } = legacy((message) =>
      body === undefined ? new Response("no", { status }) : failure(message, -32603, status),
    );
    await expect(connect(link)).rejects.toMatchObject({ failure: status === 429 ? "limited" : "unavailable", status });
    expect(received).toHaveLength(1);
  });

  it("asks once more where an upstream refuses our revision and names it", async () => {
    const refuse = (received: Received, supported: unknown): Response => {
      const error = { code: -32022, message: "no", data: { supported, requested: "2026-07-28" } };
      return Response.json({ jsonrpc: "2.0", id: received.body["id"], error }, { status: 400 });
    };
    const { link, received } = scriptedUpstream((message) =>
      received.length === 1
        ? refuse(message, ["2026-07-28"])
        : result(message, { supportedVersions: ["2026-07-28"], capabilities: {} }),
    );
    expect(await connect(link)).toMatchObject({ era: "modern" });
    expect(received.map(({ method }) => method)).toEqual(["server/discover", "server/discover"]);
    for (const supported of [["2026-07-28"], ["2027-01-01"], "all"]) {
      const stubborn = legacy((message) => refuse(message, supported));
      expect(await connect(stubborn.link)).toMatchObject({ era: "legacy" });
    }
  });

  it("takes a broken connection for no verdict", async () => {
    const sender = fetchSender("http://x", () => Promise.reject(new Error("gone")));
    await expect(connect(new HttpLink({ sender, url: new URL("http://x/"), headers: {} }))).rejects.toThrow("gone");
  });

  it("does not take a modern description with odd parts amiss", async () => {
    const { link } = scriptedUpstream((message) =>
      result(message, { supportedVersions: ["2026-07-28"], capabilities: [], _meta: 7, instructions: 1 }),
    );
    const client = await connect(link);
    expect(client.description).toMatchObject({ instructions: undefined });
    expect(
      client.watch(
        () => undefined,
        () => undefined,
      ),
    ).toBeUndefined();
  });

  it.each<[string, (received: Received) => Response | undefined, string]>([
    ["an error", (message) => failure(message, -32602), "refuses initialize"],
    ["a version nobody knows", (message) => result(message, { protocolVersion: "1999-01-01" }), "1999-01-01"],
    ["no version", (message) => result(message, {}), "undefined"],
    ["a list", (message) => result(message, []), "refuses initialize"],
  ])("says why when initialize is answered with %s", async (_, initialize, reason) => {
    const { link } = scriptedUpstream((message) =>
      message.method === "initialize" ? initialize(message) : failure(message, -32601, 400),
    );
    const failed = await connect(link).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UpstreamError);
    expect(failed).toMatchObject({ failure: "protocol", message: expect.stringContaining(reason) });
  });
});
