import type { Message } from "@shardgate/mcp-wire";
import type { Call, CallEnd, Interceptor } from "../core/call.ts";
import { GatewayError, type GatewayErrorKind } from "../core/errors.ts";
import { isOutOfService } from "../core/snapshot.ts";
import { jittered, type Timers } from "../core/timers.ts";

export interface BreakerLimits {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** First time it stays open, in milliseconds; doubles each time in a row, up to `maxOpenMs`. */
  readonly openMs: number;
  readonly maxOpenMs: number;
}

export const DEFAULT_BREAKER: BreakerLimits = { failures: 5, openMs: 10_000, maxOpenMs: 300_000 };

const FAILURES: ReadonlySet<GatewayErrorKind> = new Set([
  "upstream_unavailable",
  "upstream_timeout",
  "upstream_crashed",
]);

/**
 * Answers for an upstream that is down, or that failed several times in a row, at once instead of in its timeout. After a
 * while one call goes through as a probe; a new connection of the upstream starts afresh.
 */
export function breaker(timers: Timers, limits: BreakerLimits = DEFAULT_BREAKER): Interceptor {
  const circuits = new WeakMap<object, Circuit>();
  return (call, next) => {
    const { upstream } = call;
    if (isOutOfService(upstream)) {
      const reason = `${upstream.name} is ${upstream.status}: ${upstream.error ?? "not reached yet"}`;
      return Promise.reject(refusal(upstream.name, reason, 2_000));
    }
    let circuit = circuits.get(upstream.handle);
    if (circuit === undefined || circuit.connection !== upstream.connection) {
      circuit = new Circuit(upstream.connection, timers, limits);
      circuits.set(upstream.handle, circuit);
    }
    const waitMs = circuit.enter();
    if (waitMs !== undefined) {
      const reason = `${upstream.name} failed ${circuit.failures} times in a row and is left alone for now`;
      return Promise.reject(refusal(upstream.name, reason, waitMs));
    }
    call.join(circuit);
    return next(call);
  };
}

function refusal(upstream: string, message: string, retryAfterMs: number): GatewayError {
  return new GatewayError("upstream_unavailable", message, { upstream, phase: "connect", sent: false, retryAfterMs });
}

/** What is known of one connection of an upstream. */
class Circuit implements CallEnd {
  readonly connection: number;
  /** In a row. */
  failures = 0;
  readonly #timers: Timers;
  readonly #limits: BreakerLimits;
  /** Times it opened in a row. */
  #opened = 0;
  #openUntil = 0;
  #isProbing = false;

  constructor(connection: number, timers: Timers, limits: BreakerLimits) {
    this.connection = connection;
    this.#timers = timers;
    this.#limits = limits;
  }

  /** Undefined where a call may pass; else how long it should wait, in milliseconds. */
  enter(): number | undefined {
    if (this.failures < this.#limits.failures) return undefined;
    const left = this.#openUntil - this.#timers.now();
    if (left > 0 || this.#isProbing) return Math.max(left, 1_000);
    this.#isProbing = true;
    return undefined;
  }

  ended(_call: Call, response: Message | undefined, error: unknown): void {
    if (response !== undefined) this.failures = this.#opened = 0;
    else if (error instanceof GatewayError && FAILURES.has(error.kind)) this.#fail();
    this.#isProbing = false;
  }

  #fail(): void {
    // Of calls under way when it opens, each further failure says nothing new.
    if (++this.failures < this.#limits.failures || this.#openUntil > this.#timers.now()) return;
    const openMs = Math.min(this.#limits.openMs * 2 ** this.#opened++, this.#limits.maxOpenMs);
    this.#openUntil = this.#timers.now() + jittered(openMs, this.#timers);
  }
}
