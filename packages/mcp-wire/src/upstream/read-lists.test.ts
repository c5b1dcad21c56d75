import { describe, expect, it } from "vitest";
import { Message } from "../message.ts";
import { readLists } from "./read-lists.ts";

/** Reads lists from pages given as JSON text, by method; the last page of each repeats. */
async function read(pages: Readonly<Record<string, readonly string[]>>, capabilities: object, modern = false) {
  const asked: Record<string, unknown[]> = {};
  const found = await readLists(
    async (method, params) => {
      const cursors = (asked[method] ??= []);
      cursors.push(params["cursor"]);
      const own = pages[method] ?? ['"error":{"code":-32601,"message":"Method not found"}'];
      const page = own[Math.min(cursors.length, own.length) - 1] as string;
      const outcome = page.startsWith('"error"') ? page : `"result":${page}`;
      return Message.parse(Buffer.from(`{"jsonrpc":"2.0","id":1,${outcome}}`));
    },
    JSON.stringify(capabilities),
    modern ? "modern" : "legacy",
  );
  return { asked, ...found };
}

/** The same for tools alone. */
async function list(pages: readonly string[], modern = false) {
  const { asked, lists, traits } = await read({ "tools/list": pages }, { tools: {} }, modern);
  return { asked: asked["tools/list"], tools: lists.tools, traits };
}

describe("readLists", () => {
  it("reads every page and keeps each tool's bytes", async () => {
    const { asked, tools } = await list([
      '{"tools":[{"name":"a","x": 1.0}],"nextCursor":"2\\u00e9"}',
      '{"tools":[{"name":"b"}, {"inputSchema":{}},"c",{"name":7},{"name":"a","second":true}],"nextCursor":""}',
    ]);
    expect(asked).toEqual([undefined, "2é"]);
    expect(tools.map(({ name, modern }) => [name, modern.toString()])).toEqual([
      ["a", '{"name":"a","x": 1.0}'],
      ["b", '{"name":"b"}'],
    ]);
  });

  it.each([['{"tools":[]}'], ['{"tools":[],"nextCursor":null}'], ['{"tools":[],"nextCursor":7}']])(
    "ends at %s",
    async (page) => {
      expect(await list([page])).toMatchObject({ asked: [undefined], tools: [] });
    },
  );

  it.each([
    ["a list without end", ['{"tools":[],"nextCursor":"again"}'], "no end"],
    ["an error", ['"error":{"code":-32601,"message":"no"}'], "-32601"],
    ["no list", ['{"tools":{}}'], "no list of tools"],
    ["no object", ["[]"], "no list of tools"],
    [
      "more tools than a house has",
      [`{"tools":[${Array.from({ length: 20_001 }, (_, at) => `{"name":"t${at}"}`).join(",")}]}`],
      "more than 20000",
    ],
  ])("refuses %s", async (_, pages, reason) => {
    await expect(list(pages)).rejects.toMatchObject({ failure: "protocol", message: expect.stringContaining(reason) });
  });

  it("lists a modern tool without object output in words of the legacy era", async () => {
    const plain = '{"name":"a","outputSchema":{"type":"object"}}';
    const { tools, traits } = await list([`{"tools":[${plain},{"name":"b","outputSchema":{"type":"array"}}]}`], true);
    expect([...traits]).toEqual([["b", { wrapsOutput: true, paramHeaders: [] }]]);
    expect(tools.map(({ legacy }) => JSON.parse(legacy.toString()))).toEqual([
      JSON.parse(plain),
      { name: "b", outputSchema: { type: "object", properties: { result: { type: "array" } }, required: ["result"] } },
    ]);
    expect(tools[1]?.modern.toString()).toBe('{"name":"b","outputSchema":{"type":"array"}}');
    expect((await list([`{"tools":[{"name":"b","outputSchema":{"type":"array"}}]}`])).traits.size).toBe(0);
  });

  it("reads prompts, resources and templates where the upstream says it has them, and asks for nothing else", async () => {
    const pages = {
      "tools/list": ['{"tools":[]}'],
      "prompts/list": ['{"prompts":[{"name":"p","x":1.0}],"nextCursor":"n"}', '{"prompts":[{"name":"q"}]}'],
      "resources/list": ['{"resources":[{"uri":"file:///a","name":"a"},{"name":"no uri"}]}'],
      "resources/templates/list": ['{"resourceTemplates":[{"uriTemplate":"file:///{x}"}]}'],
    };
    const { lists, problems } = await read(pages, { tools: {}, prompts: {}, resources: {} });
    expect(lists.prompts.map(({ key, bytes }) => [key, bytes.toString()])).toEqual([
      ["p", '{"name":"p","x":1.0}'],
      ["q", '{"name":"q"}'],
    ]);
    expect(lists.resources.map(({ key }) => key)).toEqual(["file:///a"]);
    expect(lists.templates.map(({ key }) => key)).toEqual(["file:///{x}"]);
    expect(problems).toEqual([]);
    expect(Object.keys((await read(pages, { tools: {} })).asked)).toEqual(["tools/list"]);
  });

  it("keeps the tools where another list is broken, and says so; a list that is not there is none", async () => {
    const pages = {
      "tools/list": ['{"tools":[{"name":"a"}]}'],
      "prompts/list": ['{"prompts":[],"nextCursor":"again"}'],
      "resources/list": ['"error":{"code":-32603,"message":"broken"}'],
    };
    const { lists, problems } = await read(pages, { tools: {}, prompts: {}, resources: {} });
    expect(lists.tools).toHaveLength(1);
    expect(lists).toMatchObject({ prompts: [], resources: [], templates: [] });
    expect(problems).toEqual([
      expect.stringContaining("it answered resources/list with the error"),
      "its prompts/list has no end (200 pages read)",
    ]);
    expect((await read({}, { prompts: {} })).lists.tools).toEqual([]);
  });

  it("takes 10,000 tools, names with spaces and emoji, and a schema 200 levels deep as they are", async () => {
    const deep = `${'{"properties":{"a":'.repeat(100)}{}${"}}".repeat(100)}`;
    const odd = [`{"name":"list files 😀","inputSchema":${deep}}`];
    const many = Array.from({ length: 10_000 }, (_, at) => `{"name":"t${at}"}`);
    const { tools } = await list([`{"tools":[${[...odd, ...many].join(",")}]}`], true);
    expect(tools).toHaveLength(10_001);
    expect(tools[0]).toMatchObject({ name: "list files 😀" });
    expect(tools[0]?.modern.toString()).toBe(odd[0]);
  });

  it("leaves out a modern tool whose header annotations break the rules, and keeps the rules of the others", async () => {
    const schema = (properties: object) => ({ inputSchema: { type: "object", properties } });
    const tools = [
      { name: "good", ...schema({ a: { type: "string", "x-mcp-header": "Region" } }) },
      { name: "bad", ...schema({ a: { type: "array", "x-mcp-header": "Region" } }) },
    ];
    const pages = { "tools/list": [JSON.stringify({ tools })] };
    const { lists, traits, problems } = await read(pages, { tools: {} }, true);
    expect(lists.tools.map(({ name }) => name)).toEqual(["good"]);
    expect(traits.get("good")).toMatchObject({ paramHeaders: [{ header: "Region", path: ["a"] }] });
    expect(problems).toEqual([expect.stringContaining("its tool bad breaks the rules")]);
    expect((await read(pages, { tools: {} })).lists.tools).toHaveLength(2);
  });
});
