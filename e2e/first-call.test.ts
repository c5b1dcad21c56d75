// The first call through the house, as somebody with curl makes it: gateway, time shard, Traefik shard, and a real Traefik where there is one.
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRealTraefik, startRealTraefik, type RealTraefik } from "@shardgate/traefik-sim/real";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startGateway, startShard, type Gateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { get, send } from "./support/raw-client.ts";
import { rpc } from "./support/rpc-client.ts";

const real = findRealTraefik();

interface Route {
  readonly name: string;
  readonly rule: string;
  readonly managed: boolean;
}

describe.each(["simulated", "real"] as const)("a house with a %s Traefik", (kind) => {
  const stopLater = stopAtEnd();
  const folder = mkdtempSync(join(tmpdir(), "shardgate-first-call-"));
  const missing = kind === "real" && typeof real !== "string" ? real.missing : undefined;
  let backend: Server;
  let traefik: RealTraefik | undefined;
  let gateway: Gateway;

  beforeAll(async () => {
    if (missing !== undefined) return;
    backend = createServer((_, response) => response.end("hello from the backend")).listen(0, "127.0.0.1");
    await once(backend, "listening");
    if (kind === "real") traefik = await stopLater(startRealTraefik());
    const where = traefik && { TRAEFIK_API_URL: traefik.apiUrl, TRAEFIK_DYNAMIC_DIR: traefik.dynamicDir };
    const env = { SHARD_STATE_DIR: folder, ALLOWED_BACKEND_CIDRS: "127.0.0.0/8", ...where };
    const shards = await Promise.all([stopLater(startShard("time")), stopLater(startShard("traefik", { env }))]);
    const SHARDS = shards.map(({ url }) => url).join(",");
    gateway = await stopLater(startGateway({ env: { SHARDS } }));
    await gateway.until("time", "up");
    await gateway.until("traefik", "up");
  });

  afterAll(() => {
    backend?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A call as the README makes it: one POST, nothing before it. */
  async function call(name: string, args: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>> {
    const answer = await send(`${gateway.url}/mcp`, {
      headers: { Accept: "*/*" },
      body: rpc("tools/call", { name, arguments: args }),
      within: 30_000,
    });
    const { result, error } = answer.json();
    if (result === undefined || result["isError"] === true) throw new Error(answer.text);
    expect(error).toBeUndefined();
    return result["structuredContent"] as Record<string, unknown>;
  }

  const managed = async (): Promise<readonly Route[]> =>
    (await call("traefik__list_routes", { managed_only: true }))["routes"] as Route[];

  /** Status and text of a request for the route's host through the entrypoint. */
  const visit = async (): Promise<string> => {
    const answer = await get(`${traefik?.webUrl}/`, { Host: "app.example.com" });
    return `${answer.status} ${answer.text.trim()}`;
  };

  test("shows both shards up, and lists their tools", async ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    const { status, upstreams } = await gateway.health();
    expect(status).toBe("ok");
    expect(upstreams.map(({ name, kind: of, state }) => [name, of, state]).toSorted()).toEqual([
      ["time", "shard", "up"],
      ["traefik", "shard", "up"],
    ]);
    const listed = await send(`${gateway.url}/mcp`, { headers: { Accept: "*/*" }, body: rpc("tools/list") });
    const { tools: all } = listed.json().result as { tools: { name: string }[] };
    const names = all.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["time__current_time", "traefik__create_route"]));
    for (const { name, tools } of upstreams) {
      expect(names.filter((tool) => tool.startsWith(`${name}__`))).toHaveLength(tools);
    }
  });

  test("tells the time", async ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    const { unix, zones } = await call("time__current_time", { zones: ["Asia/Tokyo"] });
    expect(Math.abs((unix as number) - Date.now() / 1000)).toBeLessThan(5);
    expect(zones).toMatchObject([{ zone: "Asia/Tokyo" }]);
  });

  test("makes a route, shows it, serves it, and takes it away", async ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    const { port } = backend.address() as AddressInfo;
    const route = { name: "app", host: "app.example.com", backend: `http://127.0.0.1:${port}`, entrypoints: ["web"] };
    expect(await call("traefik__create_route", route)).toMatchObject({
      ok: true,
      outcome: "active",
      simulated: kind === "simulated",
      route: { name: "mcp-app", rule: "Host(`app.example.com`)" },
    });
    expect(await managed()).toMatchObject([{ name: "mcp-app@file", rule: "Host(`app.example.com`)", managed: true }]);
    if (traefik !== undefined) {
      const router = await get(`${traefik.apiUrl}/api/http/routers/mcp-app@file`);
      expect(JSON.parse(router.text)).toMatchObject({ status: "enabled", rule: "Host(`app.example.com`)" });
      expect(await visit()).toBe("200 hello from the backend");
      expect(readdirSync(join(traefik.dynamicDir, "mcp-managed"))).toHaveLength(1);
    }

    // Once more is no second route.
    expect(await call("traefik__create_route", route)).toMatchObject({ outcome: "unchanged" });
    expect(await call("traefik__delete_route", { name: "app" })).toMatchObject({ ok: true, outcome: "deleted" });
    expect(await managed()).toEqual([]);
    if (traefik !== undefined) {
      expect((await get(`${traefik.apiUrl}/api/http/routers/mcp-app@file`)).status).toBe(404);
      await vi.waitFor(async () => expect(await visit()).toMatch(/^404/), soon);
      expect(readdirSync(join(traefik.dynamicDir, "mcp-managed"))).toEqual([]);
    }
    expect(await call("traefik__delete_route", { name: "app" })).toMatchObject({ outcome: "already_gone" });
  });

  test("logs one line per registration, per state change and per call", async ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    const lines = (msg: string) => gateway.log.filter((line) => line["msg"] === msg);
    const last = { upstream: "traefik", name: "delete_route", outcome: "ok", front: "mcp" };
    // Lines are written together, a moment later.
    await vi.waitFor(() => expect(lines("call").at(-1)).toMatchObject(last), soon);
    expect(lines("upstream registered")).toHaveLength(2);
    const changes = lines("upstream state").map(({ upstream, to }) => `${upstream} ${to}`);
    expect(changes.toSorted()).toEqual(["time up", "traefik up"]);
  });
});
