// Chat turns as people say them, by a scripted model through the gateway, with a real Traefik: what counts is what Traefik does in the end.
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  findRealTraefik,
  makeCertificate,
  startRealTraefik,
  tlsYaml,
  type RealTraefik,
} from "@shardgate/traefik-sim/real";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startGateway, startShard, type Gateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { get, send } from "./support/raw-client.ts";
import { rpc } from "./support/rpc-client.ts";
import { ScriptedModel, type ListedTool, type ToolResult, type Turn } from "./support/scripted-model.ts";

const real = findRealTraefik();
const missing = typeof real === "string" ? undefined : real.missing;

describe("chat about routes", () => {
  const stopLater = stopAtEnd();
  const folder = mkdtempSync(join(tmpdir(), "shardgate-chat-"));
  let backend: Server;
  let address: string;
  let traefik: RealTraefik;
  let gateway: Gateway;
  let model: ScriptedModel;

  const inDynamic = (file: string) => join(traefik.dynamicDir, file);

  beforeAll(async () => {
    if (missing !== undefined) return;
    backend = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await once(backend, "listening");
    address = `127.0.0.1:${(backend.address() as AddressInfo).port}`;
    const inTenDays = new Date(Date.now() + 10 * 86_400_000);
    traefik = await stopLater(
      startRealTraefik({
        prepare: (dynamicDir) => {
          // What was there before us: a login, a site whose service is dead, a certificate that is about to expire.
          writeFileSync(
            join(dynamicDir, "own.yml"),
            `http:
  routers:
    gitea: {rule: Host(\`git.example.com\`), service: gitea, entryPoints: [websecure], tls: {}}
  services:
    gitea: {loadBalancer: {servers: [{url: "http://127.0.0.1:9"}]}}
  middlewares:
    authentik: {basicAuth: {users: ["u:$apr1$x$y"]}}
${tlsYaml([makeCertificate({ names: ["git.example.com"], notAfter: inTenDays })])}`,
          );
        },
      }),
    );
    const env = {
      SHARD_STATE_DIR: folder,
      ALLOWED_BACKEND_CIDRS: "127.0.0.0/8",
      TRAEFIK_API_URL: traefik.apiUrl,
      TRAEFIK_DYNAMIC_DIR: traefik.dynamicDir,
      // Nobody answers there: the documentation falls back to the shard's own text.
      TRAEFIK_DOCS_URL: "http://127.0.0.1:9",
      TRAEFIK_DOCS_SOURCE_URL: "http://127.0.0.1:9",
    };
    const shard = await stopLater(startShard("traefik", { env }));
    gateway = await stopLater(startGateway({ env: { SHARDS: shard.url } }));
    await gateway.until("traefik", "up");
    const listed = await ask("tools/list", {});
    model = new ScriptedModel(listed["tools"] as ListedTool[], call);
  });

  afterAll(() => {
    backend?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(method: string, params: Readonly<Record<string, unknown>>) {
    const options = { headers: { Accept: "*/*" }, body: rpc(method, params), within: 30_000 };
    const { result, error } = (await send(`${gateway.url}/mcp`, options)).json();
    if (result === undefined) throw new Error(JSON.stringify(error));
    return result;
  }

  async function call(name: string, args: Readonly<Record<string, unknown>>): Promise<ToolResult> {
    const result = await ask("tools/call", { name, arguments: args });
    return {
      isError: result["isError"] === true,
      text: (result["content"] as { text: string }[]).map(({ text }) => text).join("\n"),
      structured: (result["structuredContent"] ?? {}) as Record<string, unknown>,
    };
  }

  /** A router as Traefik has it; undefined when it has none. */
  async function router(name: string): Promise<Record<string, unknown> | undefined> {
    for (const protocol of ["http", "tcp"]) {
      const answer = await get(`${traefik.apiUrl}/api/${protocol}/routers/${encodeURIComponent(name)}`);
      if (answer.status === 200) return JSON.parse(answer.text) as Record<string, unknown>;
    }
    return undefined;
  }

  /** Status that a browser gets for a host. */
  const visit = (host: string): Promise<number> =>
    new Promise((done, fail) => {
      request(traefik.websecureUrl, { servername: host, headers: { host }, rejectUnauthorized: false }, (response) =>
        done(response.resume().statusCode ?? 0),
      )
        .on("error", fail)
        .end();
    });

  const called = ({ calls }: Turn): string[] => calls.map(({ tool }) => tool.replace("traefik__", ""));

  /** Says a test's title to the model; ADDRESS stands for the backend's. */
  const say = ({ task }: { readonly task: { readonly name: string } }): Promise<Turn> =>
    model.turn(task.name.replaceAll("ADDRESS", address));

  beforeEach(({ skip }) => {
    if (missing !== undefined) skip(missing);
  });

  test("Expose jellyfin (ADDRESS) on media.example.com with login authentik", async (context) => {
    const done = await say(context);
    expect(called(done)).toEqual(["create_route"]);
    expect(await router("mcp-jellyfin@file")).toMatchObject({ status: "enabled", middlewares: ["authentik@file"] });
    await vi.waitFor(async () => expect(await visit("media.example.com")).toBe(401), soon);
  });

  test("What leads to ADDRESS?", async (context) => {
    const done = await say(context);
    expect(called(done)).toEqual(["list_routes"]);
    expect(done.answer).toContain("mcp-jellyfin@file");
    expect(done.answer).not.toContain("gitea");
  });

  test("Publish photos (ADDRESS) on photos.example.com, show me the YAML first", async (context) => {
    const done = await say(context);
    expect(done.answer).toContain("Host(`photos.example.com`)");
    expect(await router("mcp-photos@file")).toBeUndefined();
  });

  test("Yes, do that", async (context) => {
    const done = await say(context);
    expect(done.calls).toMatchObject([{ args: { dry_run: false }, result: { structured: { outcome: "active" } } }]);
    await vi.waitFor(async () => expect(await visit("photos.example.com")).toBe(200), soon);
  });

  test("Why is gitea 502?", async (context) => {
    const done = await say(context);
    expect(await visit("git.example.com")).toBe(502);
    expect(called(done)[0]).toBe("get_backend_status");
    expect(done.calls[0]?.result.text).toMatch(/127\.0\.0\.1:9 \(ECONNREFUSED\)[\s\S]*502/);
  });

  test("Why does git.example.com not work?", async (context) => {
    const done = await say(context);
    expect(done.calls[0]?.result.structured["diagnosis"]).toContain("127.0.0.1:9 (ECONNREFUSED)");
  });

  test("Why is wiki.example.com 404?", async (context) => {
    const done = await say(context);
    expect(await visit("wiki.example.com")).toBe(404);
    // There is no such route; the error names the tool to look with, and that finds nothing.
    expect(called(done)).toEqual(["get_backend_status", "list_routes"]);
    expect(done.answer).toContain("0 routes");
  });

  test("Which certificates expire soon?", async (context) => {
    const done = await say(context);
    const { certificates } = done.calls[0]!.result.structured as { certificates: Record<string, unknown>[] };
    expect(certificates).toContainEqual(expect.objectContaining({ domain: "git.example.com", status: "expiring" }));
    expect(done.answer).toContain("Without certificate: ");
  });

  test("Move photos (ADDRESS) to a new name, on pics.example.com", async (context) => {
    const done = await say(context);
    // The first try says that the route exists, and how to change it.
    expect(done.calls).toMatchObject([{ result: { isError: true } }, { args: { if_exists: "replace" } }]);
    expect(await router("mcp-photos@file")).toMatchObject({ rule: "Host(`pics.example.com`)" });
  });

  test("Undo that", async (context) => {
    const done = await say(context);
    expect(called(done)).toEqual(["restore_route"]);
    expect(await router("mcp-photos@file")).toMatchObject({ rule: "Host(`photos.example.com`)" });
  });

  test("Take photos offline for a moment", async (context) => {
    const done = await say(context);
    expect(called(done)).toEqual(["delete_route"]);
    expect(await router("mcp-photos@file")).toBeUndefined();
    await vi.waitFor(async () => expect(await visit("photos.example.com")).toBe(404), soon);
  });

  test("Bring it back", async (context) => {
    await say(context);
    expect(await router("mcp-photos@file")).toMatchObject({ status: "enabled" });
    await vi.waitFor(async () => expect(await visit("photos.example.com")).toBe(200), soon);
  });

  test("Expose grafana (ADDRESS) on grafana.example.com with login authentic", async (context) => {
    const done = await say(context);
    // No middleware of that name: the error says which one was meant.
    expect(done.calls).toMatchObject([{ result: { isError: true } }, { args: { middlewares: ["authentik@file"] } }]);
    expect(await router("mcp-grafana@file")).toMatchObject({ middlewares: ["authentik@file"] });
  });

  test("Add these together: wiki (ADDRESS) on wiki.example.com; docs (ADDRESS) on docs.example.com", async (context) => {
    const done = await say(context);
    expect(called(done)).toEqual(["apply_routes"]);
    expect(await router("mcp-wiki@file")).toMatchObject({ status: "enabled" });
    await vi.waitFor(async () => expect(await visit("docs.example.com")).toBe(200), soon);
  });

  test("Undo it", async (context) => {
    const done = await say(context);
    expect(done.answer).toContain("mcp-docs");
    expect(await Promise.all(["mcp-wiki@file", "mcp-docs@file"].map(router))).toEqual([undefined, undefined]);
  });

  test("Show me everything about jellyfin", async (context) => {
    const done = await say(context);
    expect(called(done)).toEqual(["get_route"]);
    expect(done.answer).toMatch(/runs in Traefik[\s\S]*\(create\)/);
  });

  test("Check this: http:\n  routers:\n    a: {rule: Host(`a`), entrypoint: web}", async (context) => {
    const done = await say(context);
    expect(done.calls[0]?.result.structured).toMatchObject({ verdict: "freezes_all", findings: [{ line: 3 }] });
  });

  test("Expose admin (api@internal) on admin.example.com", async (context) => {
    const done = await say(context);
    expect(done.answer).toContain("belongs to Traefik itself");
    expect(await router("mcp-admin@file")).toBeUndefined();
  });

  test("Publish database (ADDRESS) as tcp", async (context) => {
    await say(context);
    expect(await router("mcp-database@file")).toMatchObject({ rule: "HostSNI(`*`)", entryPoints: ["tcpep"] });
    const answer = await get(`http://${traefik.tcpAddress}/`);
    expect(answer.text).toBe("hello");
  });

  test("Look up rate limit", async (context) => {
    const done = await say(context);
    expect(done.answer).toContain("a short text of this shard");
  });

  test("Expose notes (ADDRESS) on notes.example.com", async (context) => {
    writeFileSync(inDynamic("broken.yml"), "http: {}\n");
    const done = await say(context);
    expect(done.answer).toContain("broken.yml is broken");
    expect(await router("mcp-notes@file")).toBeUndefined();
  });

  test("Try again, I have removed it", async (context) => {
    rmSync(inDynamic("broken.yml"));
    await say(context);
    expect(await router("mcp-notes@file")).toMatchObject({ status: "enabled" });
    await vi.waitFor(async () => expect(await visit("notes.example.com")).toBe(200), soon);
  });

  test("nothing else is left behind", () => {
    const files = readdirSync(inDynamic("mcp-managed")).toSorted();
    expect(files).toEqual(["database", "grafana", "jellyfin", "notes", "photos"].map((name) => `mcp-${name}.yaml`));
  });
});
