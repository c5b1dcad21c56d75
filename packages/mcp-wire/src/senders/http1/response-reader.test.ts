import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponseSyntaxError } from "./response-head.ts";
import { ResponseReader } from "./response-reader.ts";

/** What a reader makes of bytes that come in as these chunks: for each response its status, a header, its body and whether more may follow. */
function read(chunks: readonly (string | Buffer)[], header = "x") {
  const heard: { status: number; header: string | undefined; body: string; isReusable?: boolean }[] = [];
  const reader = new ResponseReader({
    onHead: (head) => heard.push({ status: head.status, header: head.header(header), body: "" }),
    onBody(chunk) {
      (heard.at(-1) as { body: string }).body += chunk.toString("latin1");
    },
    onEnd: (isReusable) => Object.assign(heard.at(-1) as object, { isReusable }),
  });
  for (const chunk of chunks) {
    // What was pushed may be overwritten, as a connection's buffer is.
    const bytes = Buffer.from(chunk as string, "latin1");
    reader.push(bytes);
    bytes.fill(0xff);
  }
  return { heard, ended: reader.close() };
}

const one = (...chunks: string[]) => read(chunks).heard[0];

describe("a response", () => {
  it("has as much of a body as its Content-Length says", () => {
    const expected = { status: 200, header: "1", body: "body", isReusable: true };
    expect(one("HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 4\r\n\r\nbody")).toEqual(expected);
    expect(one("HTTP/1.1 200 OK\r\ncontent-length:4\r\nx:\t1 \r\n\r\nbo", "dy")).toEqual(expected);
    expect(one("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo")).not.toHaveProperty("isReusable");
    expect(one("HTTP/1.1 418 \r\nContent-Length: 0\r\n\r\n")).toMatchObject({ status: 418, isReusable: true });
  });

  it("has a body in chunks, whose extensions and trailers mean nothing", () => {
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n";
    const chunks = "4\r\nbody\r\n0A ; a=b\r\n and more.\r\n0\r\nX: 2\r\n\r\n";
    const expected = { status: 200, header: undefined, body: "body and more.", isReusable: true };
    expect(one(head + chunks)).toEqual(expected);
    expect(one(...head, ...chunks)).toEqual(expected);
  });

  it("has no body where its status allows none, and none before it is final", () => {
    expect(one("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")).toMatchObject({
      status: 204,
      isReusable: true,
    });
    expect(one("HTTP/1.1 304 Not Modified\r\n\r\n")).toMatchObject({ body: "", isReusable: true });
    const early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    const { heard } = read([`${early}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na`]);
    expect(heard).toEqual([{ status: 200, header: undefined, body: "a", isReusable: true }]);
  });

  it("without a length goes on until the other side closes", () => {
    const { heard, ended } = read(["HTTP/1.1 200 OK\r\n\r\n", "all ", "of it"]);
    expect([heard, ended]).toEqual([[{ status: 200, header: undefined, body: "all of it", isReusable: false }], true]);
    expect(read(["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo"]).ended).toBe(false);
    expect(read(["HTTP/1.1 200"]).ended).toBe(false);
  });

  it.each([
    ["HTTP/1.1", "", true],
    ["HTTP/1.1", "Connection: close\r\n", false],
    ["HTTP/1.1", "Connection: X, Close\r\n", false],
    ["HTTP/1.1", "Connection: closer\r\n", true],
    ["HTTP/1.0", "", false],
    ["HTTP/1.0", "Connection: Keep-Alive\r\n", true],
    ["HTTP/1.1", "Transfer-Encoding: chunked\r\n", false],
  ])("over %s with %j leaves the connection for another one: %s", (version, header, isReusable) => {
    const body = header.startsWith("T") ? "1\r\na\r\n0\r\n\r\n" : "a";
    expect(one(`${version} 200 OK\r\nContent-Length: 1\r\n${header}\r\n${body}`)).toMatchObject({
      body: "a",
      isReusable,
    });
  });

  it("is followed by nothing on the connection when there is something behind it", () => {
    const whole = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
    expect(one(`${whole}HTTP/1.1 200 OK`)).toMatchObject({ body: "a", isReusable: false });
    expect(read([whole, whole]).heard).toMatchObject([{ isReusable: true }, { isReusable: true }]);
  });

  it("joins the headers of one name", () => {
    const { heard } = read(["HTTP/1.1 200 OK\r\nA-B: 1\r\nx: 0\r\na-b: 2\r\na-bc: 3\r\n\r\n"], "a-b");
    expect(heard[0]?.header).toBe("1, 2");
  });

  it.each([
    ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["HTTP/2", "HTTP/2 200 OK\r\n\r\n"],
    ["no status", "HTTP/1.1 OK\r\n\r\n"],
    ["a status out of range", "HTTP/1.1 0200 OK\r\n\r\n"],
    ["another protocol instead of an answer", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ["lines that end in LF alone", "HTTP/1.1 200 OK\nX: 1\r\n\r\n"],
    ["a header that goes on in the next line", "HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\n\r\n"],
    ["a space before the colon", "HTTP/1.1 200 OK\r\nX : 1\r\n\r\n"],
    ["a header without a name", "HTTP/1.1 200 OK\r\n: 1\r\n\r\n"],
    ["a header without a colon", "HTTP/1.1 200 OK\r\nX\r\n\r\n"],
    ["a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    ["a coding we do not know", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
    ["a head without end", `HTTP/1.1 200 OK\r\n${"X: 1\r\n".repeat(12_000)}`],
    ["a chunk without a size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n"],
    ["a chunk's size in another form", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x4\r\n"],
    ["a chunk that is longer than it says", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"],
    ["a size line without end", `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(5_000)}`],
    ["trailers without end", `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${"X: 1\r\n".repeat(3_000)}`],
  ])("that has %s is refused", (_, text) => {
    expect(() => read([text])).toThrow(ResponseSyntaxError);
    const size = Math.ceil(text.length / 50);
    const parts = Array.from({ length: 50 }, (__, index) => text.slice(index * size, (index + 1) * size));
    expect(() => read(parts)).toThrow(ResponseSyntaxError);
  });
});

describe("responses on one connection", () => {
  const body = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  const framing = fc.constantFrom("length", "chunks");
  const response = fc.record({ status: fc.integer({ min: 200, max: 599 }), body, framing, cut: fc.nat(60) });

  function bytesOf({
    status,
    body: text,
    framing: how,
    cut,
  }: {
    status: number;
    body: string;
    framing: string;
    cut: number;
  }) {
    if (status === 204 || status === 304) return `HTTP/1.1 ${status} \r\n\r\n`;
    if (how === "length") return `HTTP/1.1 ${status} x\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    const parts = [text.slice(0, cut), text.slice(cut)].filter((part) => part !== "");
    const chunks = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("");
    return `HTTP/1.1 ${status} x\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
  }

  it("are the same wherever their bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(response, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 12 }), (responses, cuts) => {
        const texts = responses.map(bytesOf);
        const chunks = texts.flatMap((text) => {
          const bounds = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length];
          return bounds.slice(1).map((end, index) => text.slice(bounds[index], end));
        });
        const expected = responses.map(({ status, body: text }) => ({
          status,
          header: undefined,
          body: status === 204 || status === 304 ? "" : text,
          isReusable: true,
        }));
        expect(read(chunks).heard).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it("that were damaged are refused, or read to an end once at most, whatever they are", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(response, flips, (original, changes) => {
        const bytes = Buffer.from(bytesOf(original), "latin1");
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          for (const { status, body: text } of read([bytes]).heard) {
            expect(status).toBeGreaterThanOrEqual(200);
            expect(text.length).toBeLessThanOrEqual(bytes.length);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ResponseSyntaxError);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
