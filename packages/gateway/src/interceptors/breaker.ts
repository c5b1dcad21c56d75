import type { Interceptor } from "../core/call.ts";
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

interface Circuit {
  connection: number;
  failures: number;
  /** Times it opened in a row. */
  opened: number;
  openUntil: number;
  probing: boolean;
}

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
  return async (call, next) => {
    const { upstream } = call;
    const refuse = (message: string, retryAfterMs: number) =>
      new GatewayError("upstream_unavailable", message, {
        upstream: upstream.name,
        phase: "connect",
        sent: false,
        retryAfterMs,
      });
    if (isOutOfService(upstream)) {
      throw refuse(`${upstream.name} is ${upstream.status}: ${upstream.error ?? "not reached yet"}`, 2_000);
    }
    let circuit = circuits.get(upstream.handle);
    if (circuit === undefined || circuit.connection !== upstream.connection) {
      circuit = { connection: upstream.connection, failures: 0, opened: 0, openUntil: 0, probing: false };
      circuits.set(upstream.handle, circuit);
    }
    if (circuit.failures >= limits.failures) {
      const left = circuit.openUntil - timers.now();
      if (left > 0 || circuit.probing) {
        throw refuse(
          `${upstream.name} failed ${circuit.failures} times in a row and is left alone for now`,
          Math.max(left, 1_000),
        );
      }
      circuit.probing = true;
    }
    try {
      const response = await next(call);
      circuit.failures = circuit.opened = 0;
      return response;
    } catch (error) {
      if (error instanceof GatewayError && FAILURES.has(error.kind)) onFailure(circuit);
      throw error;
    } finally {
      circuit.probing = false;
    }
  };

  function onFailure(circuit: Circuit): void {
    // Of calls under way when it opens, each further failure says nothing new.
    if (++circuit.failures < limits.failures || circuit.openUntil > timers.now()) return;
    const openMs = Math.min(limits.openMs * 2 ** circuit.opened++, limits.maxOpenMs);
    circuit.openUntil = timers.now() + jittered(openMs, timers);
  }
}
