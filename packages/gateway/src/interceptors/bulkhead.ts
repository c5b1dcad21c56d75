import type { Call, Interceptor } from "../core/call.ts";
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
    else await takeTurn(hold, call);
    try {
      return await next(call);
    } finally {
      const following = hold.queue.shift();
      if (following === undefined) hold.active--;
      else following();
    }
  };

  function takeTurn(hold: Hold, { upstream: { name: upstream }, cancellation }: Call): Promise<void> {
    const details = { upstream, phase: "queue", sent: false } as const;
    const refuse = (why: string) =>
      new GatewayError("overloaded", `${upstream} is busy: ${why}`, { ...details, retryAfterMs: 1_000 });
    if (hold.queue.length >= limits.queued) {
      return Promise.reject(refuse(`${limits.active} calls under way and ${limits.queued} waiting`));
    }
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        stop();
        resolve();
      };
      const leave = (error: GatewayError): void => {
        const place = hold.queue.indexOf(turn);
        if (place < 0) return;
        stop();
        hold.queue.splice(place, 1);
        reject(error);
      };
      const stop = timers.after(limits.waitMs, () => leave(refuse(`no turn within ${limits.waitMs / 1000} s`)));
      hold.queue.push(turn);
      cancellation.onCancel((reason) =>
        leave(new GatewayError("cancelled", `${upstream}: ${reason.message}`, details)),
      );
    });
  }
}
