import { expect, test } from "vitest";
import { judge, targets } from "./targets.ts";

const against = [
  { figure: "rate", atLeast: 0.92 },
  { figure: "cpu", atMost: 1.25 },
];

test.each([
  [{ rate: 0.92, cpu: 1.25 }, [true, true]],
  [{ rate: 0.919, cpu: 1.251 }, [false, false]],
  [{ rate: 2, cpu: 0.1 }, [true, true]],
  [{ rate: Number.NaN, cpu: Number.NaN }, [false, false]],
])("%j is judged %j", (figures, verdicts) => {
  expect(judge(figures, against).map(({ isReached }) => isReached)).toEqual(verdicts);
});

test("what was not measured is not reached", () => {
  expect(judge({}, against).map(({ value, isReached }) => [value, isReached])).toEqual([
    [undefined, false],
    [undefined, false],
  ]);
});

test("no target is set twice, and each has a limit", () => {
  expect(new Set(targets.map(({ figure }) => figure)).size).toBe(targets.length);
  expect(targets.filter(({ atLeast, atMost }) => atLeast === undefined && atMost === undefined)).toEqual([]);
});
