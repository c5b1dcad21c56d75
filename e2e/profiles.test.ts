// A part of all tools at an address of its own, through a real gateway: by the clients of others, over OpenAPI, from the command
// line, while its configuration changes.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { at, foldersOfTest, write } from "./support/config-file.ts";
import { type Gateway, startGateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { get, send } from "./support/raw-client.ts";
import { type RawUpstream, startRawUpstream } from "./support/raw-upstream.ts";
import { callModern, openSession } from "./support/rpc-client.ts";
import { speak } from "./support/scripts.ts";
import { sdkClients } from "./support/sdk-clients.ts";

const keep = stopAtEnd();
const newFolder = foldersOfTest();
const run = promisify(execFile);
const binary = fileURLToPath(new URL("../packages/gateway/bin/shardgate.mjs", import.meta.url));

let nas: RawUpstream;
let tv: RawUpstream;
let file: string;
let gateway: Gateway;

const media = { groups: ["media"], exclude: ["*__delete"], description: "For the couch." };
const configure = (profiles: object): void =>
  write(file, { nas: at(nas, { group: "media" }), tv: at(tv, { group: "media" }), git: at(nas) }, { profiles });

beforeAll(async () => {
  const tools = (...names: string[]) => Object.fromEntries(names.map((name) => [name, speak(name)]));
  nas = await keep(startRawUpstream({ era: "modern", tools: tools("list", "delete") }));
  tv = await keep(startRawUpstream({ era: "legacy", tools: tools("play") }));
  file = join(newFolder(), "gateway.yaml");
  configure({ media });
  gateway = await keep(startGateway({ files: [file], untilUp: false }));
  for (const name of ["nas", "tv", "git"]) await gateway.until(name, "up");
});

/** Waits until a profile has so many tools. */
const until = (name: string, tools: number | undefined): Promise<void> =>
  vi.waitFor(async () => {
    const found = (await gateway.health()).profiles?.find((one) => one.name === name);
    expect(found?.tools).toBe(tools);
  }, soon);

describe.each(sdkClients)("$client", ({ connect, era }) => {
  test("finds the tools of a profile and no others, and hears when they change", async () => {
    configure({ media });
    await until("media", 2);
    const client = await keep(connect(`${gateway.url}/p/media/mcp`));
    expect(client.era).toBe(era);
    expect((await client.listTools()).map(({ name }) => name)).toEqual(["nas__list", "tv__play"]);
    expect(await client.call("tv__play")).toMatchObject({ content: [{ text: "play" }] });
    await expect(client.call("git__list")).rejects.toThrow("Unknown tool: git__list");
    await expect(client.call("nas__delete")).rejects.toThrow("Unknown tool: nas__delete");
    configure({ media: { ...media, include: ["git__*"] } });
    await vi.waitFor(() => expect(client.changed()).toEqual(["git__list", "nas__list", "tv__play"]), soon);
    configure({ media: { ...media, include: ["git__*"] }, other: {} });
    await until("other", 5);
    expect(client.changes()).toBe(1);
    await client.stop();
  });
});

test("the same over OpenAPI", async () => {
  configure({ media });
  await until("media", 2);
  const { paths, info } = JSON.parse((await get(`${gateway.url}/p/media/openapi.json`)).text) as {
    paths: object;
    info: object;
  };
  expect(Object.keys(paths)).toEqual(["/nas/list", "/tv/play"]);
  expect(info).toMatchObject({ title: "Shardgate: media", description: "For the couch." });
  expect((await get(`${gateway.url}/p/media/docs`)).text).toContain("swagger-ui");
  const called = await send(`${gateway.url}/p/media/tv/play`, { body: "{}" });
  expect([called.status, called.text]).toEqual([200, '"play"']);
  for (const path of ["nas/delete", "git/list"]) {
    expect((await send(`${gateway.url}/p/media/${path}`, { body: "{}" })).status).toBe(404);
  }
});

test("one that is removed is gone with its sessions; what is wrong never applies", async () => {
  configure({ media, other: { upstreams: ["tv"] } });
  await until("other", 1);
  const session = await openSession(`${gateway.url}/p/other/mcp`);
  expect((await session.call("tv__play")).status).toBe(200);
  configure({ media });
  await until("other", undefined);
  for (const answer of [await session.call("tv__play"), await callModern(`${gateway.url}/p/other/mcp`, "tv__play")]) {
    expect(answer.status).toBe(404);
    expect(answer.text).toContain("Unknown profile other; known: media");
  }
  const document = await get(`${gateway.url}/p/other/openapi.json`);
  expect([document.status, document.text]).toEqual([404, '{"detail":"Unknown profile other; known: media"}']);
  configure({ media: { ...media, grups: [] } });
  await vi.waitFor(async () => expect((await gateway.health()).config?.status).toBe("refused"), soon);
  expect((await gateway.health()).config?.problems?.join()).toContain("did you mean groups?");
  expect((await callModern(`${gateway.url}/p/media/mcp`, "tv__play")).status).toBe(200);
  configure({ media });
  await vi.waitFor(async () => expect((await gateway.health()).config?.status).toBe("ok"), soon);
});

test("/health says what a profile names that is not there", async () => {
  configure({ media, odd: { upstreams: ["radio", "tv"] } });
  await until("odd", 1);
  const { profiles } = await gateway.health();
  expect(profiles).toMatchObject([
    { name: "media", tools: 2, upstreams: ["nas", "tv"] },
    { name: "odd", problems: ["upstreams: radio is no upstream"] },
  ]);
});

test("commands take a profile", async () => {
  configure({ media });
  await until("media", 2);
  const shardgate = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, [binary, ...args, "--url", gateway.url])).stdout;
  expect(await shardgate("list", "--profile", "media")).toMatch(/2 tools\n {2}nas__list.*\n {2}tv__play/);
  expect(await shardgate("call", "tv__play", "--profile", "media")).toBe("play\n");
  expect(await shardgate("connect", "vscode", "--profile", "media")).toContain(`${gateway.url}/p/media/mcp`);
  await expect(shardgate("list", "--profile", "radio")).rejects.toThrow("Unknown profile radio; known: media");
});
