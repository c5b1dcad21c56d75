import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Message } from "./message.ts";
import { parseBatch } from "./message-batch.ts";
import { WireError } from "./wire-error.ts";

const parse = (text: string) => Message.parse(Buffer.from(text));

function codeOf(text: string | Buffer): number {
  try {
    Message.parse(Buffer.from(text as string));
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
  return 0;
}

describe("Message", () => {
  it("reads the head and leaves the rest", () => {
    const text =
      '{ "params":{"arguments":{"name":"no"},"name":"na\\u006de","_meta":{"a":1}}, "method":"tools/call","id": 1e0 ,"jsonrpc":"2.0"}\n';
    const message = parse(text);
    expect(message).toMatchObject({ id: "1e0", method: "tools/call", name: "name", meta: { a: 1 }, isRequest: true });
    expect(message.bytes.toString()).toBe(text);
    expect(message.hasId("1")).toBe(true);
    expect(message.hasId('"1"')).toBe(false);
  });

  it.each([
    ["not JSON", "{", -32700],
    ["text behind it", '{"jsonrpc":"2.0","method":"a"} x', -32700],
    ["a trailing comma", '{"jsonrpc":"2.0","method":"a",}', -32700],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22]), -32700],
    ["200,000 levels", '{"jsonrpc":"2.0","method":"a","params":{"a":' + "[".repeat(200_000), -32700],
    ["a string", '"x"', -32600],
    ["no version", '{"method":"a"}', -32600],
    ["a wrong version", '{"jsonrpc":"1.0","method":"a"}', -32600],
    ["an object for an id", '{"jsonrpc":"2.0","id":{},"method":"a"}', -32600],
    ["null for an id", '{"jsonrpc":"2.0","id":null,"method":"a"}', -32600],
    ["a number for a method", '{"jsonrpc":"2.0","id":1,"method":2}', -32600],
    ["a list for params", '{"jsonrpc":"2.0","id":1,"method":"a","params":[]}', -32600],
    ["nothing to do", '{"jsonrpc":"2.0","id":1}', -32600],
    ["a call that is an answer", '{"jsonrpc":"2.0","id":1,"method":"a","result":{}}', -32600],
    ["two ids", '{"jsonrpc":"2.0","id":1,"method":"a","id":2}', -32600],
    [
      "two names, one in disguise",
      '{"jsonrpc":"2.0","id":1,"method":"a","params":{"name":"a","n\\u0061me":"b"}}',
      -32600,
    ],
    ["two results", '{"jsonrpc":"2.0","id":1,"result":{},"result":{}}', -32600],
  ])("refuses %s", (_, text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it("takes what is odd but plain: huge numbers, duplicate keys in arguments, lone surrogates", () => {
    expect(
      codeOf(
        '{"jsonrpc":"2.0","id":12345678901234567890,"method":"a","params":{"x":1e400,"y":{"a":1,"a":2},"z":"\\ud800"}}',
      ),
    ).toBe(0);
  });

  it("splices a name and moves what follows it", () => {
    const message = parse(
      '{"jsonrpc":"2.0","params":{"name":"time__now","uri":"u","_meta":{"k":1.0}},"id":"é","method":"tools/call"}',
    );
    const spliced = message.withName(Buffer.from('"n"'));
    expect(spliced.bytes.toString()).toBe(message.bytes.toString().replace('"time__now"', '"n"'));
    expect(spliced).toMatchObject({ name: "n", uri: "u", meta: { k: 1 }, id: '"é"', method: "tools/call" });
    expect(spliced.withId("123").bytes.toString()).toContain('"id":123,');
    expect(spliced.withParams("{}").params).toEqual({});
    expect(parse('{"jsonrpc":"2.0","id":1,"method":"ping"}').withParams('{"a":1}').params).toEqual({ a: 1 });
  });

  it("tells results from errors and failed tools", () => {
    expect(parse('{"jsonrpc":"2.0","id":1,"result":{"isError":true}}')).toMatchObject({
      isToolError: true,
      isError: false,
    });
    expect(parse('{"jsonrpc":"2.0","id":1,"result":{"content":[{"isError":true}]}}').isToolError).toBe(false);
    const failed = Message.error("7", { code: -31010, message: "gone", data: { upstream: "x" } });
    expect(failed).toMatchObject({ isError: true, id: "7" });
    expect(failed.withOutcome('{"code":1,"message":"m"}').outcome.toString()).toBe('{"code":1,"message":"m"}');
  });

  it("splits batches", () => {
    const one = '{"jsonrpc":"2.0","id":1,"method":"a"}';
    expect(parseBatch(Buffer.from(`[ ${one} , ${one} ]`), 2).map((message) => message.id)).toEqual(["1", "1"]);
    expect(() => parseBatch(Buffer.from("[]"), 2)).toThrow("empty");
    expect(() => parseBatch(Buffer.from(`[${one},${one}]`), 1)).toThrow("may hold 1");
    expect(() => parseBatch(Buffer.from(`[${one}`), 1)).toThrow("Parse error");
  });
});

