import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editObject, memberOf, replaceMember } from "./edit.ts";

type Members = readonly (readonly [string, string])[];

const space = fc.constantFrom("", " ", "\n\t", "\r\n  ");
/** JSON texts that a parser would spell otherwise when it writes them back. */
const value = fc.oneof(
  fc.json(),
  fc.constantFrom("1.0", "-0", "1e400", "12345678901234567890", '"\\u00e9\\/"', '"\\ud800"', '{ "a":[ ] }', "[1 ,2]"),
);
// No key begins with a backslash: V8 13.6, having read {"a":1,"\\\\":1}, takes the key "\\u0062" behind "a" for a backslash,
// and what is wrong in JSON.parse is no measure.
const key = fc.oneof(
  fc.constantFrom("a", "b", "_meta", "", "__proto__", "constructor", "0", "é", 'q"', "a\\"),
  fc.string({ unit: "binary" }).map((text) => text.toWellFormed().replace(/^\\+/, "")),
);
/** The same key, spelled with an escape that JSON does not need. */
const spell = (text: string, escaped: boolean) =>
  escaped && /^[a-z]+$/.test(text)
    ? `"\\u${text.charCodeAt(0).toString(16).padStart(4, "0")}${text.slice(1)}"`
    : JSON.stringify(text);

const objects = fc
  .tuple(fc.uniqueArray(fc.tuple(key, value, fc.boolean()), { selector: ([name]) => name, maxLength: 5 }), space)
  .map(([members, gap]) => {
    const texts = members.map(([name, text, escaped]) => `${gap}${spell(name, escaped)}${gap}:${gap}${text}${gap}`);
    const list: Members = members.map(([name, text]) => [name, text]);
    return { members: list, text: `{${texts.join(",") || gap}}` };
  });

const parse = (bytes: Buffer) => JSON.parse(bytes.toString()) as Record<string, unknown>;
/** Members of an object as JSON.parse reads them; pairs, because `__proto__` is a name like any other. */
const pairs = (bytes: Buffer) => new Map(Object.entries(parse(bytes)));

describe("memberOf", () => {
  it("finds the bytes of each member and of nothing else", () => {
    fc.assert(
      fc.property(objects, key, ({ members, text }, other) => {
        const object = Buffer.from(text);
        for (const [name, expected] of members) expect(memberOf(object, name)?.toString()).toBe(expected);
        if (!members.some(([name]) => name === other)) expect(memberOf(object, other)).toBeUndefined();
      }),
      { numRuns: 3_000 },
    );
  });

  it.each(["null", "7", '"text"', "[]", '["a"]', "true"])("finds nothing in %s, which is no object", (text) => {
    expect(memberOf(Buffer.from(text), "a")).toBeUndefined();
  });

  it("does not look into members, and takes the first of two", () => {
    expect(memberOf(Buffer.from('{"x":{"a":1},"y":[{"a":2}]}'), "a")).toBeUndefined();
    expect(memberOf(Buffer.from('{"a":1,"\\u0061":2}'), "a")?.toString()).toBe("1");
  });
});

describe("replaceMember", () => {
  it("changes one value and no other byte", () => {
    fc.assert(
      fc.property(objects, value, fc.nat(), ({ members, text }, next, pick) => {
        fc.pre(members.length > 0);
        const object = Buffer.from(text);
        const [name] = members[pick % members.length] as readonly [string, string];
        const before = memberOf(object, name) as Buffer;
        const start = before.byteOffset - object.byteOffset;
        const edited = replaceMember(object, name, Buffer.from(next));
        expect(edited.subarray(0, start).equals(object.subarray(0, start))).toBe(true);
        const behind = object.subarray(start + before.length);
        expect(edited.subarray(edited.length - behind.length).equals(behind)).toBe(true);
        expect(memberOf(edited, name)?.toString()).toBe(next);
      }),
      { numRuns: 3_000 },
    );
  });

  it("refuses a member that is not there", () => {
    expect(() => replaceMember(Buffer.from("{}"), "a", Buffer.from("1"))).toThrow("no member a");
  });
});

describe("editObject", () => {
  const changes = fc.uniqueArray(fc.tuple(key, fc.option(value, { nil: undefined })), {
    selector: ([name]) => name,
    maxLength: 3,
  });

  it("does what a spread does to what JSON.parse reads", () => {
    fc.assert(
      fc.property(objects, changes, ({ text }, list) => {
        const object = Buffer.from(text);
        const expected = pairs(object);
        for (const [name, next] of list) {
          if (next === undefined) expected.delete(name);
          else expected.set(name, JSON.parse(next));
        }
        expect(pairs(editObject(object, Object.fromEntries(list)))).toEqual(expected);
      }),
      { numRuns: 3_000 },
    );
  });

  it("keeps the bytes and the order of what it does not name", () => {
    fc.assert(
      fc.property(objects, changes, ({ members, text }, list) => {
        const named = Object.fromEntries(list);
        const edited = editObject(Buffer.from(text), named);
        const kept = members.filter(([name]) => !Object.hasOwn(named, name));
        let from = 0;
        for (const [name, bytes] of kept) {
          const found = memberOf(edited, name) as Buffer;
          expect(found.toString()).toBe(bytes);
          expect(found.byteOffset - edited.byteOffset).toBeGreaterThanOrEqual(from);
          from = found.byteOffset - edited.byteOffset + found.length;
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ["{}", {}, "{}"],
    ["{}", { a: "1" }, '{"a":1}'],
    ['{"a":1}', { a: undefined }, "{}"],
    ['{"a":1,"\\u0061":2,"b":3}', { a: "4" }, '{"a":4,"b":3}'],
    ['{ "x" : 1.0 , "y":2 }', { y: undefined, z: "3" }, '{"z":3,"x" : 1.0}'],
  ])("%s with %j is %s", (text, change, expected) => {
    expect(editObject(Buffer.from(text), change).toString()).toBe(expected);
  });
});
