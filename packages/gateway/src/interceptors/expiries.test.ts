import fc from "fast-check";
import { expect, it } from "vitest";
import { FakeTimers } from "../testing/fake-timers.ts";
import { Expiries, Expiry } from "./expiries.ts";

class Named extends Expiry {
  readonly name: number;
  readonly #expired: (name: number) => void;

  constructor(name: number, expired: (name: number) => void) {
    super();
    this.name = name;
    this.#expired = expired;
  }

  expire(): void {
    this.#expired(this.name);
  }
}

it("each expires at its own time, once, unless it is taken back or set anew", async () => {
  const timers = new FakeTimers();
  const expiries = new Expiries(timers);
  const expired: [name: number, at: number][] = [];
  const make = (name: number): Named => new Named(name, (who) => expired.push([who, timers.now()]));
  const [first, second, third, fourth] = [1, 2, 3, 4].map(make) as [Named, Named, Named, Named];
  expiries.set(first, 1_000);
  expiries.set(second, 1_000);
  expiries.set(third, 500);
  await timers.advance(400);
  expiries.set(fourth, 1_000);
  expiries.clear(second);
  expiries.set(first, 1_000);
  await timers.advance(2_000);
  expect(expired).toEqual([
    [3, 500],
    [4, 1_400],
    [1, 1_400],
  ]);
  expect(timers.pending).toBe(0);
});

it("has one timer for all of one length, and none where nobody waits", () => {
  const timers = new FakeTimers();
  const expiries = new Expiries(timers);
  const items = Array.from({ length: 100 }, (_, name) => new Named(name, () => undefined));
  for (const item of items) expiries.set(item, 60_000);
  expect(timers.pending).toBe(1);
  for (const item of items) expiries.clear(item);
  expect(timers.pending).toBe(0);
});

it("does what a timer for each would do", async () => {
  const step = fc.record({
    what: fc.constantFrom("set", "set", "clear", "advance"),
    item: fc.nat(5),
    ms: fc.constantFrom(1, 10, 10, 25, 100),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const timers = new FakeTimers();
      const expiries = new Expiries(timers);
      const [found, wanted]: [string[], string[]] = [[], []];
      const items = Array.from(
        { length: 6 },
        (_, name) => new Named(name, (who) => found.push(`${who}@${timers.now()}`)),
      );
      const stops = new Map<number, () => void>();
      for (const { what, item, ms } of steps) {
        if (what === "advance") await timers.advance(ms);
        else {
          stops.get(item)?.();
          if (what === "clear") expiries.clear(items[item] as Named);
          else {
            expiries.set(items[item] as Named, ms);
            stops.set(
              item,
              timers.after(ms, () => wanted.push(`${item}@${timers.now()}`)),
            );
          }
        }
      }
      await timers.advance(1_000);
      expect(found.toSorted()).toEqual(wanted.toSorted());
      expect(timers.pending).toBe(0);
    }),
    { numRuns: 25 },
  );
});