/** JSON text with everything its grammar allows: white space, odd numbers, escapes. */
const jsonText = fc.letrec<{ value: string }>((tie) => {
  const space = fc.constantFrom("", " ", "\n", "\t ");
  const number = fc.constantFrom("0", "-0", "1.0", "1e400", "-1E-7", "12345678901234567890", "3.14159265358979323846");
  const escaped = fc.constantFrom('"\\u0041"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\\\\\""', '"\\/"', '"é😀"');
  const text = fc.oneof(
    fc.string({ unit: "binary" }).map((value) => JSON.stringify(value)),
    escaped,
  );
  const list = fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`);
  const object = fc
    .array(fc.tuple(text, tie("value"), space), { maxLength: 3 })
    .map((members) => `{${members.map(([key, value, gap]) => `${gap}${key}${gap}:${gap}${value}${gap}`).join(",")}}`);
  return {
    value: fc.oneof({ depthSize: "small" }, number, text, fc.constantFrom("true", "false", "null"), list, object),
  };
}).value;

describe("against JSON.parse", () => {
  it("a spliced name changes the name and nothing else, in 10,000 messages", () => {
    const member = fc.tuple(fc.constantFrom("arguments", "x", "nam", "names", "\\u006eam"), jsonText);
    const generated = fc.record({
      id: fc.oneof(
        fc.integer().map(String),
        fc.string().map((text) => JSON.stringify(text)),
      ),
      name: fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
      before: fc.array(member, { maxLength: 2 }),
      after: fc.array(member, { maxLength: 2 }),
      extra: jsonText,
      next: fc.string().map((text) => JSON.stringify(text)),
    });
    fc.assert(
      fc.property(generated, ({ id, name, before, after, extra, next }) => {
        const members = [...before, ["name", name] as const, ...after].map(([key, value]) => `"${key}": ${value}`);
        const build = (own: string) =>
          `{"jsonrpc":"2.0","extra":${extra},"id":${id},"params":{${own}},"method":"tools/call"}`;
        const text = build(members.join(","));
        const message = parse(text);
        expect(message.name).toBe(JSON.parse(name));
        members[before.length] = `"name": ${next}`;
        const spliced = message.withName(Buffer.from(next));
        expect(spliced.bytes.equals(Buffer.from(build(members.join(","))))).toBe(true);
        expect(JSON.parse(spliced.bytes.toString())).toEqual({
          ...JSON.parse(text),
          params: { ...JSON.parse(text).params, name: JSON.parse(next) },
        });
        expect(spliced.withId("1").name).toBe(JSON.parse(next));
      }),
      { numRuns: 10_000 },
    );
  }, 60_000);

  it("accepts and refuses the same texts, in 20,000 mutations", () => {
    const mutated = fc
      .tuple(
        jsonText,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\\0-+.eEtfnu \n\u0001')), { maxLength: 2 }),
      )
      .map(([text, changes]) => {
        const letters = [...text];
        for (const [at, letter] of changes) letters[at % (letters.length + 1)] = letter;
        return letters.join("");
      });
    fc.assert(
      fc.property(mutated, (value) => {
        const text = `{"jsonrpc":"2.0","method":"a","x":${value}}`;
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        // A mutation may also close the message early and break JSON-RPC; only JSON's own verdict is compared.
        expect(codeOf(Buffer.from(text.toWellFormed())) !== -32700, text).toBe(valid);
      }),
      { numRuns: 20_000 },
    );
  }, 60_000);
});
