import { describe, expect, it } from "vitest";
import { Message } from "../message.ts";
import { listTools } from "./list-tools.ts";

/** Lists from pages given as JSON text; the last one repeats. */
async function list(pages: readonly string[], modern = false) {
  const asked: unknown[] = [];
  const listed = await listTools(async (method, params) => {
    expect(method).toBe("tools/list");
    asked.push(params["cursor"]);
    const page = pages[Math.min(asked.length, pages.length) - 1] as string;
    return Message.parse(
      Buffer.from(`{"jsonrpc":"2.0","id":1,${page.startsWith('"error"') ? page : `"result":${page}`}}`),
    );
  }, modern);
  return { asked, ...listed };
}

describe("listTools", () => {
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
    const { tools, wrapping } = await list([`{"tools":[${plain},{"name":"b","outputSchema":{"type":"array"}}]}`], true);
    expect([...wrapping]).toEqual(["b"]);
    expect(tools.map(({ legacy }) => JSON.parse(legacy.toString()))).toEqual([
      JSON.parse(plain),
      { name: "b", outputSchema: { type: "object", properties: { result: { type: "array" } }, required: ["result"] } },
    ]);
    expect(tools[1]?.modern.toString()).toBe('{"name":"b","outputSchema":{"type":"array"}}');
    expect((await list([`{"tools":[{"name":"b","outputSchema":{"type":"array"}}]}`])).wrapping.size).toBe(0);
  });
});
