import { describe, expect, it } from "vitest";
import { Message } from "../message.ts";
import { StateSeal } from "./request-state.ts";

const call = (params: object, method = "tools/call") => Message.of({ id: 1, method, params });
const asked = call({ name: "n", arguments: { a: 1, b: [{}] } });

describe("StateSeal", () => {
  it("opens for the same request of the same caller, however it is written and whatever a retry adds", () => {
    const seal = new StateSeal(() => 0);
    const state = seal.seal("ticket", asked, "me", 1_000);
    const retry = call({
      _meta: { x: 1 },
      inputResponses: { k: {} },
      requestState: state,
      arguments: { b: [{}], a: 1 },
      name: "n",
    });
    expect(seal.open(state, retry, "me")).toBe("ticket");
  });

  it.each<[string, (state: string) => [string, Message, string]]>([
    ["another caller", (state) => [state, asked, "you"]],
    ["another tool", (state) => [state, call({ name: "m", arguments: { a: 1, b: [{}] } }), "me"]],
    ["other arguments", (state) => [state, call({ name: "n", arguments: { a: 1, b: [[]] } }), "me"]],
    ["another method", (state) => [state, call({ name: "n", arguments: { a: 1, b: [{}] } }, "prompts/get"), "me"]],
    ["another ticket", (state) => [state.replace("ticket", "kettle"), asked, "me"]],
    ["a longer time", (state) => [state.replace(/\.[0-9a-z]+\./, ".zzzz."), asked, "me"]],
    ["a cut seal", (state) => [state.slice(0, -1), asked, "me"]],
    ["more behind it", (state) => [`${state}.x`, asked, "me"]],
    ["nothing of ours", () => ["eyJhIjoxfQ==", asked, "me"]],
    ["a megabyte", (state) => [state + "x".repeat(1 << 20), asked, "me"]],
  ])("does not open for %s", (_, change) => {
    const seal = new StateSeal(() => 0);
    expect(seal.open(...change(seal.seal("ticket", asked, "me", 1_000)))).toBeUndefined();
  });

  it("does not open when its time is over, nor in another process", () => {
    let now = 0;
    const seal = new StateSeal(() => now);
    const state = seal.seal("ticket", asked, "me", 1_000);
    now = 1_000;
    expect(seal.open(state, asked, "me")).toBe("ticket");
    now = 1_001;
    expect(seal.open(state, asked, "me")).toBeUndefined();
    expect(new StateSeal(() => 0).open(state, asked, "me")).toBeUndefined();
  });
});
