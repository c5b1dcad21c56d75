import type { GatewayErrorKind } from "./errors.ts";

/**
 * How a call ended: well; with a result that says the tool failed; with an error of the upstream's; or of ours. Or it was
 * not sent yet, because a person is asked first, or never will be, because that person said no.
 */
export type Outcome =
  | "ok"
  | "tool_error"
  | "rpc_error"
  | "confirmation_asked"
  | "confirmation_declined"
  | GatewayErrorKind;

const WELL: ReadonlySet<Outcome> = new Set(["ok", "confirmation_asked", "confirmation_declined"]);

/** Whether nothing went wrong. */
export function isWell(outcome: Outcome): boolean {
  return WELL.has(outcome);
}

/** The end of a call. */
export interface CallOutcome {
  readonly outcome: Outcome;
  /** JSON-RPC code of a failure of ours. */
  readonly code: number | undefined;
  /** Words of a failure of ours. */
  readonly error: string | undefined;
  /** From its coming to its answer, in milliseconds. */
  readonly ms: number;
}
