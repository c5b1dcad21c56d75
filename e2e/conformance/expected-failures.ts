// What differs through the gateway from the fixture itself, and why. A deviation that no entry knows fails, and so does an
// entry that nothing needs any more.
import { suites } from "./suites.ts";
import { addresses, ways } from "./ways.ts";

export interface Cell {
  readonly way: string;
  readonly address: string;
  readonly suite: string;
  readonly scenario: string;
}

export interface ExpectedFailure {
  /** Ids of ways, addresses and suites; every one where nothing is said. */
  readonly ways?: readonly string[];
  readonly addresses?: readonly string[];
  readonly suites?: readonly string[];
  readonly scenarios: readonly string[];
  /** False where the suite only sees less to check. */
  readonly isFault: boolean;
  readonly reason: string;
}

const OLD = "0.1.16, all";
const LEGACY = "0.2.0-alpha.12, 2025-11-25";
const MODERN = "0.2.0-alpha.12, 2026-07-28";
const of = (era: "legacy" | "modern"): readonly string[] => ways.filter((way) => way.era === era).map(({ id }) => id);

export const expectedFailures: readonly ExpectedFailure[] = [
  {
    suites: [OLD, LEGACY],
    scenarios: ["server-sse-multiple-streams", "server-sse-polling"],
    isFault: false,
    reason:
      "the gateway answers as JSON where nothing comes before the result, which the specification leaves to the server; the suite then has no event stream to look at",
  },
  {
    ways: of("legacy"),
    suites: [MODERN],
    scenarios: ["input-required-result-basic-elicitation", "input-required-result-ignore-extra-params"],
    isFault: true,
    reason:
      "the suite answers under the key that its modern server gives the question, in one scenario before it was asked; the request of a legacy server has an id of its own and no key (2025-11-25 client/elicitation), so the gateway has to make one, and a client that reads it is understood: the other scenarios with questions pass",
  },
  {
    ways: ["stdio, legacy"],
    suites: [MODERN],
    scenarios: ["server-stateless", "input-required-result-capability-check"],
    isFault: true,
    reason:
      "a legacy program hears once, in the one handshake of its process, what can be asked, and its process serves all clients: it asks the one that cannot be asked too, the gateway declines for it, and the tool fails instead of doing without; only a process for each set of capabilities could do better",
  },
];

/** Where an entry excuses a fault though both sides speak one era over HTTP, as `scenario through way in suite`. */
export function excusedAmongEqualsOverHttp(entries: readonly ExpectedFailure[] = expectedFailures): readonly string[] {
  const pairs = ways
    .filter(({ overHttp }) => overHttp)
    .flatMap((way) => suites.filter(({ era }) => era === way.era).map((suite) => [way.id, suite.id] as const));
  return entries
    .filter(({ isFault }) => isFault)
    .flatMap((entry) =>
      pairs
        .filter(([way, suite]) => addresses.some((address) => covers(entry, { way, address, suite })))
        .flatMap(([way, suite]) => entry.scenarios.map((scenario) => `${scenario} through ${way} in ${suite}`)),
    );
}

function covers(expected: ExpectedFailure, { way, address, suite }: Omit<Cell, "scenario">): boolean {
  const any = (values: readonly string[] | undefined, value: string): boolean => values?.includes(value) ?? true;
  return any(expected.ways, way) && any(expected.addresses, address) && any(expected.suites, suite);
}

/** The entry that knows of a deviation. */
export function expectation(cell: Cell): ExpectedFailure | undefined {
  return expectedFailures.find((one) => covers(one, cell) && one.scenarios.includes(cell.scenario));
}

/** Cells of an entry that no deviation needs, as `scenario through way`. */
export function staleCells(expected: ExpectedFailure, found: readonly Cell[]): readonly string[] {
  const needed = new Set(
    found.filter((cell) => expectation(cell) === expected).map(({ way, scenario }) => `${scenario} through ${way}`),
  );
  const ids = expected.ways ?? ways.map(({ id }) => id);
  const cells = expected.scenarios.flatMap((scenario) => ids.map((way) => `${scenario} through ${way}`));
  return cells.filter((cell) => !needed.has(cell));
}
