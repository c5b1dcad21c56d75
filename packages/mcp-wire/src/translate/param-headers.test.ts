import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Message } from "../message.ts";
import { paramHeaders, paramHeadersOf, refuseParamHeaders } from "./param-headers.ts";

const tool = (properties: object): Buffer =>
  Buffer.from(JSON.stringify({ name: "t", inputSchema: { type: "object", properties } }));
const wanted = paramHeadersOf(
  tool({
    region: { type: "string", "x-mcp-header": "Region" },
    level: { type: "integer", "x-mcp-header": "Level" },
    deep: { type: "object", properties: { on: { type: "boolean", "x-mcp-header": "On" } } },
    other: { type: "string" },
  }),
)!;
const call = (args: object): Message =>
  Message.of({ id: 1, method: "tools/call", params: { name: "t", arguments: args } });
const refusal = (args: object, given: readonly string[]): unknown => {
  const refused = refuseParamHeaders(call(args), wanted, given);
  return refused && (JSON.parse(refused.bytes.toString()) as { error: { code: number } }).error.code;
};

// 2026-07-28 basic/transports/streamable-http, "Custom Headers from Tool Parameters"; SEP-2243.
describe("headers that mirror arguments", () => {
  it.each<[string, object, readonly string[], number | undefined]>([
    ["nothing to mirror", { other: "x" }, [], undefined],
    ["a value and its header", { region: "eu" }, ["Mcp-Param-Region", "eu"], undefined],
    ["a header of another case", { region: "eu" }, ["mcp-param-region", "eu"], undefined],
    ["base64 of a value that needs none", { region: "Hello" }, ["mcp-param-region", "=?base64?SGVsbG8=?="], undefined],
    ["an integer written otherwise", { level: 42 }, ["mcp-param-level", "42.0"], undefined],
    ["a value deeper down", { deep: { on: true } }, ["mcp-param-on", "true"], undefined],
    ["an argument that is null", { region: null }, [], undefined],
    ["a header without an argument", {}, ["mcp-param-region", "eu"], undefined],
    ["no header", { region: "eu" }, [], -32020],
    ["another value", { region: "eu" }, ["mcp-param-region", "us"], -32020],
    ["another case of the value", { region: "eu" }, ["mcp-param-region", "EU"], -32020],
    ["another integer", { level: 42 }, ["mcp-param-level", "43"], -32020],
    ["base64 without its padding", { region: "Hello" }, ["mcp-param-region", "=?base64?SGVsbG8?="], -32020],
    ["base64 with other characters", { region: "Hello" }, ["mcp-param-region", "=?base64?SGVs!!!bG8=?="], -32020],
    ["a value named as the other's header", { region: "mcp-param-level", level: 1 }, ["mcp-param-level", "1"], -32020],
  ])("%s", (_, args, given, code) => {
    expect(refusal(args, given)).toBe(code);
  });

  it("that we write ourselves are never refused", () => {
    const args = fc.record(
      {
        region: fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
        level: fc.maxSafeInteger(),
        deep: fc.record({ on: fc.boolean() }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(args, (one) => {
        expect(refusal(one, paramHeaders(call(one), wanted))).toBeUndefined();
      }),
    );
  });
});
