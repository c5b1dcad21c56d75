// Routes that a real Traefik asks a real shard for (providers.http): no folder between the two, made and deleted through the gateway.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRealTraefik, startRealTraefik, type RealTraefik } from "@shardgate/traefik-sim/real";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGateway, startShard, type Gateway } from "./support/house.ts";
import { freePort } from "./support/ports.ts";
import { soon, stopAtEnd, type Program } from "./support/program.ts";
import { get, send } from "./support/raw-client.ts";
import { rpc } from "./support/rpc-client.ts";

const real = findRealTraefik();
const missing = typeof real === "string" ? undefined : real.missing;
const stopLater = stopAtEnd();
const folder = mkdtempSync(join(tmpdir(), "shardgate-asked-"));
const token = "a-token-for-tests-alone";

let backend: Server;
let traefik: RealTraefik;
let shard: Program;
let gateway: Gateway;

beforeAll(async () => {
  if (missing !== undefined) return;
  backend = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
  await once(backend, "listening");
  const port = await freePort();
  traefik = await stopLater(
    startRealTraefik({
      providers: `  http: {endpoint: "http://127.0.0.1:${port}/traefik-config", pollInterval: "500ms", headers: {Authorization: "Bearer ${token}"}}`,
    }),
  );
  const env = {
    TRAEFIK_PROVIDER: "http",
    TRAEFIK_CONFIG_TOKEN: token,
    TRAEFIK_API_URL: traefik.apiUrl,
    SHARD_STATE_DIR: folder,
    ALLOWED_BACKEND_CIDRS: "127.0.0.0/8",
  };
  shard = await stopLater(startShard("traefik", { port, env }));
  gateway = await stopLater(startGateway({ env: { SHARDS: shard.url } }));
  await gateway.until("traefik", "up");
});

afterAll(() => {
  backend?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(name: string, args: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const body = rpc("tools/call", { name: `traefik__${name}`, arguments: args });
  const answer = await send(`${gateway.url}/mcp`, { headers: { Accept: "*/*" }, body, within: 30_000 });
  return answer.json().result?.["structuredContent"] as Record<string, unknown>;
}

test("a route is made, served and deleted, and only Traefik gets the document", async ({ skip }) => {
  if (missing !== undefined) return skip(missing);
  const { port } = backend.address() as AddressInfo;
  const route = { name: "app", host: "app.example.com", backend: `http://127.0.0.1:${port}`, entrypoints: ["web"] };
  expect(await call("create_route", route)).toMatchObject({ ok: true, outcome: "active", simulated: false });
  const visit = async () => (await get(`${traefik.webUrl}/`, { Host: "app.example.com" })).status;
  await vi.waitFor(async () => expect(await visit()).toBe(200), soon);

  const document = (headers: Record<string, string>) => get(`${shard.url}/traefik-config`, headers);
  expect((await document({})).status).toBe(401);
  expect((await document({ Authorization: `Bearer ${token}`, Host: "evil.example" })).status).toBe(403);
  const told = await document({ Authorization: `Bearer ${token}` });
  expect(JSON.parse(told.text)).toMatchObject({
    http: { routers: { "mcp-app": { rule: "Host(`app.example.com`)" } } },
  });

  expect(await call("delete_route", { name: "app" })).toMatchObject({ ok: true, outcome: "deleted" });
  await vi.waitFor(async () => expect(await visit()).toBe(404), soon);
});
