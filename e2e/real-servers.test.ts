// Servers of others, unchanged, as a house has them: over stdio, and over HTTP where they offer it. Every tool is called once.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json } from "./fixture/surface.ts";
import type { Peer } from "./matrix/peer.ts";
import { connectNew, connectOld } from "./matrix/sdk-peers.ts";
import { startGateway, type Gateway } from "./support/house.ts";
import { freePort } from "./support/ports.ts";
import { stopAtEnd } from "./support/program.ts";
import { get } from "./support/raw-client.ts";
import { npmServers, pythonServers } from "./support/real-servers.ts";

const npm = npmServers();
const python = pythonServers();
const folder = mkdtempSync(join(tmpdir(), "real-servers-"));
const kitchen = fileURLToPath(new URL("support/fastmcp-server.py", import.meta.url));
const START_PATIENCE_MS = 30_000;

const stopLater = stopAtEnd();
const children: ChildProcess[] = [];
let gateway: Gateway;

type Args = Readonly<Record<string, unknown>>;
const note = join(folder, "note.txt");
const entity = { name: "Ada", entityType: "person", observations: ["counts"] };

/** Arguments of every tool, in an order in which each finds what it needs. A tool that is not here has its test fail. */
const calls: Readonly<Record<string, Readonly<Record<string, Args>>>> = {
  everything: {
    echo: { message: "hello" },
    "get-sum": { a: 19, b: 23 },
    "get-annotated-message": { messageType: "success", includeImage: true },
    "get-env": {},
    "get-resource-links": { count: 2 },
    "get-resource-reference": { resourceType: "Text", resourceId: 1 },
    "get-roots-list": {},
    "get-structured-content": { location: "Chicago" },
    "get-tiny-image": {},
    "gzip-file-as-resource": { name: "a.gz", data: "data:text/plain,hello", outputType: "resource" },
    "toggle-simulated-logging": {},
    "toggle-subscriber-updates": {},
    "trigger-long-running-operation": { duration: 0.2, steps: 2 },
    "trigger-elicitation-request": {},
    "trigger-elicitation-request-async": {},
    "trigger-sampling-request": { prompt: "Capital?", maxTokens: 5 },
    "trigger-sampling-request-async": { prompt: "Capital?", maxTokens: 5 },
    "trigger-url-elicitation": { url: "https://example.com/", elicitationId: "1" },
    "simulate-research-query": { topic: "tea", ambiguous: false },
  },
  filesystem: {
    list_allowed_directories: {},
    create_directory: { path: join(folder, "more") },
    write_file: { path: note, content: "one\ntwo\n" },
    read_file: { path: note },
    read_text_file: { path: note },
    read_media_file: { path: join(folder, "pixel.png") },
    read_multiple_files: { paths: [note] },
    edit_file: { path: note, edits: [{ oldText: "two", newText: "three" }] },
    list_directory: { path: folder },
    list_directory_with_sizes: { path: folder },
    directory_tree: { path: folder },
    search_files: { path: folder, pattern: "**/*.txt" },
    get_file_info: { path: note },
    move_file: { source: note, destination: join(folder, "more/note.txt") },
  },
  memory: {
    create_entities: { entities: [entity, { ...entity, name: "Bob" }] },
    create_relations: { relations: [{ from: "Ada", to: "Bob", relationType: "knows" }] },
    add_observations: { observations: [{ entityName: "Ada", contents: ["writes"] }] },
    read_graph: {},
    search_nodes: { query: "Ada" },
    open_nodes: { names: ["Ada"] },
    delete_observations: { deletions: [{ entityName: "Ada", observations: ["writes"] }] },
    delete_relations: { relations: [{ from: "Ada", to: "Bob", relationType: "knows" }] },
    delete_entities: { entityNames: ["Ada", "Bob"] },
  },
  time: {
    get_current_time: { timezone: "Europe/Berlin" },
    convert_time: { source_timezone: "UTC", time: "12:00", target_timezone: "Asia/Tokyo" },
  },
  kitchen: { add: { a: 19, b: 23 }, simmer: { minutes: 3 }, burn: {} },
};

/** What fails by being called. */
const fails = new Set(["burn"]);
/** What runs as a task of revision 2025-11-25 only, which no other revision has. */
const asTask = new Set(["simulate-research-query"]);

interface Server {
  /** Of `calls`. */
  readonly name: string;
  readonly upstream: string;
  readonly over: "stdio" | "http" | "sse";
  readonly missing?: string;
  readonly definition: () => object | Promise<object>;
}

const missingNpm = typeof npm === "function" ? {} : npm;
const missingPython = "missing" in python ? python : {};
function program(name: "everything" | "filesystem" | "memory"): string {
  if (typeof npm !== "function") throw new Error(npm.missing);
  return npm(name);
}
function ofPython(): { readonly python: string; readonly env: Readonly<Record<string, string>> } {
  if ("missing" in python) throw new Error(python.missing);
  return python;
}
const node = (name: "everything" | "filesystem" | "memory", ...args: string[]) => ({
  kind: "stdio",
  command: process.execPath,
  args: [program(name), ...args],
});
const inPython = (...args: string[]) => ({ kind: "stdio", command: ofPython().python, args, env: ofPython().env });

