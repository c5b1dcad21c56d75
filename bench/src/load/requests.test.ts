import { expect, test } from "vitest";
import { parseAnswer } from "./http-connection.ts";
import { callRequest, type Era } from "./requests.ts";

const target = (era: Era) => ({ port: 80, path: "/mcp", era, tool: "x__echo" });
const bodyOf = (bytes: Buffer) => {
  const text = bytes.toString();
  const body = text.slice(text.indexOf("\r\n\r\n") + 4);
  // As an answer, the length is checked too.
  expect(parseAnswer(Buffer.from(text.replace("POST /mcp HTTP/1.1", "HTTP/1.1 200 OK")))?.body).toBe(body);
  return JSON.parse(body) as { id: number; params: { name: string; _meta?: object } };
};

test.each(["modern", "legacy"] as const)("every %s call has an id of its own and stays a valid request", (era) => {
  const [first, second] = [callRequest(target(era), 0, "s1"), callRequest(target(era), 1, "s1")];
  const ids = [first, first, second, second].map((caller) => {
    const expected = caller.next();
    const { id, params } = bodyOf(caller.bytes);
    expect(expected).toBe(`"id":${id}`);
    expect(params.name).toBe("x__echo");
    return id;
  });
  expect(new Set(ids).size).toBe(4);
});

test("the eras differ as the revisions say", () => {
  const [modern, legacy] = [callRequest(target("modern"), 0), callRequest(target("legacy"), 0, "s1")].map(({ bytes }) =>
    bytes.toString(),
  );
  expect(modern).toContain("\r\nMcp-Name: x__echo\r\n");
  expect(modern).not.toContain("Mcp-Session-Id");
  expect(legacy).toContain("\r\nMcp-Session-Id: s1\r\n");
  expect(legacy).not.toContain("_meta");
});
