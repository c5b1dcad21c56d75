import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listedTool } from "../testing/scripted-upstream.ts";
import { Catalog } from "./catalog.ts";
import { offer } from "./offer.ts";
import { passHeaders } from "./pass-headers.ts";
import { matcher } from "./pattern.ts";

describe("offer", () => {
  const tools = ["list_files", "read_file", "delete_file"].map(listedTool);
  const names = (policy: Parameters<typeof offer>[1]) => offer(tools, policy).map(({ name }) => name);

  it("chooses by patterns; what is excluded stays out whatever is included", () => {
    expect(offer(tools, undefined)).toBe(tools);
    expect(names({ include: ["*_file"] })).toEqual(["read_file", "delete_file"]);
    expect(names({ include: ["*_file"], exclude: ["delete_file"] })).toEqual(["read_file"]);
    expect(names({ include: [] })).toEqual([]);
  });

  it("renames in the bytes too, and never makes two of one name", () => {
    const [first] = offer(tools, { include: ["list_files"], rename: { list_files: "ls" } });
    expect(first).toMatchObject({ name: "ls", ownName: "list_files" });
    expect(JSON.parse(first!.modern.toString())).toEqual({ name: "ls", inputSchema: { type: "object" } });
    expect(names({ rename: { list_files: "x", read_file: "x" } })).toEqual(["x", "delete_file"]);
  });

  it("leaves the prefix away where that is wanted and nobody else has the name", () => {
    const catalog = Catalog.of([
      { upstream: "a", tools: ["now", "same"].map(listedTool), isBare: true },
      { upstream: "b", tools: ["same", "c__x"].map(listedTool), isBare: true },
      { upstream: "c", tools: ["x"].map(listedTool) },
    ]);
    expect([...catalog.routes.keys()]).toEqual(["now", "a__same", "b__same", "b__c__x", "c__x"]);
  });
});

describe("matcher", () => {
  it("says the same as a regular expression", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
    fc.assert(
      fc.property(word, text, (pattern, value) => {
        const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
        expect(matcher([pattern])(value)).toBe(expression.test(value));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("passHeaders", () => {
  const pass = (policy: Parameters<typeof passHeaders>[0]) => passHeaders(policy, () => false);
  const sent = [
    "X-User",
    "anna",
    "X-Trace",
    "1",
    "Authorization",
    "Bearer k",
    "Host",
    "h",
    "Mcp-Session-Id",
    "s",
    "Cookie",
    "c",
  ];

  it("passes what is allowed and not denied, and never what is ours to say", () => {
    expect(pass({ allow: ["x-*"], deny: ["X-TRACE"] })(sent)).toEqual(["X-User", "anna"]);
    expect(pass({ allow: ["*"] })(sent)).toEqual(["X-User", "anna", "X-Trace", "1"]);
    expect(pass({ allow: ["Host", "mcp-session-id"] })(sent)).toEqual([]);
  });

  it("passes credentials only by their name", () => {
    expect(pass({ allow: ["authorization"] })(sent)).toEqual(["Authorization", "Bearer k"]);
    expect(passHeaders({ allow: ["authorization"] }, () => true)(sent)).toEqual([]);
  });
});
