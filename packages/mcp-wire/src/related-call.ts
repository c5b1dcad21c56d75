import type { PostOptions } from "./link.ts";

/** A call under way on a stream that it shares with others. */
export type CallUnderWay = Pick<PostOptions, "onMessage" | "owner" | "isQuiet">;

/**
 * The call that something belongs to which names none: known where all calls under way are of one downstream. Calls that
 * wait for their client say nothing new, so they count only where there is no other.
 */
export function relatedCall<Call extends CallUnderWay>(underWay: Iterable<Call>): Call | undefined {
  const calls = [...underWay].filter(({ onMessage }) => onMessage !== undefined);
  const lively = calls.filter(({ isQuiet }) => isQuiet?.() !== true);
  const candidates = lively.length > 0 ? lively : calls;
  const owner = candidates[0]?.owner;
  const isKnown = candidates.length === 1 || (owner !== undefined && candidates.every((call) => call.owner === owner));
  return isKnown ? candidates.at(-1) : undefined;
}
