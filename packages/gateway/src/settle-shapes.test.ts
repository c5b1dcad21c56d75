// V8's own view of an object needs flags, and a process in which no request was made before.
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

const settle = new URL("settle-shapes.ts", import.meta.url).href;

/** Whether a response that is made after a collection between the first ones is an object, and not a hash table. */
function isFast(isSettled: boolean): boolean {
  const script = `
    import { IncomingMessage, ServerResponse } from "node:http";
    import { Socket } from "node:net";
    import { settleShapes } from ${JSON.stringify(settle)};
    if (${isSettled}) settleShapes();
    const make = () => new ServerResponse(new IncomingMessage(new Socket()));
    for (let count = 0; count < 6; count++) make();
    gc();
    const response = make();
    console.log(%HasFastProperties(response) && %HasFastProperties(response.req));`;
  const flags = ["--allow-natives-syntax", "--expose-gc", "--input-type=module"];
  return execFileSync(process.execPath, [...flags, "--eval", script], { encoding: "utf8" }) === "true\n";
}

it("keeps responses fast objects where the first ones were collected", () => {
  expect(isFast(true)).toBe(true);
});

it("is still needed: without it they become hash tables", () => {
  expect(isFast(false)).toBe(false);
});
