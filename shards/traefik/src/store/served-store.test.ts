import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { settingsSchema } from "../settings.ts";
import { createServedStore } from "./served-store.ts";

const TOKEN = "a-token-for-tests-alone";
const route = (name: string, host: string) =>
  `http:\n  routers:\n    ${name}:\n      rule: "Host(\`${host}\`)"\n      service: "${name}"\n      tls: {}\n  services:\n    ${name}: {loadBalancer: {servers: [{url: "http://10.0.0.1"}]}}\n`;

let stateDir: string;
let now = 1_000_000;
beforeEach(() => (stateDir = mkdtempSync(join(tmpdir(), "served-"))));
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const open = (token: string | undefined = TOKEN) =>
  createServedStore({ stateDir: join(stateDir, "new"), token, now: () => now });
const poll = (authorization = `Bearer ${TOKEN}`) =>
  new Request("http://shard:9101/traefik-config", { headers: { authorization } });

describe("the document that Traefik asks for", () => {
  test("holds every route, and follows each change", async () => {
    const store = open();
    expect(await (await store.serve(poll())).text()).toBe("{}");
    await store.write("mcp-a", route("mcp-a", "a.example.com"), null);
    await store.write("mcp-b", route("mcp-b", "b.example.com"), null);
    const answer = await store.serve(poll());
    expect(answer.headers.get("content-type")).toBe("application/json");
    const { http } = (await answer.json()) as { http: Record<string, Record<string, object>> };
    expect(Object.keys(http["routers"] ?? {})).toEqual(["mcp-a", "mcp-b"]);
    expect(http["routers"]?.["mcp-a"]).toEqual({ rule: "Host(`a.example.com`)", service: "mcp-a", tls: {} });
    await store.remove("mcp-a", (await store.read("mcp-a"))?.hash ?? "");
    expect(await (await store.serve(poll())).text()).not.toContain("mcp-a");
  });

  test("leaves a broken file out, as it would freeze the others", async () => {
    const store = open();
    await store.write("mcp-a", route("mcp-a", "a.example.com"), null);
    await store.write("mcp-b", "http: {}\n", null);
    const body = await (await store.serve(poll())).text();
    expect(JSON.parse(body)).toMatchObject({ http: { routers: { "mcp-a": {} } } });
  });

  test("is an error, never empty, while the routes cannot be read", async () => {
    const store = open();
    writeFileSync(join(stateDir, "new"), "a file where the folder belongs");
    expect((await store.serve(poll())).status).toBe(503);
  });

  test("is for whoever has the token, and only to be read", async () => {
    const store = open();
    expect((await store.serve(poll("Bearer wrong"))).status).toBe(401);
    expect((await store.serve(new Request("http://shard/"))).status).toBe(401);
    expect((await store.serve(new Request("http://shard/", { method: "POST" }))).status).toBe(405);
    expect((await createServedStore({ stateDir }).serve(new Request("http://shard/"))).status).toBe(200);
  });
});

test("why Traefik does not know of a change is told from its polls", async () => {
  const store = open();
  expect((await store.unheard()).reason).toBe("Traefik has never asked this shard for its routes.");
  await store.serve(poll("Bearer wrong"));
  now += 4000;
  expect((await store.unheard()).reason).toContain("refused, the last one 4 s ago");
  await store.serve(poll());
  now += 30_000;
  await store.serve(poll());
  await store.write("mcp-a", route("mcp-a", "a.example.com"), null);
  now += 2000;
  expect((await store.unheard()).reason).toContain("it last did 2 s ago. It asks about every 30 s");
  await store.serve(poll());
  expect((await store.unheard()).fix).toContain("providerName=http");
});

test("settings that contradict each other are told", () => {
  const problems = (env: Record<string, string>) =>
    settingsSchema.safeParse({ TRAEFIK_PROVIDER: "http", ...env }).error?.issues.map(({ path }) => path[0]) ?? [];
  const api = { TRAEFIK_API_URL: "http://traefik:8080" };
  expect(problems(api)).toEqual([]);
  expect(problems({})).toEqual(["TRAEFIK_API_URL"]);
  expect(problems({ ...api, TRAEFIK_DYNAMIC_DIR: "/etc/traefik" })).toEqual(["TRAEFIK_DYNAMIC_DIR"]);
  expect(problems({ ...api, RELOAD_STRATEGY: "webhook", RELOAD_WEBHOOK: "http://x" })).toEqual(["RELOAD_STRATEGY"]);
  expect(problems({ ...api, TRAEFIK_CONFIG_TOKEN: "short" })).toEqual(["TRAEFIK_CONFIG_TOKEN"]);
});
