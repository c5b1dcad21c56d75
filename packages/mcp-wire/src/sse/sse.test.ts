import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeSseEvent, SSE_COMMENT } from "./sse-encoder.ts";
import { type SseEvent, SseParser } from "./sse-parser.ts";

function read(...chunks: (string | Buffer)[]): SseEvent[] {
  const events: SseEvent[] = [];
  const parser = new SseParser(1_000_000, (event) => events.push(event));
  for (const chunk of chunks) parser.push(Buffer.from(chunk as string));
  return events;
}
const dataOf = (events: SseEvent[]) => events.map((event) => event.data.toString());

describe("SseParser", () => {
  it.each([
    ["LF", "data: a\n\ndata: b\n\n"],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n"],
    ["CR", "data: a\r\rdata: b\r\r"],
    ["a byte order mark", "\ufeffdata: a\n\ndata:b\n\n"],
    ["comments and unknown fields", ": hi\n\nx: y\ndata: a\n:\n\n: \ndata: b\nfoo\n\n"],
    ["an unfinished event at the end", "data: a\n\ndata: b\n\ndata: c\n"],
  ])("reads %s", (_, text) => {
    expect(dataOf(read(text))).toEqual(["a", "b"]);
    expect(dataOf(read(...text))).toEqual(["a", "b"]);
  });

  it("joins data lines and reports event, id and retry", () => {
    expect(read("event: endpoint\nid: 7\nretry: 250\ndata: a\ndata:  b\ndata\n\n")[0]).toMatchObject({
      event: "endpoint",
      id: "7",
      retry: 250,
      data: Buffer.from("a\n b\n"),
    });
    expect(read("id: 1\ndata:\n\n")[0]?.data).toHaveLength(0);
  });

  it("refuses an event over its limit, in one line or many", () => {
    const parser = () => new SseParser(100, () => undefined);
    expect(() => parser().push(Buffer.from(`data: ${"x".repeat(200)}`))).toThrow("larger than 100");
    const many = parser();
    expect(() => {
      for (let line = 0; line < 50; line++) many.push(Buffer.from("data: xxxx\n"));
    }).toThrow("larger than 100");
  });

  it("gives back what the encoder wrote, in whatever chunks", () => {
    const messages = fc.array(fc.json(), { minLength: 1, maxLength: 4 });
    const pretty = fc.constantFrom("", "\n", "\r\n", "\r", "\n\n");
    fc.assert(
      fc.property(messages, pretty, fc.array(fc.nat({ max: 200 })), (values, space, cuts) => {
        const stream = Buffer.concat(
          values.flatMap((value) => [SSE_COMMENT, encodeSseEvent(Buffer.from(`[${space}${value}${space}]`))]),
        );
        const bounds = [0, ...cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b), stream.length];
        const chunks = bounds.slice(1).map((end, index) => stream.subarray(bounds[index], end));
        const back = dataOf(read(...chunks));
        expect(back.map((text) => JSON.parse(text))).toEqual(values.map((value) => [JSON.parse(value)]));
        if (space === "" || space === "\n") expect(back).toEqual(values.map((value) => `[${space}${value}${space}]`));
      }),
    );
  });
});
