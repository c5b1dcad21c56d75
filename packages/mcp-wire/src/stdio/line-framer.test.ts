import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineFramer } from "./line-framer.ts";

function frame(chunks: readonly (string | Buffer)[], limit = 64) {
  const lines: string[] = [];
  const oversize: [string, string][] = [];
  const framer = new LineFramer(limit, {
    onLine: (line) => lines.push(line.toString("latin1")),
    onOversize: (head, tail) => oversize.push([head.toString(), tail.toString()]),
  });
  for (const chunk of chunks) framer.push(Buffer.from(chunk as string));
  framer.end();
  return { lines, oversize };
}

describe("lines of a pipe", () => {
  it("end in LF or CRLF; empty ones count for nothing, the last one needs no end", () => {
    expect(frame(["a\r\n\n\r\nb\nc"]).lines).toEqual(["a", "b", "c"]);
  });

  it("keep their bytes wherever chunks end, inside a character too", () => {
    const line = fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .map((bytes) => bytes.filter((b) => b !== 10 && b !== 13));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 12 }), (lines, cuts) => {
        const all = Buffer.concat(lines.map((bytes) => Buffer.concat([bytes, Buffer.from("\n")])));
        const bounds = [0, ...cuts.map((cut) => cut % (all.length + 1)).toSorted((a, b) => a - b), all.length];
        const chunks = bounds.slice(1).map((end, at) => all.subarray(bounds[at], end));
        const expected = lines.filter(({ length }) => length > 0).map((bytes) => Buffer.from(bytes).toString("latin1"));
        expect(frame(chunks).lines).toEqual(expected);
      }),
    );
  });

  it("that are too long are skipped to their end, in one chunk or many, and what follows is read", () => {
    const long = `${"x".repeat(3_000)}END`;
    for (const chunks of [[`${long}\nnext\n`], ["before\n", ...long, "\r\nnext\n"]]) {
      const { lines, oversize } = frame(chunks);
      expect(lines.at(-1)).toBe("next");
      expect(oversize).toHaveLength(1);
      expect(oversize[0]?.[0]).toMatch(/^x+$/);
      expect(oversize[0]?.[1]).toMatch(/x{500}END\r?$/);
      expect(oversize[0]?.[1].length).toBeLessThanOrEqual(1024);
    }
    expect(frame(["x".repeat(64), "\n", "x".repeat(65), "\n"])).toMatchObject({ lines: ["x".repeat(64)] });
  });
});
