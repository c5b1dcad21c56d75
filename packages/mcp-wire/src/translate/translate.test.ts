import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberOf } from "../json/edit.ts";
import { Message } from "../message.ts";
import {
  requestToLegacy,
  requestToModern,
  requestToShared,
  responseToLegacy,
  responseToModern,
  toolToLegacy,
  withProgressToken,
} from "./translate.ts";

const parse = (text: string) => Message.parse(Buffer.from(text));
const META = "io.modelcontextprotocol/";
const client = { clientInfo: { name: "c" }, capabilities: {}, logLevel: undefined };
const ENVELOPE = `"${META}protocolVersion":"2026-07-28","${META}clientCapabilities":{},"${META}clientInfo":{"name":"c"}`;
const OWN = `"${META}protocolVersion":"2026-07-28","${META}clientInfo":{"name":"c"},"${META}clientCapabilities":{}`;

const toLegacy = (message: Message) => requestToLegacy(message, '"ours"');
const toShared = (message: Message) => requestToShared(message, '"ours"');
const toModern = (message: Message) => requestToModern(message, client);
const fromLegacy = (message: Message) => responseToModern(message, "tools/call", message.id as string);
const readLegacy = (message: Message) => responseToModern(message, "resources/read", message.id as string);
const asking = (message: Message) =>
  requestToModern(message, { ...client, capabilities: { roots: {} }, logLevel: "info" });
const fromModern = (message: Message) => responseToLegacy(message, false);
const wrapped = (message: Message) => responseToLegacy(message, true);

