import fc from "fast-check";
import { expect, it } from "vitest";
import { shapeResult } from "./shape-result.ts";

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const bodyOf = (text: string): string =>
  shapeResult(Buffer.from(JSON.stringify({ content: [{ type: "text", text }] })), false).body.toString();

it.each([
  "7",
  " -0.5e+3\n",
  "007",
  "1.",
  "12 files",
  "true",
  "trueish",
  "null ",
  "no results",
  "\u00a05",
  "{",
  '"a"',
  "",
])("a text that is JSON goes out as it is, any other as a string: %j", (text) => {
  const isText = asJson(text) === text;
  expect(bodyOf(text)).toBe(isText ? JSON.stringify(text) : text);
});

it("so does every other text", () => {
  const piece = fc.constantFrom(
    "1",
    "0",
    "-",
    ".",
    "e",
    "E",
    "+",
    " ",
    "\n",
    "\u00a0",
    "true",
    "null",
    "[",
    "]",
    "{",
    "}",
    '"',
    ",",
  );
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, (given) => {
      expect(JSON.parse(bodyOf(given))).toEqual(asJson(given));
    }),
    { numRuns: 2_000 },
  );
});
