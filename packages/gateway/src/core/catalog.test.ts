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

  it("knows a tool by what its upstream calls it", () => {
    const catalog = Catalog.of([{ upstream: "nas", tools: [{ ...tool("shown"), ownName: "own" }, tool("b")] }]);
    expect(catalog.routeTo("nas", "own")?.name).toBe("nas__shown");
    expect(catalog.routeTo("nas", "shown")).toBeUndefined();
    expect(catalog.routeTo("time", "b")).toBeUndefined();
  });

  describe("a part of it", () => {
    const nas = (announced: number) => ({ upstream: "nas", tools: [tool("a b"), tool("a_b"), tool("c")], announced });
    const time = { upstream: "time", tools: [tool("now")], announced: 1 };
    const names = (catalog: Catalog) => [...catalog.routes.keys()];
    const noB = ({ tool: { name } }: { tool: ListedTool }): boolean => name !== "a_b";

    it("has the same names, which it would not get if it were named anew", () => {
      const all = Catalog.of([nas(0), time]);
      const part = all.only(noB);
      expect(names(part)).toEqual(names(all).filter((name) => name !== "nas__a_b"));
      expect(part.list("modern", "nas").toString()).toContain('"name":"c"');
      expect(part.ownName("nas", "a_b")).toBeUndefined();
      expect(part.isChosen("nas")).toBe(true);
      expect(names(all.only(() => false))).toEqual([]);
    });

    it("keeps the lists that are as they were, whatever is announced of what it leaves out", () => {
      const before = Catalog.of([nas(0), time]).only(noB);
      const after = Catalog.of([nas(1), { ...time, announced: 2 }]).only(noB, before);
      expect(after.of("nas")).toBe(before.of("nas"));
      expect(after.of("time")).not.toBe(before.of("time"));
    });
  });
});
