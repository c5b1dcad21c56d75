// The whole house from compose.yaml on a real engine: images built, everything healthy and locked down, a route made, all of it stopped.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findRealTraefik } from "@shardgate/traefik-sim/real";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { imageOf, prepareHouse, type ComposeHouse } from "./support/compose-house.ts";
import { findEngine, type Engine } from "./support/docker.ts";
import type { Health } from "./support/house.ts";
import { soon } from "./support/program.ts";
import { get, send } from "./support/raw-client.ts";
import { rpc } from "./support/rpc-client.ts";

const BASE_IMAGE = "node:24-bookworm-slim";
const OURS = ["gateway", "time", "traefik"];
/** Most that an image may add to its base, in bytes. */
const LARGEST = 120 * 1024 * 1024;
const BUILD_PATIENCE = 420_000;
const GRACE_SECONDS = 40;

const found = findEngine();
const realTraefik = findRealTraefik();

test(".env.example names the variables of the compose files, and all of them", () => {
  const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  const namesIn = (text: string, pattern: RegExp): readonly string[] =>
    [...new Set([...text.matchAll(pattern)].map(([, name]) => name as string))].toSorted();
  const used = namesIn(read("compose.yaml") + read("compose.nfs.yaml"), /\$\{([A-Z_]+)/g);
  // Which image runs, and how an NFS mount is waited for, is the compose files' own business.
  const ours = used.filter((name) => !/_IMAGE$|^RELOAD_|^VERIFY_/.test(name));
  const told = namesIn(read(".env.example"), /^#?([A-Z_]+)=/gm).filter((name) => name !== "COMPOSE_PROFILES");
  expect(told).toEqual(ours);
});

describe("docker compose up --build", () => {
  const missing = "missing" in found ? found.missing : undefined;
  const traefik = typeof realTraefik === "string" ? realTraefik : undefined;
  let engine: Engine;
  let house: ComposeHouse;

  beforeAll(async () => {
    if ("missing" in found) return;
    engine = found;
    house = await prepareHouse(engine, traefik);
    await house.compose(["up", "--detach", "--build", "--wait", "--wait-timeout", "120"], BUILD_PATIENCE);
  }, BUILD_PATIENCE + 60_000);

  afterAll(() => house?.stop(), 120_000);

  const health = async (): Promise<Health> => JSON.parse((await get(`${house.url}/health`)).text) as Health;

  async function call(name: string, args: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const body = rpc("tools/call", { name, arguments: args });
    const { result } = (await send(`${house.url}/mcp`, { body, within: 30_000 })).json();
    if (result === undefined || result["isError"] === true) throw new Error(JSON.stringify(result));
    return result["structuredContent"] as Record<string, unknown>;
  }

  test("every service is healthy, and the gateway shows every shard up", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const lines = (await house.compose(["ps", "--format", "json"])).trim().split("\n");
    const services = lines.map((line) => JSON.parse(line) as { Service: string; State: string; Health: string });
    const states = Object.fromEntries(services.map((one) => [one.Service, `${one.State} ${one.Health}`.trim()]));
    const healthy = Object.fromEntries(OURS.map((name) => [name, "running healthy"]));
    const demo = { proxy: "running healthy", whoami: "running" };
    expect(states).toEqual({ ...healthy, ...(traefik !== undefined && demo) });
    await vi.waitFor(async () => {
      const { upstreams } = await health();
      expect(upstreams.map(({ name, state }) => `${name} ${state}`).toSorted()).toEqual(["time up", "traefik up"]);
    }, soon);
  });

  test("images add little to their base", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const sizeOf = async (image: string) => Number(await engine.docker(["image", "inspect", "-f", "{{.Size}}", image]));
    const base = await sizeOf(BASE_IMAGE);
    const sizes = await Promise.all(OURS.map(async (name) => [name, await sizeOf(imageOf(name))] as const));
    const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
    for (const [name, size] of sizes) {
      process.stdout.write(`Image ${name}: ${megabytes(size)}, of which the base ${megabytes(base)}\n`);
      expect(size - base, name).toBeLessThan(LARGEST);
    }
  });

  test("nothing runs as root, with a capability or on a root it could write", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const containers = await house.containers();
    for (const [service, { Config, HostConfig }] of Object.entries(containers)) {
      expect(Config.User, service).toMatch(/^[1-9]\d*(:[1-9]\d*)?$/);
      expect(HostConfig, service).toMatchObject({ ReadonlyRootfs: true, CapDrop: ["ALL"] });
    }
    const look = `const { readFileSync, writeFileSync } = require("node:fs");
      let wrote = "wrote"; try { writeFileSync("/app/x", "") } catch (error) { wrote = error.code }
      console.log(JSON.stringify({ status: readFileSync("/proc/1/status", "utf8"), wrote }))`;
    for (const service of OURS) {
      const seen = JSON.parse(await house.compose(["exec", "-T", service, "node", "-e", look])) as Record<
        string,
        string
      >;
      expect(seen["wrote"], service).toBe("EROFS");
      expect(seen["status"], service).toMatch(/^Uid:\t[1-9]\d*\t/m);
      expect(seen["status"], service).toMatch(/^CapEff:\t0+$/m);
      expect(seen["status"], service).toMatch(/^NoNewPrivs:\t1$/m);
    }
  });

  test("a route made through the gateway lands in the mounted folder, and Traefik serves it", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    if (traefik === undefined) skip(typeof realTraefik === "string" ? "" : realTraefik.missing);
    const managed = join(house.dynamicDir, "mcp-managed");
    const route = { name: "demo", host: "demo.example.com", backend: "http://whoami:8080" };
    expect(await call("traefik__create_route", route)).toMatchObject({ ok: true, outcome: "active", simulated: false });
    const file = readdirSync(managed).find((name) => /\.ya?ml$/.test(name)) as string;
    expect(readFileSync(join(managed, file), "utf8")).toContain("demo.example.com");
    await vi.waitFor(async () => {
      const answer = await get(`${house.demoUrl}/`, { Host: "demo.example.com" });
      expect(answer.text).toContain("Name: demo");
    }, soon);
    expect(await call("traefik__delete_route", { name: "demo" })).toMatchObject({ outcome: "deleted" });
    expect(existsSync(join(managed, file))).toBe(false);
  });

  test("a shard that ends comes back by itself, and its calls work again", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const startOf = async () => (await house.containers())["time"]?.State.StartedAt;
    const before = await startOf();
    await house.compose(["exec", "-T", "time", "node", "-e", "process.kill(1)"]);
    const patience = { timeout: 30_000, interval: 200 };
    await vi.waitFor(async () => expect(await startOf()).not.toBe(before), patience);
    await vi.waitFor(async () => expect(await call("time__current_time", {})).toHaveProperty("utc"), patience);
    // A call can go through before the gateway has missed it: it is then down for a moment after.
    await vi.waitFor(async () => {
      const time = (await health()).upstreams.find(({ name }) => name === "time");
      expect(time).toMatchObject({ state: "up" });
    }, patience);
  });

  test("compose stop ends everything cleanly within its grace", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const started = performance.now();
    await house.compose(["stop"], (GRACE_SECONDS + 20) * 1000);
    expect(performance.now() - started).toBeLessThan(GRACE_SECONDS * 1000);
    const containers = await house.containers();
    for (const service of OURS) {
      expect(containers[service]?.State, service).toMatchObject({ Status: "exited", ExitCode: 0, OOMKilled: false });
    }
  });
});
