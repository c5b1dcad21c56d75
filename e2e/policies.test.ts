// Tools that only some may see and call, through a real gateway and every way in that others do not test: HTTP+SSE, standard input,
// programs that have not been started, a configuration that changes.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client as NewClient, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { describe, expect, test, vi } from "vitest";
import { signedIdentity, type User } from "./open-webui/model/identity.ts";
import { at, foldersOfTest, write } from "./support/config-file.ts";
import { startGateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { startRawUpstream } from "./support/raw-upstream.ts";
import { callModern, modern } from "./support/rpc-client.ts";
import { speak } from "./support/scripts.ts";
import { stateFolder, stdioUpstream } from "./support/stdio.ts";

const keep = stopAtEnd();
const newFolder = foldersOfTest();
const SECRET = "their-secret";
const ada: User = { id: "u-1", name: "Ada", email: "ada@example.org", role: "admin" };
const bob: User = { id: "u-2", name: "Bob", email: "bob@example.org", role: "user" };
const [hers, his] = [ada, bob].map((user) => signedIdentity(user, SECRET)) as [
  Record<string, string>,
  Record<string, string>,
];
const open_webui = { jwt_secret: SECRET };
const denied = { error: { code: -31015, data: { phase: "route", sent: false, retryable: false } } };

describe("a program", () => {
  const policies = [{ tools: ["raw__progress", "raw__ok"], roles: ["admin"] }];
  const namesAt = async (url: string, headers: Record<string, string>): Promise<string[]> => {
    const { result } = (await modern(url, "tools/list", {}, { headers })).json();
    return ((result?.["tools"] ?? []) as { name: string }[]).map(({ name }) => name);
  };

  test("whose tools nobody knows yet is judged by their names, its list by who asks; it is not started for who may not", async () => {
    const raw = stdioUpstream(["--slow", "1000"], { start: "lazy" });
    const upstreams = { raw: raw.definition };
    const options = { upstreams, auth: { open_webui, policies }, untilUp: false, env: { STATE_DIR: stateFolder() } };
    const first = await keep(startGateway(options));
    const own = `${first.url}/servers/raw/mcp`;
    // While it starts, the list is its own answer; later it comes from memory.
    expect((await callModern(own, "ok", {}, { headers: his })).json()).toMatchObject(denied);
    expect((await first.health()).upstreams[0]?.state).toBe("starting");
    for (let turn = 0; turn < 2; turn++) {
      const names = await namesAt(own, his);
      expect(names).toContain("slow");
      expect(names.filter((name) => name === "ok" || name === "progress")).toEqual([]);
      await first.until("raw", "up");
    }
    expect(await namesAt(own, hers)).toEqual(expect.arrayContaining(["ok", "progress"]));
    await first.stop();

    const second = await keep(startGateway(options));
    await second.until("raw", "idle");
    for (const [path, name] of [
      ["/servers/raw/mcp", "ok"],
      ["/mcp", "raw__ok"],
    ] as const) {
      expect((await callModern(second.url + path, name, {}, { headers: his })).json()).toMatchObject(denied);
      expect(await namesAt(second.url + path, his)).not.toContain(name);
    }
    expect((await second.health()).upstreams[0]?.state).toBe("idle");
    expect((await callModern(`${second.url}/mcp`, "raw__ok", {}, { headers: hers })).json()).toMatchObject({
      result: {},
    });
    expect(raw.ledger().filter((line) => line.startsWith("ok"))).toHaveLength(1);
  });
});

describe("clients of others", () => {
  const start = async () => {
    const nas = await keep(startRawUpstream({ era: "modern", tools: { list: speak("list"), delete: speak("gone") } }));
    const auth = { open_webui, policies: [{ tools: ["nas__delete"], users: ["ada@*"] }] };
    return { nas, gateway: await keep(startGateway({ upstreams: { nas: at(nas) }, auth })) };
  };

  test("see and call what their user may, over streamable HTTP and over HTTP+SSE", async () => {
    const { gateway, nas } = await start();
    for (const [headers, names] of [
      [hers, ["nas__list", "nas__delete"]],
      [his, ["nas__list"]],
    ] as const) {
      const requestInit = { headers };
      const modernClient = new NewClient({ name: "new", version: "1" }, { versionNegotiation: { mode: "auto" } });
      await modernClient.connect(new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), { requestInit }));
      const sseClient = new OldClient({ name: "old", version: "1" });
      await sseClient.connect(new SSEClientTransport(new URL(`${gateway.url}/sse`), { requestInit }));
      for (const client of [modernClient, sseClient]) {
        expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(names);
        const call = client.callTool({ name: "nas__delete", arguments: {} });
        if (headers === hers) expect(await call).toMatchObject({ content: [{ text: "gone" }] });
        else await expect(call).rejects.toThrow("bob@example.org is none of them");
        await client.close();
      }
    }
    expect(nas.of("tools/call")).toHaveLength(2);
  });

  test("the log and /metrics have what was refused", async () => {
    const { gateway } = await start();
    await callModern(`${gateway.url}/mcp`, "nas__delete", {}, { headers: his });
    await vi.waitFor(() => {
      expect(gateway.log.find(({ outcome }) => outcome === "policy_denied")).toMatchObject({
        upstream: "nas",
        name: "delete",
        user: { id: "u-2", email: "bob@example.org", role: "user" },
      });
    }, soon);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(/policy_denied.* 1\n/);
  });
});

