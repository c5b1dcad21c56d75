import { expect, test } from "vitest";
import { headerOf, parseAnswer } from "./http-connection.ts";

const sized = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello";
const chunked = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
const bare = "HTTP/1.1 204 No Content\r\nMcp-Session-Id: abc\r\n\r\n";

test.each([
  [sized, 200, "hello"],
  [chunked, 404, "hello world"],
  [bare, 204, ""],
])("an answer is read when it is whole, and not before: %j", (text, status, body) => {
  const bytes = Buffer.from(text);
  expect(parseAnswer(bytes)).toMatchObject({ status, body });
  for (let length = 0; length < bytes.length; length += 1) {
    expect(parseAnswer(bytes.subarray(0, length))).toBeUndefined();
  }
});

test("an answer without a length is an error, not a wait without end", () => {
  expect(() => parseAnswer(Buffer.from("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"))).toThrow(
    "without a length",
  );
});

test("headers are found in any spelling", () => {
  expect(headerOf(parseAnswer(Buffer.from(bare))!.head, "mcp-session-id")).toBe("abc");
  expect(headerOf(parseAnswer(Buffer.from(sized))!.head, "content-type")).toBe("application/json");
});
