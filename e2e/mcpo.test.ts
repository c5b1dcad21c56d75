// `shardgate mcpo` beside mcpo itself, both in front of mcp-server-time: what is not in MIGRATING.md is the same.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { foldersOfTest } from "./support/config-file.ts";
import { pythonTools } from "./support/outside-programs.ts";
import { freePort } from "./support/ports.ts";
import { type Program, startProgram, stopAtEnd } from "./support/program.ts";

const stopLater = stopAtEnd();
const newFolder = foldersOfTest();
const tools = pythonTools("mcpo");
const whyNot = "missing" in tools ? tools.missing : undefined;
const KEY = { authorization: "Bearer k" };
const command = ["mcp-server-time", "--local-timezone=UTC"];
let theirs: string;
let ours: Program;

async function startMcpo(bin: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const args = ["--host", "127.0.0.1", "--port", String(port), "--api-key", "k", "--", ...command];
  const child = spawn(join(bin, "mcpo"), args, { env: { PATH: `${bin}:${process.env["PATH"]}` }, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  await vi.waitFor(() => fetch(`${url}/openapi.json`), { timeout: 30_000, interval: 200 });
  const stop = async (): Promise<void> => {
    child.kill();
    await once(child, "exit");
  };
  return { url, stop };
}

const startOurs = (bin: string, ...args: readonly string[]): Promise<Program> =>
  startProgram({
    file: "packages/gateway/bin/shardgate.mjs",
    args: ["mcpo", "--host", "127.0.0.1", "--port", "0", ...args],
    // Offline, so that nothing is fetched for a server that this test does not need.
    env: {
      PATH: `${bin}:${process.env["PATH"]}`,
      LOG_FORMAT: "json",
      STATE_DIR: newFolder(),
      npm_config_offline: "true",
    },
  });

const json = async (url: string, init?: RequestInit): Promise<unknown> => (await fetch(url, init)).json();

beforeAll(async () => {
  if (!("bin" in tools)) return;
  theirs = (await stopLater(startMcpo(tools.bin))).url;
  ours = await stopLater(startOurs(tools.bin, "--api-key", "k", "--", ...command));
  await vi.waitFor(
    async () => {
      const count = Object.keys((await document(ours.url)).paths).length;
      if (count !== 2) throw new Error(`${count} tools are served`);
    },
    { timeout: 20_000 },
  );
}, 90_000);

interface Document {
  readonly info: object;
  readonly paths: Record<string, { post: Record<string, unknown> & { responses: Record<string, unknown> } }>;
  readonly components: { readonly schemas: Record<string, Record<string, unknown>> };
}
const document = async (base: string): Promise<Document> => (await json(`${base}/openapi.json`)) as Document;

/** Without titles of arguments, which mcpo makes up. */
function withoutTitles(schema: Record<string, unknown>): unknown {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Record<string, unknown>>);
  const untitled = properties.map(([name, one]) => [name, { ...one, title: undefined }]);
  return { ...schema, properties: Object.fromEntries(untitled) };
}

test("the documents agree", async (ctx) => {
  if (whyNot !== undefined) return ctx.skip(whyNot);
  const [a, b] = [await document(theirs), await document(ours.url)];
  expect(b.info).toEqual(a.info);
  expect(Object.keys(b.paths)).toEqual(Object.keys(a.paths));
  for (const [path, { post }] of Object.entries(a.paths)) {
    const { requestBody, responses, ...rest } = post;
    const own = b.paths[path]!.post;
    expect(own).toMatchObject(rest);
    expect(own["requestBody"]).toMatchObject(requestBody as object);
    expect(own.responses["200"]).toEqual(responses["200"]);
  }
  for (const [name, schema] of Object.entries(a.components.schemas)) {
    expect(withoutTitles(b.components.schemas[name] ?? {}), name).toEqual(withoutTitles(schema));
  }
});

test.for([
  ["/get_current_time", KEY, '{"timezone":"UTC","x":1}'],
  ["/convert_time", KEY, '{"source_timezone":"UTC","time":"16:30","target_timezone":"Asia/Tokyo"}'],
  ["/get_current_time", KEY, "{}"],
  ["/get_current_time", KEY, "[]"],
  ["/get_current_time", KEY, "null"],
  ["/get_current_time", KEY, '{"timezone":5}'],
  ["/get_current_time", KEY, '{"timezone":null}'],
  ["/get_current_time", {}, '{"timezone":"UTC"}'],
  ["/get_current_time", { authorization: "Bearer no" }, "{}"],
  ["/nope", KEY, "{}"],
] as const)("POST %s %o %s is answered the same", async ([path, headers, body], ctx) => {
  if (whyNot !== undefined) return ctx.skip(whyNot);
  const init = { method: "POST", headers: { "content-type": "application/json", ...headers }, body };
  const ask = async (base: string): Promise<unknown> => {
    const answer = await fetch(base + path, init);
    const { error: _, datetime, ...rest } = (await answer.json()) as Record<string, unknown>;
    const challenge = answer.headers.get("www-authenticate");
    return {
      status: answer.status,
      challenge,
      hasTime: typeof datetime,
      rest: JSON.stringify(rest).replace(/T\d\d:\d\d:\d\d/g, "T"),
    };
  };
  expect(await ask(ours.url)).toEqual(await ask(theirs));
});

test("a house's thirteen servers: the one that is there is served, the others harm nobody", async (ctx) => {
  if (!("bin" in tools)) return ctx.skip(whyNot);
  const gone = (name: string): [string, object] => [
    name,
    { type: "streamable-http", url: `http://127.0.0.1:1/${name}` },
  ];
  const names =
    "neo4j-cypher neo4j-memory grafana gitea argos-searxng athena github rommie caliban korax huggingface".split(" ");
  const mcpServers = {
    time: { command: command[0], args: command.slice(1) },
    "upstash-context7": { command: "npx", args: ["-y", "@upstash/context7-mcp"] },
    ...Object.fromEntries(names.map(gone)),
  };
  const config = join(newFolder(), "config.json");
  writeFileSync(config, JSON.stringify({ mcpServers }));
  const { url } = await stopLater(startOurs(tools.bin, "--config", config));
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"timezone":"UTC"}' };
  await vi.waitFor(async () => expect((await fetch(`${url}/time/get_current_time`, init)).status).toBe(200), {
    timeout: 20_000,
  });
  expect(await json(`${url}/time/get_current_time`, init)).toMatchObject({ timezone: "UTC" });
  expect((await fetch(`${url}/time/docs`)).status).toBe(200);
  expect(Object.keys((await document(url)).paths)).toEqual(["/time/get_current_time", "/time/convert_time"]);
  for (const name of names) expect((await fetch(`${url}/${name}/docs`)).status, name).toBe(200);
});
