import { afterEach, describe, expect, it } from "vitest";
import { EventReader, type House, inProcess, type Json, openSession, overNode, post } from "../testing/downstream.ts";

const TAG = "io.modelcontextprotocol/subscriptionId";
const poll = { interval: 2, timeout: 5_000 };

describe.each([
  ["fetch", inProcess],
  ["node:http", overNode],
])("list changes over %s", (_, open) => {
  let house: House;
  const start = async (options = {}) => (house = await open(options));
  afterEach(() => house.close());

  describe("subscriptions/listen", () => {
    const listen = (id: number | string, notifications?: unknown) =>
      house.fetch(
        post(
          { id, method: "subscriptions/listen", params: { ...(notifications !== undefined && { notifications }) } },
          { era: "modern" },
        ),
      );

    it("acknowledges what it honours, tells of each change asked for, and ends with a result", async () => {
      await start();
      const response = await listen("s", { toolsListChanged: true, promptsListChanged: false, unknown: true });
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      const events = new EventReader(response);
      expect(await events.next()).toEqual({
        jsonrpc: "2.0",
        method: "notifications/subscriptions/acknowledged",
        params: { notifications: { toolsListChanged: true }, _meta: { [TAG]: "s" } },
      });
      house.endpoint.change("prompts");
      house.endpoint.change("tools");
      expect(await events.next()).toEqual({
        jsonrpc: "2.0",
        method: "notifications/tools/list_changed",
        params: { _meta: { [TAG]: "s" } },
      });
      house.server.closeStreams();
      expect(await events.rest()).toEqual([
        { jsonrpc: "2.0", id: "s", result: { resultType: "complete", _meta: { [TAG]: "s" } } },
      ]);
      expect(house.endpoint.listeners).toBe(0);
    });

    it("tags with the id as it is spelled", async () => {
      await start();
      const request = post({ id: 1, method: "subscriptions/listen", params: { notifications: {} } }, { era: "modern" });
      const body = request.body.toString().replace('"id":1,', '"id":12345678901234567890,');
      const events = new EventReader(await house.fetch({ ...request, body }));
      await events.next();
      expect(events.text).toContain(`{"${TAG}":12345678901234567890}`);
    });

    it("keeps each client's stream its own, and forgets a client that left", async () => {
      await start();
      const one = new EventReader(await listen(1, { toolsListChanged: true }));
      const two = new EventReader(await listen(2, { resourcesListChanged: true }));
      await Promise.all([one.next(), two.next()]);
      house.endpoint.change("resources");
      expect(await two.next()).toMatchObject({
        method: "notifications/resources/list_changed",
        params: { _meta: { [TAG]: 2 } },
      });
      await one.leave();
      await expect.poll(() => house.endpoint.listeners, poll).toBe(1);
      house.endpoint.change("tools");
      house.server.tick();
      await two.more();
      expect(two.text).toContain(": keep-alive");
    });

    it.each([[undefined], [null], [[]], [true]])("refuses the filter %j", async (filter) => {
      await start();
      const response = await listen(4, filter);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ id: 4, error: { code: -32602 } });
      expect(house.endpoint.listeners).toBe(0);
    });

    it("opens no more streams than its cap, of both kinds together", async () => {
      await start({ maxStreams: 2 });
      const session = await openSession(house);
      const first = new EventReader(await listen(1, {}));
      const headers = { "mcp-session-id": session, accept: "text/event-stream" };
      expect((await house.fetch({ method: "GET", headers })).status).toBe(200);
      const refused = await listen(3, {});
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({ id: 3, error: { code: -31013 } });
      await first.next();
      await first.leave();
      await expect.poll(() => house.endpoint.listeners, poll).toBe(1);
      expect((await listen(4, {})).status).toBe(200);
    });

    it("tells of resources it was asked for and can watch, and of nothing once it has ended", async () => {
      await start();
      const notifications = { toolsListChanged: true, resourceSubscriptions: ["file:///a", "no:b", 7, "file:///a"] };
      const message = { id: 9, method: "subscriptions/listen", params: { notifications } };
      const events = new EventReader(await house.fetch(post(message, { era: "modern" })));
      expect(await events.next()).toMatchObject({
        method: "notifications/subscriptions/acknowledged",
        params: { notifications: { toolsListChanged: true, resourceSubscriptions: ["file:///a"] } },
      });
      for (const watcher of house.endpoint.watchers) watcher("file:///a");
      expect(await events.next()).toEqual({
        jsonrpc: "2.0",
        method: "notifications/resources/updated",
        params: { uri: "file:///a", _meta: { "io.modelcontextprotocol/subscriptionId": 9 } },
      });
      await events.leave();
      await expect.poll(() => house.endpoint.watchers.size, poll).toBe(0);
      const many = [...Array(257).keys()].map((at) => `file:///${at}`);
      const greedy = { ...message, params: { notifications: { resourceSubscriptions: many } } };
      expect((await house.fetch(post(greedy, { era: "modern" }))).status).toBe(400);
    });
  });

  describe("the GET stream of a session", () => {
    const get = (session: string, accept = "text/event-stream") =>
      house.fetch({ method: "GET", headers: { "mcp-session-id": session, accept } });

    it("tells of every change, untagged, and is ended with the session", async () => {
      await start();
      const session = await openSession(house);
      const response = await get(session);
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      const events = new EventReader(response);
      for (const list of ["tools", "prompts", "resources"] as const) {
        house.endpoint.change(list);
        expect(await events.next()).toEqual({ jsonrpc: "2.0", method: `notifications/${list}/list_changed` });
      }
      await house.fetch({ method: "DELETE", headers: { "mcp-session-id": session } });
      expect(await events.next()).toBeUndefined();
      await expect.poll(() => house.endpoint.listeners, poll).toBe(0);
    });

    it("replaces the one that the client lost without our noticing", async () => {
      await start();
      const session = await openSession(house);
      const lost = new EventReader(await get(session));
      const found = new EventReader(await get(session));
      expect(await lost.rest()).toEqual([]);
      house.endpoint.change("tools");
      expect(await found.next()).toMatchObject({ method: "notifications/tools/list_changed" });
      expect(house.endpoint.listeners).toBe(1);
      expect(house.sessions.use(session, house.endpoint)?.stream).toBeDefined();
    });

    it("keeps its session alive", async () => {
      await start();
      const session = await openSession(house);
      const idle = await openSession(house);
      await get(session);
      for (let round = 0; round < 3; round++) {
        house.clock.now += 40_000;
        house.server.tick();
      }
      expect(house.sessions.use(session, house.endpoint)).toBeDefined();
      expect(house.sessions.use(idle, house.endpoint)).toBeUndefined();
    });

    it("needs a client that takes it and a session that is known", async () => {
      await start();
      const session = await openSession(house);
      const refused = await get(session, "application/json");
      expect(refused.status).toBe(406);
      expect(((await refused.json()) as Json)["error"]).toMatchObject({ code: -32600 });
      expect((await get("unknown")).status).toBe(404);
    });
  });
});
