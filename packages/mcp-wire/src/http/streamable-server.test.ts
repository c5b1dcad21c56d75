import { afterEach, describe, expect, it } from "vitest";
import {
  callTool,
  type House,
  inProcess,
  type Json,
  openSession,
  overNode,
  post,
  postRaw,
  type Posted,
} from "../testing/downstream.ts";
import { ScriptedEndpoint } from "../testing/scripted-endpoint.ts";

const jsonOf = async (response: Response) => (await response.json()) as Json;
const codeOf = async (response: Response) => ((await jsonOf(response))["error"] as { code: number }).code;

describe.each([
  ["fetch", inProcess],
  ["node:http", overNode],
])("streamable HTTP over %s", (_, open) => {
  let house: House;
  const start = async (options = {}) => (house = await open(options));
  afterEach(() => house.close());
  const send = (message: Json, posted?: Posted) => house.fetch(post(message, posted));

  describe("handshakes", () => {
    it.each([
      ["2025-06-18", "2025-06-18"],
      ["2024-11-05", "2024-11-05"],
      ["2099-01-01", "2025-11-25"],
      [7, "2025-11-25"],
    ])("answers initialize for %s with %s and a session", async (asked, agreed) => {
      await start();
      const params = { protocolVersion: asked, capabilities: { roots: {} }, clientInfo: { name: "c" } };
      const response = await send({ id: "i", method: "initialize", params });
      expect(response.status).toBe(200);
      const session = response.headers.get("mcp-session-id") as string;
      expect(session).toMatch(/^[!-~]{32}$/);
      expect(await response.json()).toEqual({
        jsonrpc: "2.0",
        id: "i",
        result: {
          protocolVersion: agreed,
          capabilities: { tools: {} },
          serverInfo: { name: "house", version: "1.0" },
          instructions: "Be kind.",
        },
      });
      expect(house.sessions.use(session, house.endpoint)).toMatchObject({
        version: agreed,
        client: { clientInfo: { name: "c" }, capabilities: { roots: {} } },
      });
    });

    it("answers server/discover without a session", async () => {
      await start();
      const response = await send({ id: 3, method: "server/discover" }, { era: "modern" });
      expect(response.headers.get("mcp-session-id")).toBeNull();
      expect(await jsonOf(response)).toMatchObject({
        id: 3,
        result: {
          resultType: "complete",
          supportedVersions: ["2026-07-28"],
          instructions: "Be kind.",
          cacheScope: "private",
          _meta: { "io.modelcontextprotocol/serverInfo": { name: "house" } },
        },
      });
      expect(house.sessions.size).toBe(0);
    });

    it("answers ping itself in the legacy era, and knows none in the modern one", async () => {
      await start();
      expect(await jsonOf(await send({ id: 1, method: "ping" }))).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
      const modern = await send({ id: 2, method: "ping" }, { era: "modern" });
      expect(modern.status).toBe(404);
      expect(await jsonOf(modern)).toMatchObject({ id: 2, error: { code: -32601 } });
    });
  });

  describe("sessions", () => {
    it("knows a session at its own endpoint only, until DELETE", async () => {
      await start();
      const session = await openSession(house);
      expect((await send(callTool("now"), { session })).status).toBe(200);
      const elsewhere = await house.fetch(post(callTool("now"), { session }), new ScriptedEndpoint());
      expect(elsewhere.status).toBe(404);
      expect((await send(callTool("now"), { session: "unknown" })).status).toBe(404);
      const headers = { "mcp-session-id": session };
      expect((await house.fetch({ method: "DELETE", headers })).status).toBe(204);
      expect((await house.fetch({ method: "DELETE", headers })).status).toBe(404);
      const gone = await send(callTool("now", 5), { session });
      expect(gone.status).toBe(404);
      expect(await jsonOf(gone)).toMatchObject({ id: 5, error: { code: -32600 } });
    });

    it("ends the calls of a session that is deleted", async () => {
      await start();
      const session = await openSession(house);
      const pending = send(callTool("waits"), { session });
      const { context, fail } = await house.endpoint.call();
      await house.fetch({ method: "DELETE", headers: { "mcp-session-id": session } });
      expect(context.cancellation.reason?.message).toContain("closed");
      fail(new Error("cancelled"));
      await (await pending).text();
    });

    it("serves a legacy client without a session, and ignores a session in the modern era", async () => {
      await start();
      expect((await send(callTool("now"))).status).toBe(200);
      expect((await send(callTool("now"), { era: "modern", session: "unknown" })).status).toBe(200);
    });
  });

  describe("version header", () => {
    it.each<[string, string | undefined, number, number | undefined]>([
      ["none", undefined, 200, undefined],
      ["a legacy revision", "2025-06-18", 200, undefined],
      ["no revision", "tomorrow", 400, -32600],
      ["an unknown legacy revision", "2025-01-01", 400, -32600],
      ["the modern revision without its envelope", "2026-07-28", 400, -32602],
      ["an unknown modern revision", "2027-01-01", 400, -32022],
    ])("%s", async (_name, version, status, code) => {
      await start();
      const headers = version === undefined ? {} : { "mcp-protocol-version": version, "mcp-method": "tools/call" };
      const response = await send(callTool("now"), { headers });
      expect(response.status).toBe(status);
      const { error } = (await jsonOf(response)) as { error?: { code: number; data?: Json } };
      expect(error?.code).toBe(code);
      if (code === -32022) expect(error?.data).toEqual({ supported: ["2026-07-28"], requested: version });
    });
  });

  describe("batches", () => {
    const one = (value: object) => JSON.stringify({ jsonrpc: "2.0", ...value });
    const batch = (...messages: string[]) => `[${messages.join(",")}]`;
    const ping = one({ id: 1, method: "ping" });

    it.each([
      ["2025-03-26", 200],
      ["2024-11-05", 400],
      ["2025-06-18", 400],
      ["2025-11-25", 400],
    ])("in a session of %s: %i", async (version, status) => {
      await start();
      const session = await openSession(house, {}, version);
      expect((await house.fetch(postRaw(batch(ping), { session }))).status).toBe(status);
    });

    it.each([
      [undefined, 200],
      ["2025-11-25", 400],
      ["2026-07-28", 400],
    ])("without a session, of %s: %i", async (version, status) => {
      await start();
      const headers = version === undefined ? {} : { "mcp-protocol-version": version };
      const response = await house.fetch(postRaw(batch(ping), { headers }));
      expect(response.status).toBe(status);
      if (status === 400) expect(await codeOf(response)).toBe(-32600);
    });

    it("answers each request in it, errors among them, and takes its notifications", async () => {
      await start();
      const pending = house.fetch(
        postRaw(
          batch(
            one({ method: "notifications/initialized" }),
            one(callTool("bug", "b")),
            one({ method: "notifications/roots/list_changed" }),
            one(callTool("waits", 2)),
            ping,
          ),
        ),
      );
      (await house.endpoint.call()).answer('{"late":true}');
      const response = await pending;
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(await response.json()).toEqual([
        { jsonrpc: "2.0", id: "b", error: { code: -32603, message: "Internal error" } },
        { jsonrpc: "2.0", id: 2, result: { late: true } },
        { jsonrpc: "2.0", id: 1, result: {} },
      ]);
      expect(house.endpoint.notified).toEqual(["notifications/roots/list_changed"]);
    });

    it("cancels one call of it alone", async () => {
      await start();
      const session = await openSession(house, {}, "2025-03-26");
      const pending = house.fetch(postRaw(batch(one(callTool("a", 1)), one(callTool("b", 2))), { session }));
      const first = await house.endpoint.call();
      const second = await house.endpoint.call();
      await send({ method: "notifications/cancelled", params: { requestId: 2 } }, { session });
      expect(first.context.cancellation.reason).toBeUndefined();
      expect(second.context.cancellation.reason).toBeDefined();
      first.answer();
      second.answer();
      expect(await (await pending).json()).toHaveLength(2);
    });

    it("takes one of notifications with 202 and refuses what is malformed", async () => {
      await start();
      const taken = await house.fetch(postRaw(batch(one({ method: "notifications/x" }))));
      expect([taken.status, await taken.text()]).toEqual([202, ""]);
      expect(await codeOf(await house.fetch(postRaw("[]")))).toBe(-32600);
      expect(await codeOf(await house.fetch(postRaw(`[${ping}`)))).toBe(-32700);
      expect(await codeOf(await house.fetch(postRaw(batch(...Array<string>(101).fill(ping)))))).toBe(-32600);
    });
  });

  describe("answers and refusals", () => {
    it("is JSON, with the result's own bytes", async () => {
      await start();
      const response = await send(callTool("now"), { era: "modern" });
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(await response.text()).toBe('{"jsonrpc":"2.0","id":1,"result":{"n":1.0}}');
    });

    it("takes notifications with an empty 202 and hands on what it has no use for", async () => {
      await start();
      for (const method of ["notifications/initialized", "notifications/roots/list_changed"]) {
        const response = await send({ method });
        expect([response.status, await response.text()]).toEqual([202, ""]);
      }
      expect(house.endpoint.notified).toEqual(["notifications/roots/list_changed"]);
    });

    it.each(["legacy", "modern"] as const)(
      "tells a %s client nothing of a bug, and whoever runs it all",
      async (era) => {
        await start();
        const response = await send(callTool("bug", "x"), { era });
        expect(response.status).toBe(500);
        expect(await response.text()).toBe(
          '{"jsonrpc":"2.0","id":"x","error":{"code":-32603,"message":"Internal error"}}',
        );
        expect(house.bugs).toMatchObject([{ message: "secret detail" }]);
      },
    );

    it.each<["legacy" | "modern", string, number]>([
      ["modern", '{"code":-32601,"message":"no"}', 404],
      ["modern", '{"code":-32021,"message":"no"}', 400],
      ["modern", '{"code":-31010,"message":"down"}', 200],
      ["modern", '{"code":"constructor"}', 200],
      ["modern", "null", 200],
      ["legacy", '{"code":-32601,"message":"no"}', 200],
    ])("passes on to a %s client the error %s with status %i", async (era, error, status) => {
      await start();
      const pending = send(callTool("waits", 9), { era });
      (await house.endpoint.call()).error(error);
      const response = await pending;
      expect(response.status).toBe(status);
      expect(await response.text()).toBe(`{"jsonrpc":"2.0","id":9,"error":${error}}`);
    });

    it.each<[string, RequestInit, number, number]>([
      ["PUT", { method: "PUT", body: "{}" }, 405, -32600],
      ["GET without a session", { method: "GET", headers: { accept: "text/event-stream" } }, 405, -32600],
      ["DELETE without a session", { method: "DELETE" }, 405, -32600],
      ["text", postRaw("{}", { headers: { "content-type": "text/plain" } }), 415, -32600],
      [
        "a type that only begins alike",
        postRaw("{}", { headers: { "content-type": "application/jsonp" } }),
        415,
        -32600,
      ],
      ["no JSON", postRaw("{"), 400, -32700],
      ["an empty body", postRaw(""), 400, -32700],
      ["no UTF-8", postRaw(Buffer.from([0x22, 0xff, 0x22])), 400, -32700],
      ["no message", postRaw("7"), 400, -32600],
      ["200,000 levels", postRaw("[".repeat(200_000)), 400, -32700],
      ["more than its limit", postRaw(`"${"x".repeat(2000)}"`), 413, -31017],
    ])("refuses %s", async (_name, init, status, code) => {
      await start({ bodyLimit: 1000 + (status === 413 ? 0 : 1_000_000) });
      const response = await house.fetch(init);
      expect(response.status).toBe(status);
      if (status === 405) expect(response.headers.get("allow")).toBe("POST, GET, DELETE");
      expect(await jsonOf(response)).toMatchObject({ jsonrpc: "2.0", id: null, error: { code } });
      expect((await send(callTool("now"))).status).toBe(200);
      expect(house.bugs).toEqual([]);
    });
  });
});