/** Starts a server that listens by itself, and waits until it does. */
async function listening(command: string, args: readonly string[], env: Args, port: number): Promise<void> {
  const child = spawn(command, args, {
    env: { PATH: process.env["PATH"], ...env } as NodeJS.ProcessEnv,
    stdio: "ignore",
  });
  children.push(child);
  const end = Date.now() + START_PATIENCE_MS;
  for (;;) {
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    if (Date.now() > end || child.exitCode !== null) throw new Error(`${command} ${args.join(" ")} does not listen`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function everythingOver(transport: "streamableHttp" | "sse"): Promise<number> {
  const port = await freePort();
  await listening(process.execPath, [program("everything"), transport], { PORT: String(port) }, port);
  return port;
}

const servers: readonly Server[] = [
  { name: "everything", upstream: "every", over: "stdio", ...missingNpm, definition: () => node("everything") },
  {
    name: "everything",
    upstream: "every-http",
    over: "http",
    ...missingNpm,
    definition: async () => ({
      kind: "mcp-http",
      url: `http://127.0.0.1:${await everythingOver("streamableHttp")}/mcp`,
    }),
  },
  {
    name: "everything",
    upstream: "every-sse",
    over: "sse",
    ...missingNpm,
    definition: async () => ({ kind: "sse", url: `http://127.0.0.1:${await everythingOver("sse")}/sse` }),
  },
  { name: "filesystem", upstream: "files", over: "stdio", ...missingNpm, definition: () => node("filesystem", folder) },
  {
    name: "memory",
    upstream: "memory",
    over: "stdio",
    ...missingNpm,
    definition: () => ({ ...node("memory"), env: { MEMORY_FILE_PATH: join(folder, "memory.json") } }),
  },
  {
    name: "time",
    upstream: "time",
    over: "stdio",
    ...missingPython,
    definition: () => inPython("-m", "mcp_server_time", "--local-timezone", "UTC"),
  },
  {
    name: "kitchen",
    upstream: "kitchen",
    over: "stdio",
    ...missingPython,
    definition: () => inPython(kitchen, "stdio"),
  },
  {
    name: "kitchen",
    upstream: "kitchen-http",
    over: "http",
    ...missingPython,
    async definition() {
      const port = await freePort();
      await listening(ofPython().python, [kitchen, "http", String(port)], ofPython().env, port);
      return { kind: "mcp-http", url: `http://127.0.0.1:${port}/mcp` };
    },
  },
];

beforeAll(async () => {
  writeFileSync(join(folder, "pixel.png"), Buffer.from("iVBORw0KGgo=", "base64"));
  const found = servers.filter(({ missing }) => missing === undefined);
  const definitions = await Promise.all(found.map(async ({ upstream, definition }) => [upstream, await definition()]));
  gateway = await stopLater(startGateway({ upstreams: Object.fromEntries(definitions), untilUp: false }));
  for (const { upstream } of found) await gateway.until(upstream, "up", START_PATIENCE_MS);
}, 120_000);

afterAll(async () => {
  for (const child of children) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

const clients = [
  { client: "the old SDK", connect: connectOld },
  { client: "the new SDK, modern", connect: connectNew("modern") },
] as const;

const run = (peer: Peer, name: string, args: Args): Promise<Json> =>
  peer.request("tools/call", { name, arguments: args });

/** Calls a tool as a task, and takes its result when it is there (2025-11-25 basic/utilities/tasks). */
async function runTask(peer: Peer, name: string, args: Args): Promise<Json> {
  const { task } = await peer.request("tools/call", { name, arguments: args, task: { ttl: 60_000 } });
  return peer.request("tasks/result", { taskId: (task as { readonly taskId: string }).taskId });
}

/** Made once: it compiles the schema of OpenAPI. */
const openApi = new Validator();

describe.each(servers)("$name over $over", ({ name, upstream, missing }) => {
  test("its OpenAPI document is valid, and has every tool", async ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    const { text } = await get(`${gateway.url}/${upstream}/openapi.json`);
    const document = JSON.parse(text) as { readonly paths: Readonly<Record<string, unknown>> };
    expect(await openApi.validate(document)).toMatchObject({ valid: true });
    const { upstreams } = await gateway.health();
    const tools = upstreams.find((one) => one.name === upstream)?.tools;
    // Where a tool destroys, the one that confirms its calls stands beside them.
    const paths = Object.keys(document.paths).filter((path) => path !== "/confirm_call");
    expect(paths).toHaveLength(tools as number);
  });

  test.for(clients)("every tool, once, called by $client", async ({ connect }, { skip }) => {
    if (missing !== undefined) return skip(missing);
    rmSync(join(folder, "more"), { recursive: true, force: true });
    const peer = await connect(`${gateway.url}/servers/${upstream}/mcp`);
    try {
      const listed = ((await peer.request("tools/list"))["tools"] as readonly Json[]).map((tool) =>
        String(tool["name"]),
      );
      const known = calls[name]!;
      expect(listed.filter((tool) => known[tool] === undefined)).toEqual([]);
      for (const [tool, args] of Object.entries(known)) {
        if (!listed.includes(tool)) continue;
        const result = await (asTask.has(tool) && peer.era === "legacy" ? runTask : run)(peer, tool, args);
        expect(result["content"], tool).toEqual(expect.any(Array));
        const hasFailed = fails.has(tool) || (asTask.has(tool) && peer.era === "modern");
        expect(result["isError"] ?? false, `${tool}: ${JSON.stringify(result).slice(0, 500)}`).toBe(hasFailed);
      }
    } finally {
      await peer.stop();
    }
  });
});
