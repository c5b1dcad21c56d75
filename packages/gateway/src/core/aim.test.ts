import { Message } from "@shardgate/mcp-wire";
import { describe, expect, it } from "vitest";
import { upstreamState } from "../testing/calls.ts";
import { describeAll } from "./aggregate-description.ts";
import { aim } from "./aim.ts";
import { Catalog } from "./catalog.ts";
import { PromptCatalog } from "./prompt-catalog.ts";
import { ResourceCatalog } from "./resource-catalog.ts";
import type { Snapshot } from "./snapshot.ts";

const item = (member: string, key: string) => ({ key, bytes: Buffer.from(JSON.stringify({ [member]: key, x: 1 })) });
const resources = (upstream: string, ...uris: string[]) => ({
  upstream,
  resources: uris.map((uri) => item("uri", uri)),
  templates: [],
  isCapable: true,
  announced: 0,
});

const description = (capabilities: object, instructions?: string) => ({
  serverInfo: "{}",
  capabilities: JSON.stringify(capabilities),
  instructions,
});

const snapshot: Snapshot = {
  generation: 1,
  catalog: Catalog.of([]),
  prompts: PromptCatalog.of([
    { upstream: "git", prompts: [item("name", "say hi"), item("name", "bye")], isBare: false, announced: 0 },
    { upstream: "nas", prompts: [item("name", "bye")], isBare: false, announced: 0 },
  ]),
  resources: new ResourceCatalog([resources("git", "file:///a"), resources("nas", "file:///a")]),
  upstreams: new Map([
    ["git", upstreamState({ name: "git", description: description({ prompts: {} }, "Use git.") })],
    ["nas", upstreamState({ name: "nas", description: description({ resources: {} }, "x".repeat(3_000)) })],
  ]),
};
const asked = (text: string) => Message.parse(Buffer.from(`{"jsonrpc":"2.0","id":1,${text}}`));

describe("aim", () => {
  it.each([
    [
      "a prompt",
      '"method":"prompts/get","params":{ "name":"git__say_hi","x":1.0}',
      "git",
      '{ "name":"say hi","x":1.0}',
    ],
    ["a prompt of two", '"method":"prompts/get","params":{"name":"nas__bye"}', "nas", '{"name":"bye"}'],
    ["a resource", '"method":"resources/read","params":{ "uri":"file:///a"}', "git", '{ "uri":"file:///a"}'],
    [
      "a resource that collides",
      '"method":"resources/read","params":{ "uri":"shardgate+nas+file:///a","x":1.0}',
      "nas",
      '{ "uri":"file:///a","x":1.0}',
    ],
    [
      "a subscription",
      '"method":"resources/subscribe","params":{"uri":"shardgate+nas+file:///a"}',
      "nas",
      '{"uri":"file:///a"}',
    ],
    [
      "completion of a prompt",
      '"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"nas__bye"},"argument":{"n":1.0}}',
      "nas",
      '{"ref":{"name":"bye","type":"ref/prompt"},"argument":{"n":1.0}}',
    ],
    [
      "completion of a template",
      '"method":"completion/complete","params":{"ref":{"type":"ref/resource","uri":"shardgate+nas+x://{y}"}}',
      "nas",
      '{"ref":{"uri":"x://{y}","type":"ref/resource"}}',
    ],
  ])("words %s for the upstream that has it", (_, text, upstream, params) => {
    const aimed = aim(snapshot, asked(text));
    expect(aimed?.upstream).toBe(upstream);
    expect(aimed?.message.paramsBytes?.toString()).toBe(params);
  });

  it.each([
    ["an unknown prompt", '"method":"prompts/get","params":{"name":"say hi"}', "unknown_prompt"],
    ["no name", '"method":"prompts/get"', "invalid_request"],
    ["an unknown resource", '"method":"resources/read","params":{"uri":"x:y"}', "unknown_resource"],
    ["a resource of nobody", '"method":"resources/read","params":{"uri":"shardgate+gone+x:y"}', "unknown_resource"],
    ["no uri", '"method":"resources/read","params":{"uri":7}', "invalid_request"],
    ["no reference", '"method":"completion/complete","params":{}', "invalid_request"],
  ])("refuses %s", (_, text, kind) => {
    expect(() => aim(snapshot, asked(text))).toThrow(expect.objectContaining({ kind }));
  });

  it("knows nothing of methods that name nothing", () => {
    expect(aim(snapshot, asked('"method":"tasks/get"'))).toBeUndefined();
    expect(aim(snapshot, asked('"method":"constructor"'))).toBeUndefined();
  });

  it("gives the contents of a resource that collides the name they were asked for", () => {
    const { answer } = aim(snapshot, asked('"method":"resources/read","params":{"uri":"shardgate+nas+file:///a"}'))!;
    const response = Message.result("1", '{"contents":[{"uri":"file:///a","n":1.0},{"text":"no uri"}],"x":1.0}');
    expect(answer?.(response).outcome.toString()).toBe(
      '{"contents":[{"uri":"shardgate+nas+file:///a","n":1.0},{"text":"no uri"}],"x":1.0}',
    );
    const error = Message.error("1", { code: -32602, message: "no" });
    expect(answer?.(error)).toBe(error);
  });
});

describe("describeAll", () => {
  it("says what any of them can do, and their instructions under their names, cut where they are long", () => {
    const { capabilities, instructions } = describeAll(snapshot, "1");
    expect(Object.keys(JSON.parse(capabilities) as object)).toEqual(["tools", "prompts", "resources"]);
    expect(instructions).toMatch(/^# git\nUse git\.\n\n# nas\nx{2000}…$/);
  });

  it("takes one that was not reached yet for able to do anything", () => {
    const upstreams = new Map([["new", upstreamState({ description: undefined })]]);
    const { capabilities, instructions } = describeAll({ ...snapshot, upstreams }, "1");
    expect(Object.keys(JSON.parse(capabilities) as object)).toEqual([
      "tools",
      "prompts",
      "resources",
      "completions",
      "logging",
    ]);
    expect(instructions).toBeUndefined();
  });
});