/** What differs between the eras: https://modelcontextprotocol.io/specification/2026-07-28/changelog. */
describe("translation", () => {
  it.each<[string, (message: Message) => Message, string, string]>([
    [
      "modern call → legacy: the envelope goes, the rest stays",
      toLegacy,
      `"id":1,"method":"tools/call","params":{"name":"n","arguments":{"a":1.0},"_meta":{${ENVELOPE},"${META}logLevel":"info","k":1.0}}`,
      `"id":"ours","method":"tools/call","params":{"name":"n","arguments":{"a":1.0},"_meta":{"k":1.0}}`,
    ],
    [
      "modern call → legacy: a _meta of nothing else goes whole",
      toLegacy,
      `"id":1,"method":"tools/list","params":{"cursor":"c","_meta":{${ENVELOPE}}}`,
      `"id":"ours","method":"tools/list","params":{"cursor":"c"}`,
    ],
    [
      "modern call → legacy: the progress token becomes ours",
      toLegacy,
      `"id":1,"method":"tools/call","params":{"name":"n","_meta":{"progressToken":7}}`,
      `"id":"ours","method":"tools/call","params":{"name":"n","_meta":{"progressToken":"ours"}}`,
    ],
    [
      "modern call → legacy: no answers to questions",
      toLegacy,
      `"id":1,"method":"tools/call","params":{"name":"n","inputResponses":{},"requestState":"s"}`,
      `"id":"ours","method":"tools/call","params":{"name":"n"}`,
    ],
    [
      "modern call → legacy: without params",
      toLegacy,
      `"id":1,"method":"tools/list"`,
      `"id":"ours","method":"tools/list"`,
    ],
    [
      "legacy call → shared legacy session: the token becomes ours",
      toShared,
      `"id":1,"method":"tools/call","params":{"name":"n", "_meta":{"progressToken":7, "k":1.0}}`,
      `"id":"ours","method":"tools/call","params":{"_meta":{"progressToken":"ours","k":1.0},"name":"n"}`,
    ],
    [
      "legacy call → shared legacy session: nothing else to change",
      toShared,
      `"id":1,"method":"tools/call","params":{ "name":"n" }`,
      `"id":"ours","method":"tools/call","params":{ "name":"n" }`,
    ],
    [
      "legacy call → modern: gets the envelope",
      toModern,
      `"id":1,"method":"tools/call","params":{"name":"n","_meta":{"progressToken":7}}`,
      `"id":1,"method":"tools/call","params":{"_meta":{${OWN},"progressToken":7},"name":"n"}`,
    ],
    [
      "legacy call → modern: without params",
      toModern,
      `"id":1,"method":"tools/list"`,
      `"id":1,"method":"tools/list","params":{"_meta":{${OWN}}}`,
    ],
    [
      "legacy call → modern: a _meta that is none",
      toModern,
      `"id":1,"method":"x","params":{"_meta":7}`,
      `"id":1,"method":"x","params":{"_meta":{${OWN}}}`,
    ],
    [
      "legacy call → modern: a foreign envelope is overwritten",
      toModern,
      `"id":1,"method":"x","params":{"_meta":{"${META}protocolVersion":"2099-01-01"}}`,
      `"id":1,"method":"x","params":{"_meta":{${OWN}}}`,
    ],
    [
      "legacy result → modern: is complete",
      fromLegacy,
      `"id":1,"result":{"content":[], "n":1.0}`,
      `"id":1,"result":{"resultType":"complete","content":[], "n":1.0}`,
    ],
    [
      "legacy call → modern: declares what can be asked, and the level that is wanted",
      asking,
      `"id":1,"method":"x"`,
      `"id":1,"method":"x","params":{"_meta":{"${META}protocolVersion":"2026-07-28","${META}clientInfo":{"name":"c"},"${META}clientCapabilities":{"roots":{}},"${META}logLevel":"info"}}`,
    ],
    [
      "legacy result → modern: what may be kept says for how long and for whom",
      readLegacy,
      `"id":1,"result":{"contents":[]}`,
      `"id":1,"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private","contents":[]}`,
    ],
    [
      "legacy result → modern: what says so already keeps it",
      readLegacy,
      `"id":1,"result":{"ttlMs":5,"contents":[]}`,
      `"id":1,"result":{"resultType":"complete","cacheScope":"private","ttlMs":5,"contents":[]}`,
    ],
    [
      "legacy result → modern: says so already",
      fromLegacy,
      `"id":1,"result":{ "resultType":"task" }`,
      `"id":1,"result":{ "resultType":"task" }`,
    ],
    ["legacy result → modern: no object", fromLegacy, `"id":1,"result":[]`, `"id":1,"result":[]`],
    [
      "legacy error → modern: -32002 is gone",
      fromLegacy,
      `"id":1,"error":{"code":-32002, "message":"m"}`,
      `"id":1,"error":{"code":-32602,"message":"m"}`,
    ],
    [
      "legacy error → modern: others stay",
      fromLegacy,
      `"id":1,"error":{ "code":-32000 }`,
      `"id":1,"error":{ "code":-32000 }`,
    ],
    ["legacy error → modern: no object", fromLegacy, `"id":1,"error":"oops"`, `"id":1,"error":"oops"`],
    [
      "modern result → legacy: loses what is modern",
      fromModern,
      `"id":1,"result":{"resultType":"complete","tools":[],"ttlMs":1,"cacheScope":"public","x":1.0}`,
      `"id":1,"result":{"tools":[],"x":1.0}`,
    ],
    [
      "modern result → legacy: structured content as it is",
      fromModern,
      `"id":1,"result":{"structuredContent":[1.0]}`,
      `"id":1,"result":{"structuredContent":[1.0]}`,
    ],
    [
      "modern result → legacy: structured content as listed",
      wrapped,
      `"id":1,"result":{"content":[],"structuredContent":[1.0]}`,
      `"id":1,"result":{"structuredContent":{"result":[1.0]},"content":[]}`,
    ],
    [
      "modern result → legacy: none to wrap",
      wrapped,
      `"id":1,"result":{"isError":true}`,
      `"id":1,"result":{"isError":true}`,
    ],
    [
      "modern error → legacy",
      fromModern,
      `"id":1,"error":{"code":-32602,"ttlMs":1}`,
      `"id":1,"error":{"code":-32602,"ttlMs":1}`,
    ],
    [
      "progress: the receiver's token",
      (message) => withProgressToken(message, 7),
      `"method":"notifications/progress","params":{"progressToken":"ours","progress":1.0}`,
      `"method":"notifications/progress","params":{"progressToken":7,"progress":1.0}`,
    ],
  ])("%s", (_, translate, text, expected) => {
    expect(translate(parse(`{"jsonrpc":"2.0",${text}}`)).bytes.toString()).toBe(`{"jsonrpc":"2.0",${expected}}`);
  });

  it.each(["input_required", "task", "?"])("has no words for a result of type %s before 2026-07-28", (type) => {
    const response = parse(`{"jsonrpc":"2.0","id":1,"result":{"resultType":"${type}"}}`);
    expect(() => responseToLegacy(response, false)).toThrow(type);
  });

  /** Members as JSON text that JSON.parse and back would spell otherwise. */
  const extras = fc.uniqueArray(
    fc.tuple(
      fc.string({ unit: "grapheme" }).map((text) => `x${text.toWellFormed()}`),
      fc.oneof(fc.json(), fc.constantFrom("1.0", "1e400", "12345678901234567890", '"\\u00e9"', '{ "a" : [ ] }')),
    ),
    { selector: ([key]) => key, maxLength: 4 },
  );
  const textOf = (members: readonly (readonly [string, string])[]) =>
    members.map(([key, value]) => `,${JSON.stringify(key)} : ${value}`).join("");

  it("keeps the bytes of everything it does not name", () => {
    fc.assert(
      fc.property(extras, extras, extras, (outer, inner, meta) => {
        const request = parse(
          `{"jsonrpc":"2.0","id":1,"method":"m"${textOf(outer)},"params":{"name":"n"${textOf(inner)},"_meta":{"progressToken":1${textOf(meta)}}}}`,
        );
        for (const translate of [toLegacy, toShared, toModern]) {
          const { bytes, paramsBytes } = translate(request);
          for (const [key, value] of outer) expect(memberOf(bytes, key)?.toString()).toBe(value);
          for (const [key, value] of inner) expect(memberOf(paramsBytes!, key)?.toString()).toBe(value);
          const metaBytes = memberOf(paramsBytes!, "_meta")!;
          for (const [key, value] of meta) expect(memberOf(metaBytes, key)?.toString()).toBe(value);
        }
        const response = parse(
          `{"jsonrpc":"2.0","id":1${textOf(outer)},"result":{"ttlMs":1,"structuredContent":1.0${textOf(inner)}}}`,
        );
        for (const translate of [fromLegacy, fromModern, wrapped]) {
          const { bytes, outcome } = translate(response);
          for (const [key, value] of outer) expect(memberOf(bytes, key)?.toString()).toBe(value);
          for (const [key, value] of inner) expect(memberOf(outcome, key)?.toString()).toBe(value);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("of a call to the other era and back to the modern one loses nothing but the envelope", () => {
    fc.assert(
      fc.property(extras, (inner) => {
        const request = parse(
          `{"jsonrpc":"2.0","id":1,"method":"m","params":{"name":"n"${textOf(inner)},"_meta":{${ENVELOPE}}}}`,
        );
        const there = requestToModern(requestToLegacy(request, "1"), client);
        expect(JSON.parse(there.bytes.toString())).toEqual(JSON.parse(request.bytes.toString()));
      }),
      { numRuns: 500 },
    );
  });
});

describe("a modern tool in a legacy list", () => {
  const legacy = (tool: string) => toolToLegacy(Buffer.from(tool));

  it.each([
    ['{"name":"a", "x":1.0}'],
    ['{"name":"a","outputSchema":{ "type":"object" }}'],
    ['{"name":"a","outputSchema":7}'],
  ])("stays as it is: %s", (tool) => {
    expect(legacy(tool).tool.toString()).toBe(tool);
    expect(legacy(tool).wrapsOutput).toBe(false);
  });

  it.each(['{"type":"array"}', '{"type":["object","null"]}', '{"anyOf":[]}', "{}"])(
    "is listed as giving an object: %s",
    (schema) => {
      const { tool, wrapsOutput } = legacy(`{"name":"a","outputSchema":${schema},"x":1.0}`);
      expect(wrapsOutput).toBe(true);
      expect(tool.toString()).toBe(
        `{"outputSchema":{"type":"object","properties":{"result":${schema}},"required":["result"]},"name":"a","x":1.0}`,
      );
    },
  );

  it("keeps what its schema refers to in reach", () => {
    const schema = '{"type":"array","items":{"$ref":"#/$defs/t"},"$defs":{"t":{"const":1.0}},"definitions":{"u":true}}';
    const { tool } = legacy(`{"name":"a","outputSchema":${schema}}`);
    const listed = memberOf(tool, "outputSchema")!;
    expect(memberOf(listed, "$defs")?.toString()).toBe('{"t":{"const":1.0}}');
    expect(memberOf(listed, "definitions")?.toString()).toBe('{"u":true}');
    expect(memberOf(memberOf(listed, "properties")!, "result")?.toString()).toBe(schema);
  });
});
