// What a run came to beside the one it is held against, check by check.
import type { Check, Outcome, Status } from "./suites.ts";

/** A scenario that did not end as it should. */
export interface Deviation {
  readonly scenario: string;
  /** Whether the suite sees a fault; otherwise it saw less to check. */
  readonly isFault: boolean;
  /** Checks that ended otherwise, as `id: FAILURE instead of SUCCESS`, with what the suite said. */
  readonly checks: readonly string[];
}

/** Scenarios of a run that ended otherwise than in the run it is held against. */
export function deviations(outcome: Outcome, expected: Outcome): readonly Deviation[] {
  const scenarios = new Set([...expected.keys(), ...outcome.keys()]);
  return [...scenarios].toSorted().flatMap((scenario) => {
    const got = outcome.get(scenario) ?? [];
    const checks = differences(got, expected.get(scenario) ?? []);
    if (checks.length === 0) return [];
    const isFault = got.length === 0 || checks.some((check) => /: .*(FAILURE|WARNING).* instead/.test(check));
    return [{ scenario, isFault, checks }];
  });
}

/** What a server's choice of JSON or an event stream leaves as a remark for the reader of a report. */
const REMARK: Status = "INFO";

function differences(got: readonly Check[], expected: readonly Check[]): readonly string[] {
  const ids = new Set([...expected, ...got].map(({ id }) => id));
  return [...ids].flatMap((id) => {
    const is = got.filter((check) => check.id === id && check.status !== REMARK);
    const should = expected.filter((check) => check.id === id && check.status !== REMARK);
    const [isStatus, shouldStatus] = [statuses(is), statuses(should)];
    if (isStatus === shouldStatus) return [];
    const said = is.flatMap(({ errorMessage }) => errorMessage ?? []).join("; ");
    return [`${id}: ${isStatus || "absent"} instead of ${shouldStatus || "absent"}${said && ` (${said})`}`];
  });
}

// A check may stand several times under one id, in an order of no meaning.
const statuses = (checks: readonly Check[]): string =>
  checks
    .map(({ status }) => status)
    .toSorted()
    .join(" ");

/** Checks that passed, of those that passed or failed. */
export function tally(outcome: Outcome): string {
  const all = [...outcome.values()].flat();
  const of = (wanted: Status): number => all.filter(({ status }) => status === wanted).length;
  return `${of("SUCCESS")}/${of("SUCCESS") + of("FAILURE")}`;
}
