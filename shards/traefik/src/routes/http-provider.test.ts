import { hasRealTraefik } from "@shardgate/traefik-sim/real";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openAsking, type AskingTarget } from "../testing/open-asking.ts";
import { callTool } from "../testing/open-target.ts";

const real = hasRealTraefik("routes that a real Traefik asks for");

/** Status of a host at an entrypoint. */
function ask(url: string, host: string): Promise<number> {
  return new Promise((done, fail) => {
    request(url, { headers: { host } }, (response) => done(response.resume().statusCode ?? 0))
      .on("error", fail)
      .end();
  });
}

describe.each([
  { kind: "simulated", isMissing: false },
  { kind: "real", isMissing: !real },
] as const)("a $kind Traefik asks the shard (providers.http)", ({ kind, isMissing }) => {
  let target: AskingTarget;
  let backend: Server;
  let args: { name: string; host: string; backend: string; entrypoints: string[] };
  beforeAll(async () => {
    if (isMissing) return;
    target = await openAsking(kind, 300);
    backend = createServer((_, response) => response.end("hello"));
    await new Promise<void>((done) => backend.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
    args = { name: "app", host: "app.example.com", backend: url, entrypoints: ["web"] };
  });
  afterAll(async () => {
    await target?.close();
    backend?.close();
  });
  afterEach(async () => {
    if (isMissing) return;
    target.answer = undefined;
    const { structured } = await target.call("list_routes", { managed_only: true });
    for (const { name } of structured["routes"] as { name: string }[]) await target.call("delete_route", { name });
  });
  const folder = () => join(target.stateDir, "routes");
  /** What a browser gets; a simulated Traefik has no entrypoint that listens. */
  const servedWith = async (status: number): Promise<void> => {
    const url = target.traefik?.webUrl;
    if (url !== undefined) await expect.poll(() => ask(url, "app.example.com"), { timeout: 2000 }).toBe(status);
  };
  const router = (name: string) => target.house.client.item("http", "routers", name);

  test.skipIf(isMissing)(
    "made, served, repeated, replaced, undone and deleted, with nothing in Traefik's folder",
    async () => {
      const made = await target.call("create_route", { ...args, security_headers: true });
      expect(made.structured).toMatchObject({ ok: true, outcome: "active", route: { name: "mcp-app" } });
      expect(await router("mcp-app@http")).toMatchObject({ status: "enabled", middlewares: ["mcp-app-headers@http"] });
      await servedWith(200);
      const listed = await target.call("list_routes", {});
      expect(listed.structured).toMatchObject({ drift: [], routes: [{ name: "mcp-app@http", managed: true }] });
      expect((await target.call("create_route", { ...args, security_headers: true })).structured).toMatchObject({
        ok: true,
        outcome: "unchanged",
      });
      const dry = { ...args, host: "new.example.com", if_exists: "replace", dry_run: true };
      expect((await target.call("create_route", dry)).structured).toMatchObject({
        outcome: "dry_run",
        diff: expect.stringContaining("new.example.com"),
      });
      const replaced = await target.call("create_route", { ...dry, dry_run: false });
      expect(replaced.structured).toMatchObject({ ok: true, outcome: "active", revision: expect.any(String) });
      expect((await target.call("get_route", { name: "app" })).structured).toMatchObject({
        name: "mcp-app@http",
        managed: true,
        history: [{ action: "replace" }, { action: "create" }],
      });
      expect((await target.call("restore_route", {})).structured).toMatchObject({ ok: true, outcome: "active" });
      expect(await router("mcp-app@http")).toMatchObject({ rule: "Host(`app.example.com`)" });
      // The last route: an empty document takes everything away.
      expect((await target.call("delete_route", { name: "app" })).structured).toMatchObject({ outcome: "deleted" });
      await servedWith(404);
      expect(readdirSync(target.dynamicDir)).toEqual(["mcp-managed"]);
      expect(readdirSync(join(target.dynamicDir, "mcp-managed"))).toEqual([]);
    },
  );

  test.skipIf(isMissing)("a middleware of a file is reached by its bare name, TCP and UDP go too", async () => {
    const file = join(target.dynamicDir, "auth.yml");
    writeFileSync(
      file,
      "http: {routers: {front: {rule: Host(`f`), service: noop@internal, middlewares: [login]}}, middlewares: {login: {basicAuth: {users: ['u:$apr1$x$y']}}}}\n",
    );
    await expect.poll(() => router("front@file"), { timeout: 5000, interval: 30 }).toBeDefined();
    const made = await target.call("create_route", { ...args, middlewares: ["login"] });
    expect(made.structured).toMatchObject({ outcome: "active", route: { middlewares: ["login@file"] } });
    await servedWith(401);
    for (const [protocol, entrypoint] of [
      ["tcp", "tcpep"],
      ["udp", "udpep"],
    ] as const) {
      const stream = { name: protocol, protocol, backend: "127.0.0.1:9", entrypoints: [entrypoint] };
      expect((await target.call("create_route", stream)).structured).toMatchObject({ ok: true, outcome: "active" });
    }
    await target.call("delete_route", { name: "app" });
    rmSync(file);
    await expect.poll(() => router("front@file"), { timeout: 5000, interval: 30 }).toBeUndefined();
  });

  test.skipIf(isMissing)("a route that Traefik disables is taken back", async () => {
    const { client } = target.house;
    const running: typeof client.running = async (signal) => {
      const found = await client.running(signal);
      const ghost = { "ghost@file": { status: "enabled", error: [], usedBy: [] } };
      return { ...found, http: { ...found.http, middlewares: { ...found.http.middlewares, ...ghost } } };
    };
    const house = { ...target.house, client: { ...client, running } };
    const made = await callTool(house, "create_route", { ...args, middlewares: ["ghost"] });
    expect(made.structured).toMatchObject({ ok: false, outcome: "rolled_back" });
    expect(readdirSync(folder())).toEqual([]);
    expect(await router("mcp-app@http")).toBeUndefined();
  });

  test.skipIf(isMissing)("what Traefik does not fetch, or does not take, is not called done, and heals", async () => {
    target.answer = () => new Response("", { status: 500 });
    const impatient = target.house.settings;
    const house = { ...target.house, settings: { ...impatient, VERIFY_TIMEOUT_MS: 1000 } };
    const made = await callTool(house, "create_route", args);
    expect(made.structured).toMatchObject({
      ok: false,
      outcome: "written_not_loaded",
      reason: expect.stringContaining("has not asked for the routes since the change"),
    });
    target.answer = undefined;
    expect((await target.call("reload_config", {})).structured).toMatchObject({
      ok: true,
      loaded: true,
      triggered: [],
    });
    expect(await router("mcp-app@http")).toMatchObject({ status: "enabled" });
  });

  test.skipIf(isMissing)("a broken file of ours freezes nothing", async () => {
    writeFileSync(join(folder(), "mcp-broken.yaml"), readFileSync(import.meta.filename));
    try {
      await expect(target.call("create_route", args)).rejects.toThrow("mcp-broken.yaml is broken");
      const answer = await target.house.served?.serve(
        new Request("http://shard/", { headers: { authorization: "Bearer a-token-for-tests-alone" } }),
      );
      expect(answer?.status).toBe(200);
    } finally {
      rmSync(join(folder(), "mcp-broken.yaml"));
    }
  });
});

test.skipIf(!real)(
  "a change shows at the next poll, and Traefik asks no more often than it was told",
  { timeout: 30_000 },
  async () => {
    const target = await openAsking("real", 2000);
    try {
      const args = { host: "a.example.com", backend: "http://10.0.0.9", entrypoints: ["web"], probe_backend: false };
      await target.call("create_route", { name: "first", ...args });
      const asked = target.polls.length;
      const made = await target.call("create_route", { name: "a", ...args, host: "b.example.com" });
      expect(made.structured).toMatchObject({ outcome: "active" });
      expect(made.structured["took_ms"]).toBeLessThan(2000 + 500);
      // Between the two Traefik asked once, and not before its time. Its first requests came while there was no shard.
      expect(target.polls.length).toBe(asked + 1);
      expect((target.polls.at(-1) as number) - (target.polls.at(-2) as number)).toBeGreaterThan(1700);
    } finally {
      await target.close();
    }
  },
);
