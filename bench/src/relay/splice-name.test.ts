import { expect, test } from "vitest";
import { spliceName } from "./splice-name.ts";

test("the upstream's name is cut off and nothing else is touched", () => {
  const call = (name: string): string =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}"}, "x":1.0}`;
  const { body, name } = spliceName(Buffer.from(call("modern__echo")));
  expect([body.toString(), name]).toEqual([call("echo"), "echo"]);
});

test.each(['{"method":"ping"}', '{"params":{"name":"echo"},"a__b":1}'])("%s passes as it is", (text) => {
  const { body, name } = spliceName(Buffer.from(text));
  expect([body.toString(), name]).toEqual([text, undefined]);
});
