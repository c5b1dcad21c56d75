// Shards that are wrong in one way each: the gateway says what, at /health and in its log, and the one that is right goes on.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGateway, startShard, type Gateway, type UpstreamHealth } from "./support/house.ts";
import { freePort } from "./support/ports.ts";
import { stopAtEnd } from "./support/program.ts";
import { callModern, openSession, rpc } from "./support/rpc-client.ts";

type Json = Readonly<Record<string, unknown>>;

interface Wrong {
  /** What it answers at `/manifest`; merged into a right one. */
  readonly manifest?: Json;
  readonly health?: Json;
  readonly tools?: readonly Json[];
  /** The revision that it speaks; 2025-06-18 unless said otherwise. */
  readonly protocol?: string;
  readonly status?: number;
  readonly body?: string;
}

const tool = (name: string, more: Json = {}): Json => ({
  name,
  description: "Does it.",
  inputSchema: { type: "object" },
  ...more,
});

/** By the shard's name: what is wrong, what state that gives, and what is said. */
const cases: Readonly<
  Record<
    string,
    Wrong & { readonly state: UpstreamHealth["state"]; readonly says?: RegExp; readonly lists?: readonly string[] }
  >
> = {
  "no-mcp": { manifest: { mcp: undefined }, state: "down", says: /\/manifest is not what a shard answers: mcp/ },
  "bad-name": {
    manifest: { name: "Bad Name" },
    state: "down",
    says: /\/manifest is not what a shard answers: name must be/,
  },
  elsewhere: {
    manifest: { mcp: { path: "//evil.example/mcp", protocolVersions: ["2025-06-18"] } },
    state: "down",
    says: /mcp\.path must be a path on the shard itself/,
  },
  "no-json": { body: "<html>hello</html>", state: "down", says: /\/(health|manifest)/ },
  "no-shard": { status: 404, state: "down", says: /HTTP 404; is it a shard\?/ },
  ill: {
    health: { status: "failed", checks: { lamp: { status: "failed", message: "The lamp is off; switch it on." } } },
    state: "degraded",
    says: /lamp: The lamp is off; switch it on\./,
  },
  twice: {
    tools: [tool("same"), tool("same"), tool("other")],
    state: "up",
    says: /lists the tool same more than once, and only the first counts; rename the others/,
    lists: ["twice__other", "twice__same"],
  },
  unfit: {
    tools: [tool("list", { inputSchema: { type: "array" } }), tool("text", { inputSchema: "none" }), tool("good")],
    state: "up",
    says: /its tool (list|text) is left out, because its inputSchema is no JSON Schema of an object; correct it/,
    lists: ["unfit__good"],
  },
  old: { protocol: "2024-11-05", tools: [tool("talk")], state: "up", lists: ["old__talk"] },
};

const stopLater = stopAtEnd();
const servers: Server[] = [];
let gateway: Gateway;

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(name: string, wrong: Wrong): Promise<string> {
  const { manifest, health, tools = [], protocol = "2025-06-18", status = 200, body } = wrong;
  const documents: Readonly<Record<string, unknown>> = {
    "/manifest": { name, version: "1", mcp: { path: "/mcp", protocolVersions: [protocol] }, tools: [], ...manifest },
    "/health": { status: "ok", name, version: "1", checks: {}, ...health },
  };
  const methods: Readonly<Record<string, unknown>> = {
    initialize: { protocolVersion: protocol, capabilities: { tools: {} }, serverInfo: { name, version: "1" } },
    "tools/list": { tools },
    "tools/call": { content: [{ type: "text", text: `${name} answers` }] },
  };
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const say = (code: number, document: unknown): void =>
      void response.writeHead(code, { "content-type": "application/json" }).end(body ?? JSON.stringify(document));
    if (request.method === "GET") return say(status, documents[request.url ?? ""] ?? {});
    const message = JSON.parse(await text(request)) as { id?: unknown; method: string };
    if (message.id === undefined) return void response.writeHead(202).end();
    const result = methods[message.method];
    const error = { code: -32601, message: "unknown" };
    say(200, { jsonrpc: "2.0", id: message.id, ...(result === undefined ? { error } : { result }) });
  }
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  const entries = await Promise.all(
    Object.entries(cases).map(
      async ([name, wrong]) => [name, { kind: "shard", url: await serve(name, wrong) }] as const,
    ),
  );
  const time = await stopLater(startShard("time"));
  const gone = { kind: "shard", url: `http://127.0.0.1:${await freePort()}` };
  const upstreams = { ...Object.fromEntries(entries), gone, time: { kind: "shard", url: time.url } };
  gateway = await stopLater(startGateway({ upstreams, untilUp: false }));
  await gateway.until("time", "up");
});

test.each(Object.entries(cases))("%s", async (name, { state, says = /(?:)/, lists = [] }) => {
  const { error = "", problems = [] } = await gateway.until(name, state);
  expect([error, ...problems].join("; ")).toMatch(says);
  if (says.source !== "(?:)") {
    // The same words in the log, for whoever looks there.
    const told = () =>
      expect(gateway.log.some((line) => line["upstream"] === name && says.test(JSON.stringify(line)))).toBe(true);
    await vi.waitFor(told, { timeout: 5000, interval: 50 });
  }
  const session = await openSession(`${gateway.url}/mcp`);
  const { result } = (await session.post(rpc("tools/list"))).json();
  const all = result?.["tools"] as readonly { name: string }[];
  const names = all.map((one) => one.name).filter((one) => one.startsWith(`${name}__`));
  expect(names.toSorted()).toEqual(lists);
  for (const listed of lists) expect((await session.call(listed)).text).toContain(`${name} answers`);
  await session.end();
});

test("one that does not run", async () => {
  const { error } = await gateway.until("gone", "down");
  expect(error).toMatch(/ECONNREFUSED|cannot be reached|refused/);
});

test("the one that is right answers all the while", async () => {
  const answer = await callModern(`${gateway.url}/mcp`, "time__current_time", {});
  expect(answer.json().result).toHaveProperty("structuredContent.utc");
});

test("a shard that cannot start says which settings are wrong, all of them, and ends with 1", async () => {
  const main = fileURLToPath(new URL("../shards/dozzle/dist/main.mjs", import.meta.url));
  const env = { PATH: process.env["PATH"], DOZZLE_URL: "dozzle.lan", PORT: "many", DOZZLE_TOKEN: "secret-token" };
  const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "ignore", "pipe"] });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  expect(code).toBe(1);
  expect(said).toMatch(
    /dozzle cannot run. 2 settings are wrong:\nPORT: must be a number.*\nDOZZLE_URL: must be an http or https address/,
  );
  expect(said).not.toContain("secret-token");
});
