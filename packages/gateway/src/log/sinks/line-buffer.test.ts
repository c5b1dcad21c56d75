import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineBuffer } from "./line-buffer.ts";

describe("LineBuffer", () => {
  it("hands on every line whole and in order, few writes for many", () => {
    const chunks: Buffer[] = [];
    const lines = new LineBuffer((chunk) => chunks.push(chunk));
    const written = Array.from({ length: 1_000 }, (_, index) => `{"line":${index},"word":"größe"}\n`);
    for (const line of written) lines.write(line);
    lines.flush();
    expect(Buffer.concat(chunks).toString()).toBe(written.join(""));
    expect(chunks.length).toBeLessThan(10);
  });

  it("keeps any text, longer ones than its chunk too", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 3_000 }))), (parts) => {
        const chunks: Buffer[] = [];
        const lines = new LineBuffer((chunk) => chunks.push(chunk));
        const texts = parts.map(([text, times]) => text.repeat(times));
        for (const text of texts) lines.write(text);
        lines.flush();
        expect(Buffer.concat(chunks).equals(Buffer.from(texts.join("")))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("writes nothing where there is nothing", () => {
    const lines = new LineBuffer(() => expect.unreachable());
    lines.flush();
  });
});
