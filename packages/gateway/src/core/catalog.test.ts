import type { ListedTool } from "@shardgate/mcp-wire";
import { describe, expect, it } from "vitest";
import { Catalog } from "./catalog.ts";

const tool = (name: string, rest = ""): ListedTool => {
  const bytes = Buffer.from(`{ "x" : 1.0, "name":${JSON.stringify(name)}${rest} }`);
  return { name, modern: bytes, legacy: bytes };
};

describe("Catalog", () => {
  it("names every tool and gives the way back, whatever the order of upstreams", () => {
    const lists = [
      { upstream: "time", tools: [tool("now")] },
      { upstream: "nas", tools: [tool("list files"), tool("get")] },
    ];
    const catalog = Catalog.of(lists);
    expect([...catalog.routes.keys()]).toEqual(["nas__list_files", "nas__get", "time__now"]);
    expect([...Catalog.of(lists.toReversed()).routes.keys()]).toEqual([...catalog.routes.keys()]);
    const route = catalog.routes.get("nas__list_files");
    expect(route).toMatchObject({ upstream: "nas", tool: { name: "list files" } });
    expect(route?.nameJson.toString()).toBe('"list files"');
  });

  it("lists tools with the bytes they came with, but for the name", () => {
    const catalog = Catalog.of([{ upstream: "nas", tools: [tool("a", ',"y":"\\u0041"'), tool("b")] }]);
    expect(catalog.list("modern").toString()).toBe(
      '[{ "x" : 1.0, "name":"nas__a","y":"\\u0041" },{ "x" : 1.0, "name":"nas__b" }]',
    );
    expect(catalog.list("legacy", "nas").toString()).toBe(
      '[{ "x" : 1.0, "name":"a","y":"\\u0041" },{ "x" : 1.0, "name":"b" }]',
    );
    expect(catalog.list("modern", "gone").toString()).toBe("[]");
    expect(catalog.list("modern")).toBe(catalog.list("modern"));
  });
});
