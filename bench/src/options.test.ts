import { expect, test } from "vitest";
import { parseOptions, type Options } from "./options.ts";
import { scenarios } from "./scenarios/index.ts";

const parse = (...args: string[]) => parseOptions(args, scenarios, new Date(0)) as Options;

test("a quick run leaves out what takes long", () => {
  const quick = parse("--quick");
  expect(quick).toMatchObject({ check: false, name: "1970-01-01T00-00-00", effort: { clients: [16] } });
  expect(quick.scenarios.length).toBeLessThan(scenarios.length);
});

test("one scenario, with its own effort", () => {
  expect(parse("--only", "tools", "--clients", "1,2", "--rounds", "1", "--seconds", "0.5", "--check")).toMatchObject({
    check: true,
    scenarios: [{ name: "tools" }],
    effort: { clients: [1, 2], rounds: 1, duration: 500 },
  });
});

test.each([
  [["--only", "nothing"], 'no scenario "nothing"'],
  [["--clients", "1,x"], '--clients: "x" is not a number'],
  [["--rounds", "0"], '--rounds: "0" is not a number above 0'],
])("%j is refused", (args, said) => {
  expect(() => parse(...args)).toThrow(said);
});
