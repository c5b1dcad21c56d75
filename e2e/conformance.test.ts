// The official conformance suites, against the fixture itself and through the gateway in front of it: what a client gets
// must be what it would get without the gateway between, whatever the upstream speaks.
import { beforeAll, describe, expect, test } from "vitest";
import { deviations, tally, type Deviation } from "./conformance/compare.ts";
import {
  excusedAmongEqualsOverHttp,
  expectation,
  expectedFailures,
  staleCells,
} from "./conformance/expected-failures.ts";
import { requiredScenarios, runAgainstServer, suites, type Outcome } from "./conformance/suites.ts";
import { keepTable, renderTable } from "./conformance/table.ts";
import { addresses, pathOf, UPSTREAM, ways, type Fixtures } from "./conformance/ways.ts";
import { serveHttp } from "./fixture/serve-http.ts";
import { startGateway, type Gateway } from "./support/house.ts";
import { stopAtEnd } from "./support/program.ts";

const stopLater = stopAtEnd();
let fixtures: Fixtures;
/** What each suite makes of the fixture without a gateway. */
const direct = new Map<string, Outcome>();
const found: { readonly way: string; readonly address: string; readonly suite: string; readonly scenario: string }[] =
  [];
const outcomes: {
  readonly way: string;
  readonly address: string;
  readonly suite: string;
  readonly outcome: Outcome;
}[] = [];

beforeAll(async () => {
  const both = await stopLater(serveHttp());
  const legacy = await stopLater(serveHttp({ eras: "legacy" }));
  const modern = await stopLater(serveHttp({ eras: "modern" }));
  fixtures = { legacy, modern };
  for (const suite of suites) direct.set(suite.id, await runAgainstServer(suite, both.url));
});

test("the fixture itself passes what each revision requires", () => {
  for (const revision of ["2025-11-25", "2026-07-28"] as const) {
    const outcome = direct.get(`0.2.0-alpha.12, ${revision}`)!;
    const required = requiredScenarios("server", revision);
    expect(required.length).toBeGreaterThan(20);
    const failed = required.filter((one) => outcome.get(one)?.every(({ status }) => status !== "FAILURE") !== true);
    expect(failed).toEqual([]);
  }
});

describe.each(ways)("through the gateway to $id", (way) => {
  let gateway: Gateway;

  beforeAll(async () => {
    const definition = { ...way.definition(fixtures), prefix: false };
    gateway = await stopLater(startGateway({ upstreams: { [UPSTREAM]: definition } }));
  });

  // One suite at both addresses, then the next: what a suite leaves behind at an upstream is met by none but itself.
  describe.each(suites)("$id", (suite) => {
    test.for(addresses)("at %s", async (address) => {
      const outcome = await runAgainstServer(suite, gateway.url + pathOf(address));
      outcomes.push({ way: way.id, address, suite: suite.id, outcome });
      const unexpected: Deviation[] = [];
      for (const deviation of deviations(outcome, direct.get(suite.id)!)) {
        const cell = { way: way.id, address, suite: suite.id, scenario: deviation.scenario };
        found.push(cell);
        if (!expectation(cell)) unexpected.push(deviation);
      }
      expect(unexpected).toEqual([]);
    });
  });
});

describe("what is expected to differ", () => {
  const whole = "only a run of every cell can say it";
  const isWhole = (): boolean => outcomes.length === ways.length * addresses.length * suites.length;

  test("still differs", ({ skip }) => {
    if (!isWhole()) return skip(whole);
    const stale = expectedFailures.flatMap((one) => staleCells(one, found).map((name) => `${name}: ${one.reason}`));
    expect(stale).toEqual([]);
  });

  test("excuses no fault at all where both sides speak one era over HTTP", () => {
    expect(excusedAmongEqualsOverHttp()).toEqual([]);
    // The question itself can be answered with yes.
    const everywhere = { scenarios: ["ping"], isFault: true, reason: "" };
    expect(excusedAmongEqualsOverHttp([everywhere])).toContain("ping through mcp-http, legacy in 0.1.16, all");
  });

  test("is no fault in a required scenario where both sides speak one era over HTTP", () => {
    const required = new Set([
      ...requiredScenarios("server", "2025-11-25"),
      ...requiredScenarios("server", "2026-07-28"),
    ]);
    const eras = new Map(suites.map(({ id, era }) => [id, era]));
    const sameEra = found.filter(({ way, suite, scenario }) => {
      const { era, overHttp } = ways.find(({ id }) => id === way)!;
      return overHttp && era === eras.get(suite) && required.has(scenario);
    });
    expect(sameEra.filter((cell) => expectation(cell)?.isFault !== false)).toEqual([]);
  });

  test("is what the README shows", ({ skip }) => {
    if (!isWhole()) return skip(whole);
    const rows = ways.flatMap((way) =>
      addresses.map((address) => {
        const own = outcomes.filter((one) => one.way === way.id && one.address === address);
        return [way.id, address, ...suites.map(({ id }) => tally(own.find(({ suite }) => suite === id)!.outcome))];
      }),
    );
    rows.unshift(["none: the fixture itself", "", ...suites.map(({ id }) => tally(direct.get(id)!))]);
    const table = renderTable(["upstream", "address", ...suites.map(({ id }) => id)], rows);
    expect(keepTable("conformance", table), "UPDATE_README=1 writes it anew").toBe(table);
  });
});
