import type { Call } from "../core/call.ts";
import type { CallOutcome, Outcome } from "../core/call-outcome.ts";

/** Upper bounds in seconds: those of OpenTelemetry's MCP conventions, so that gateway and shards compare. */
export const BUCKETS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] as const;
const BUCKETS_MS = BUCKETS_S.map((seconds) => seconds * 1_000);

/** Calls kept for whoever wants to see the last ones. */
const RECENT = 50;

/** What is known of the calls to one upstream since the gateway started. */
export interface UpstreamCalls {
  readonly outcomes: ReadonlyMap<Outcome, number>;
  /** Calls by the bucket they fell into; the last one is for those beyond all bounds. Not cumulative. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sumMs: number;
}

/** One call that has ended. */
export interface RecentCall {
  readonly at: Date;
  readonly requestId: string;
  readonly front: string;
  readonly upstream: string;
  readonly method: string;
  readonly name: string | undefined;
  readonly outcome: Outcome;
  readonly error: string | undefined;
  readonly ms: number;
}

class Tally implements UpstreamCalls {
  readonly outcomes = new Map<Outcome, number>();
  readonly buckets: number[] = Array.from({ length: BUCKETS_MS.length + 1 }, () => 0);
  count = 0;
  sumMs = 0;

  add(outcome: Outcome, ms: number): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    let bucket = 0;
    while (bucket < BUCKETS_MS.length && ms > (BUCKETS_MS[bucket] as number)) bucket++;
    this.buckets[bucket]!++;
    this.count++;
    this.sumMs += ms;
  }
}

/** Counts calls and remembers the last ones. Plain numbers, because it is asked at every call. */
export class CallStats {
  readonly #tallies = new Map<string, Tally>();
  readonly #recent: RecentCall[] = [];
  #next = 0;
  #total = 0;

  record(call: Call, { outcome, error, ms }: CallOutcome, at: Date): void {
    const { requestId, front, message } = call;
    const upstream = call.upstream.name;
    let tally = this.#tallies.get(upstream);
    if (tally === undefined) this.#tallies.set(upstream, (tally = new Tally()));
    tally.add(outcome, ms);
    this.#total++;
    this.#recent[this.#next] = {
      at,
      requestId,
      front,
      upstream,
      method: message.method,
      name: message.name,
      outcome,
      error,
      ms,
    };
    this.#next = (this.#next + 1) % RECENT;
  }

  /** Calls that have ended. */
  get total(): number {
    return this.#total;
  }

  /** By upstream, also of those that are gone; names are bounded by what was ever defined. */
  get upstreams(): ReadonlyMap<string, UpstreamCalls> {
    return this.#tallies;
  }

  /** The last calls, the youngest first. */
  recent(): readonly RecentCall[] {
    return [...this.#recent.slice(this.#next), ...this.#recent.slice(0, this.#next)].toReversed();
  }
}

/** The bound in seconds below which `share` (0 to 1) of the calls stayed; undefined without calls. */
export function quantile({ buckets, count }: UpstreamCalls, share: number): number | undefined {
  if (count === 0) return undefined;
  let seen = 0;
  for (const [index, calls] of buckets.entries()) {
    seen += calls;
    if (seen >= count * share) return BUCKETS_S[index] ?? Number.POSITIVE_INFINITY;
  }
  return undefined;
}
