import { describe, expect, it } from "vitest";
import { requestHead } from "./request-head.ts";

const POST = { method: "POST", path: "/mcp?a=b", headers: ["X-A", "1"], body: Buffer.from("{}") } as const;

describe("the head of a request", () => {
  it("has what was asked for, the host, and the length of the body", () => {
    expect(requestHead(POST, "nas.lan:81")).toBe(
      "POST /mcp?a=b HTTP/1.1\r\nHost: nas.lan:81\r\nConnection: keep-alive\r\nX-A: 1\r\nContent-Length: 2\r\n\r\n",
    );
    const get = { ...POST, method: "GET", headers: ["HOST", "other"], body: null } as const;
    expect(requestHead(get, "nas.lan")).toBe("GET /mcp?a=b HTTP/1.1\r\nConnection: keep-alive\r\nHOST: other\r\n\r\n");
  });

  it("leaves out what only we can know", () => {
    const headers = [
      "Content-Length",
      "9",
      "connection",
      "close",
      "Transfer-Encoding",
      "chunked",
      "TE",
      "x",
      "Tea",
      "1",
    ];
    expect(
      requestHead({ ...POST, headers }, "a")
        .split("\r\n")
        .slice(2, 5),
    ).toEqual(["Connection: keep-alive", "Tea: 1", "Content-Length: 2"]);
  });

  it.each([
    ["a line end in a value", { headers: ["Authorization", "secret\r\nX: 1"] }, /^header Authorization has/],
    ["a lone LF in a value", { headers: ["A", "secret\n"] }, /^header A has/],
    ["a zero byte", { headers: ["A", "secret\0"] }, /^header A has/],
    ["more than a byte holds", { headers: ["A", "secret€"] }, /^header A has/],
    ["a colon in a name", { headers: ["A:", "secret"] }, /"A:" is no name/],
    ["an empty name", { headers: ["", "secret"] }, /"" is no name/],
    ["a space in the path", { path: "/a b" }, /path/],
    ["a line end in the path", { path: "/a\r\nX:1" }, /path/],
    ["no path", { path: "" }, /path/],
  ])("is refused for %s, without its value in the error", (_, part, expected) => {
    const head = (): string => requestHead({ ...POST, ...part }, "a");
    expect(head).toThrow(expected);
    expect(head).not.toThrow(/secret/);
  });
});
