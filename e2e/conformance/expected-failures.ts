// What differs through the gateway from the fixture itself, and why. A deviation that no entry knows fails, and so does an
// entry that nothing needs any more.
import { ways } from "./ways.ts";

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
      "a legacy server asks in the middle of its call, without a key: the suite looks for the key that the fixture gives its question in the modern era, and answers before it was asked",
  },
  {
    ways: ["stdio, legacy"],
    suites: [MODERN],
    scenarios: ["server-stateless", "input-required-result-capability-check"],
    isFault: true,
    reason:
      "a legacy program is told once, for all clients, what can be asked: it asks the one that cannot be asked too, and the gateway declines for it",
  },
];

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