test("who starts `shardgate stdio` is nobody, whatever a rule says of users", async () => {
  const raw = stdioUpstream();
  const path = join(mkdtempSync(join(tmpdir(), "shardgate-e2e-")), "gateway.yaml");
  const policies = [
    { tools: ["raw__ok"], users: ["*"] },
    { tools: ["raw__progress"], users: ["ada@*"], unnamed: true },
  ];
  writeFileSync(path, JSON.stringify({ auth: { open_webui, policies }, upstreams: { raw: raw.definition } }));
  const client = new NewClient({ name: "new", version: "1" }, { versionNegotiation: { mode: "auto" } });
  const binary = fileURLToPath(new URL("../packages/gateway/bin/shardgate.mjs", import.meta.url));
  const env = { PATH: process.env["PATH"] as string, STATE_DIR: stateFolder() };
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [binary, "stdio", "--config", path],
      env,
      stderr: "ignore",
    }),
  );
  const names = async () => (await client.listTools()).tools.map(({ name }) => name);
  await vi.waitFor(async () => expect(await names()).toContain("raw__progress"), { timeout: 15_000, interval: 100 });
  expect(await names()).not.toContain("raw__ok");
  await expect(client.callTool({ name: "raw__ok" })).rejects.toThrow("this request names none");
  expect(await client.callTool({ name: "raw__progress" })).toMatchObject({ content: [{ type: "text" }] });
  await client.close();
});

test("a policy that is added while the gateway runs counts within a second, and one that is wrong does not apply", async () => {
  const nas = await keep(startRawUpstream({ era: "modern", tools: { list: speak("list") } }));
  const file = join(newFolder(), "gateway.yaml");
  write(file, { nas: at(nas) });
  const gateway = await keep(startGateway({ files: [file], untilUp: false }));
  await gateway.until("nas", "up");
  const call = async () => (await callModern(`${gateway.url}/mcp`, "nas__list", {}, { headers: his })).json();
  expect(await call()).toMatchObject({ result: {} });
  write(file, { nas: at(nas) }, { auth: { policies: [{ tools: ["nas__*"], roles: ["admin"] }] } });
  await vi.waitFor(async () => expect((await gateway.health()).config?.status).toBe("refused"), soon);
  expect((await gateway.health()).config?.problems?.join()).toMatch(
    /gateway\.yaml:\d+:\d+ auth\.policies\.0\.roles: counts only/,
  );
  expect(await call()).toMatchObject({ result: {} });
  write(file, { nas: at(nas) }, { auth: { open_webui, policies: [{ tools: ["nas__*"], roles: ["admin"] }] } });
  await vi.waitFor(async () => expect(await call()).toMatchObject(denied), { timeout: 2_000, interval: 20 });
});
