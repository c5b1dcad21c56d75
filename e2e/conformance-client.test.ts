// The client side of the official conformance suites, with the gateway as the client.
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { clientRuns, notRun } from "./conformance/client-scenarios.ts";
import { tally } from "./conformance/compare.ts";
import { requiredScenarios, runAgainstClient, type Outcome } from "./conformance/suites.ts";
import { keepTable, renderTable } from "./conformance/table.ts";

const client = `${process.execPath} ${fileURLToPath(new URL("conformance/client.ts", import.meta.url))} gateway`;
const tallies: Record<string, string> = {};

describe.each(clientRuns)("$suite", ({ suite, program, revision, scenarios }) => {
  const outcomes = new Map<string, Outcome>();

  test.for(scenarios)("%s", async (scenario) => {
    const outcome = await runAgainstClient(program, client, scenario, revision);
    outcomes.set(scenario, outcome);
    if (outcomes.size === scenarios.length) tallies[suite] = tally(merged(outcomes));
    const checks = [...outcome.values()].flat();
    expect(checks.length).toBeGreaterThan(0);
    expect(checks.filter(({ status }) => status === "FAILURE" || status === "WARNING")).toEqual([]);
  });

  if (revision === undefined) return;
  test("nothing that the revision requires is left out without a reason", () => {
    const left = requiredScenarios("client", revision).filter((one) => !scenarios.includes(one));
    expect(left.filter((one) => !notRun.scenarios.test(one))).toEqual([]);
  });
});

const merged = (outcomes: ReadonlyMap<string, Outcome>): Outcome =>
  new Map([...outcomes].map(([scenario, outcome]) => [scenario, [...outcome.values()].flat()]));

test("the README shows what came out", ({ skip }) => {
  if (Object.keys(tallies).length < clientRuns.length) return skip("only a run of every scenario can say it");
  const suites = clientRuns.map(({ suite }) => suite);
  const row = ["the gateway as the client", ...suites.map((suite) => tallies[suite] as string)];
  const table = renderTable(["", ...suites], [row]);
  expect(keepTable("conformance-client", table), "UPDATE_README=1 writes it anew").toBe(table);
});
