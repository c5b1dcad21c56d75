import { hasRealTraefik, startRealTraefik, type RealTraefik } from "@shardgate/traefik-sim/real";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync } from "node:fs";
import * as fs from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openHouse } from "../open-house.ts";
import { settingsSchema } from "../settings.ts";
import { callTool } from "../testing/open-target.ts";
import { poke } from "./poke.ts";
import { createRouteStore } from "./route-store.ts";

const real = hasRealTraefik("the ways to reload a real Traefik that no event reaches");
const folder = mkdtempSync(join(tmpdir(), "reload-ways-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Between two NFS clients no event passes. A Traefik that does not watch stands for one: it loads on SIGHUP alone.
describe.skipIf(!real)("a Traefik that no event reaches", () => {
  let traefik: RealTraefik;
  let sidecar: Server;
  let timer: NodeJS.Timeout | undefined;
  const hup = () => process.kill(traefik.pid, "SIGHUP");

  beforeAll(async () => {
    traefik = await startRealTraefik({ watch: false });
    sidecar = createServer((request, response) => {
      if (request.method === "POST") hup();
      response.writeHead(request.method === "POST" ? 204 : 405).end();
    });
    await new Promise<void>((done) => sidecar.listen(0, "127.0.0.1", done));
  });
  afterAll(async () => {
    sidecar.close();
    await traefik.stop();
  });
  afterEach(() => clearInterval(timer));

  const house = (env: Readonly<Record<string, string>>) =>
    openHouse(
      settingsSchema.parse({
        TRAEFIK_API_URL: traefik.apiUrl,
        TRAEFIK_DYNAMIC_DIR: traefik.dynamicDir,
        SHARD_STATE_DIR: join(folder, "state"),
        VERIFY_TIMEOUT_MS: "1500",
        ...env,
      }),
    );
  const route = (name: string) => ({
    name,
    host: `${name}.example.com`,
    backend: "http://10.0.0.9",
    entrypoints: ["web"],
    probe_backend: false,
  });

  test("touch alone: the route is written and not loaded, and the ways out are named", async () => {
    const made = await callTool(house({}), "create_route", route("touch"));
    expect(made.structured).toMatchObject({ ok: false, outcome: "written_not_loaded" });
    const { next_step: ways } = made.structured;
    expect(ways).toContain("docker kill -s HUP traefik");
    expect(ways).toContain("run this shard on that host");
    expect(ways).toContain("TRAEFIK_PROVIDER=http");
    hup();
    const loaded = await callTool(house({}), "reload_config", {});
    expect(loaded.structured).toMatchObject({ ok: true, loaded: true });
    const gone = await callTool(house({}), "delete_route", { name: "touch" });
    expect(gone.structured).toMatchObject({ ok: false, outcome: "deleted_not_unloaded" });
    hup();
  });

  test.each([
    ["command", () => ({ RELOAD_COMMAND: JSON.stringify(["kill", "-s", "HUP", String(traefik.pid)]) })],
    ["webhook", () => ({ RELOAD_WEBHOOK: `http://127.0.0.1:${(sidecar.address() as AddressInfo).port}/reload` })],
    [
      "none",
      () => {
        // The operator's own timer on Traefik's host.
        timer = setInterval(hup, 300);
        return {};
      },
    ],
  ])("RELOAD_STRATEGY=%s with a SIGHUP behind it: made and deleted, proved", async (strategy, more) => {
    const inside = house({ RELOAD_STRATEGY: strategy, ...more() });
    const made = await callTool(inside, "create_route", route(strategy));
    expect(made.structured).toMatchObject({ ok: true, outcome: "active" });
    const gone = await callTool(inside, "delete_route", { name: strategy });
    expect(gone.structured).toMatchObject({ ok: true, outcome: "deleted" });
  });

  test("a way that fails is told as such, with the file kept", async () => {
    const inside = house({ RELOAD_STRATEGY: "webhook", RELOAD_WEBHOOK: "http://127.0.0.1:9/" });
    const made = await callTool(inside, "create_route", route("lost"));
    expect(made.structured).toMatchObject({
      ok: false,
      outcome: "written_not_loaded",
      reason: expect.stringContaining("webhook does not answer"),
      next_step: expect.stringContaining("RELOAD_WEBHOOK"),
    });
    hup();
    expect((await callTool(house({}), "reload_config", {})).structured).toMatchObject({ loaded: true });
    rmSync(join(traefik.dynamicDir, "mcp-managed", "mcp-lost.yaml"));
  });
});

describe("a folder that may not be touched", () => {
  test("is told with the code and the remedy", async () => {
    const refuse = () => Promise.reject(Object.assign(new Error("EPERM: operation not permitted"), { code: "EPERM" }));
    await expect(poke("/folder", refuse)).rejects.toMatchObject({
      message: expect.stringContaining("EPERM"),
      next: expect.stringContaining("chown"),
    });
  });

  test("is known before anything is changed", async () => {
    const denied = () => Promise.reject(Object.assign(new Error("EACCES"), { code: "EACCES" }));
    const store = createRouteStore({ dynamicDir: folder, fs: { ...fs, access: denied } });
    await expect(store.check()).rejects.toMatchObject({
      message: expect.stringContaining("EACCES"),
      next: expect.stringContaining("write permission"),
    });
  });

  test("write permission is enough to touch it, ownership is not needed", ({ skip }) => {
    if (process.getuid?.() !== 0) return skip("only root can act as somebody else");
    const shared = join(folder, "shared");
    mkdirSync(shared);
    chmodSync(folder, 0o755);
    chmodSync(shared, 0o777);
    utimesSync(shared, 0, 0);
    const script = `require("node:fs").utimesSync(${JSON.stringify(shared)}, "Infinity", "Infinity")`;
    const asNobody = spawnSync(process.execPath, ["-e", script], { uid: 65_534, gid: 65_534, encoding: "utf8" });
    if (asNobody.error !== undefined) return skip(`nobody cannot run ${process.execPath}: ${asNobody.error.message}`);
    expect(asNobody.stderr).toBe("");
    expect(statSync(shared).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  });
});
