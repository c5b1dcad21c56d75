import type { Interceptor } from "../core/call.ts";
import { GatewayError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";

export interface BulkheadLimits {
  /** Calls one upstream works on at once. */
  readonly active: number;
  /** Calls that wait for their turn beyond that. */
  readonly queued: number;
  /** Longest wait in milliseconds. */
  readonly waitMs: number;
}

export const DEFAULT_BULKHEAD: BulkheadLimits = { active: 16, queued: 64, waitMs: 5_000 };

interface Hold {
  active: number;
  readonly queue: (() => void)[];
}

/** Bounds the calls each upstream works on, so that a slow one fills its own queue and nobody else's. */
export function bulkhead(timers: Timers, limits: BulkheadLimits = DEFAULT_BULKHEAD): Interceptor {
  const holds = new WeakMap<object, Hold>();
  return async (call, next) => {
    const key = call.upstream.handle;
    let hold = holds.get(key);
    if (hold === undefined) holds.set(key, (hold = { active: 0, queue: [] }));
    if (hold.active < limits.active) hold.active++;
    else await takeTurn(hold, call.upstream.name);
    try {
      return await next(call);
    } finally {
      const following = hold.queue.shift();
      if (following === undefined) hold.active--;
      else following();
    }
  };

  function takeTurn(hold: Hold, upstream: string): Promise<void> {
    const refuse = (why: string) =>
      new GatewayError("overloaded", `${upstream} is busy: ${why}`, {
        upstream,
        phase: "queue",
        sent: false,
        retryAfterMs: 1_000,
      });
    if (hold.queue.length >= limits.queued) {
      return Promise.reject(refuse(`${limits.active} calls under way and ${limits.queued} waiting`));
    }
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        stop();
        resolve();
      };
      const stop = timers.after(limits.waitMs, () => {
        hold.queue.splice(hold.queue.indexOf(turn), 1);
        reject(refuse(`no turn within ${limits.waitMs / 1000} s`));
      });
      hold.queue.push(turn);
    });
  }
}
