import { Message } from "@shardgate/mcp-wire";
import { describe, expect, it } from "vitest";
import { GatewayError } from "../core/errors.ts";
import { PLAN_TTL_MS, type Planned, Plans } from "./plans.ts";

const planned = (changes: Partial<Planned> = {}): Planned => ({
  way: "words",
  owner: "ada",
  chatMessage: "m1",
  upstream: "nas",
  tool: "wipe",
  digest: "d1",
  params: Buffer.from("{}"),
  paramHeaders: [],
  ...changes,
});
const result = (text: string): Message => Message.result("1", JSON.stringify({ content: [{ type: "text", text }] }));

function start() {
  let now = 0;
  const plans = new Plans(() => now);
  return { plans, pass: (ms: number) => void (now += ms) };
}

describe("Plans", () => {
  it("hold so many, the latest", () => {
    const { plans } = start();
    const all = Array.from({ length: 1_030 }, (_, index) => plans.add(planned({ digest: `d${index}` })));
    const held = all.filter(({ token }) => plans.find(token, planned()) !== undefined);
    expect(held).toEqual(all.slice(-1_024));
  });

  it("hold so many bytes, of calls and of what came of them", async () => {
    const { plans } = start();
    const params = Buffer.alloc(4 * 1024 * 1024, 0x20);
    const all = Array.from({ length: 9 }, (_, index) => plans.add(planned({ digest: `d${index}`, params })));
    expect(all.map(({ token }) => plans.find(token, planned()) !== undefined)).toEqual([false, ...Array(8).fill(true)]);
    await plans.run(all[8]!, async () => result("x".repeat(1_000)));
    await Promise.resolve();
    expect(plans.find(all[1]!.token, planned())).toBeUndefined();
    expect(plans.find(all[8]!.token, planned())).toBeDefined();
  });

  it("are good for their time, which begins anew when they are made again, and when they have run", async () => {
    const { plans, pass } = start();
    const first = plans.add(planned());
    pass(PLAN_TTL_MS - 1);
    expect(plans.add(planned())).toBe(first);
    pass(PLAN_TTL_MS);
    expect(plans.find(first.token, planned())).toBe(first);
    await plans.run(first, async () => result("done"));
    await Promise.resolve();
    pass(PLAN_TTL_MS);
    plans.sweep();
    expect(plans.hasRun(first)).toBe(true);
    pass(1);
    plans.sweep();
    expect([plans.hasRun(first), plans.upstreamOf(first.token)]).toEqual([false, undefined]);
  });

  it("keep a short outcome, and of a long one that it was had", async () => {
    const { plans } = start();
    for (const [text, kept] of [
      ["short", "short"],
      ["x".repeat(300_000), "was made already, once"],
    ] as const) {
      const plan = plans.add(planned({ digest: text }));
      expect((await plans.run(plan, async () => result(text))).outcome.toString()).toContain(text);
      await Promise.resolve();
      const again = await plans.run(plan, () => Promise.reject(new Error("a second time")));
      expect(again.outcome.toString()).toContain(kept);
    }
  });

  it("run again only where it is certain that nothing was sent", async () => {
    const { plans } = start();
    const failure = (sent: boolean) => new GatewayError("overloaded", "busy", { phase: "queue", sent });
    const plan = plans.add(planned());
    await expect(plans.run(plan, () => Promise.reject(failure(false)))).rejects.toThrow("busy");
    await expect(plans.run(plan, () => Promise.reject(failure(true)))).rejects.toThrow("busy");
    await expect(plans.run(plan, async () => result("ran twice"))).rejects.toThrow("busy");
  });

  it("are found by their owner, in their own way", () => {
    const { plans } = start();
    const { token } = plans.add(planned());
    expect(token).toMatch(/^[0-9a-f]{20}$/);
    expect(plans.find(token, { way: "form", owner: "ada" })).toBeUndefined();
    expect(plans.find(token, { way: "words", owner: "bob" })).toBeUndefined();
    const forms = [plans.add(planned({ way: "form" })), plans.add(planned({ way: "form" }))];
    expect(forms[0]!.token).not.toBe(forms[1]!.token);
  });
});
