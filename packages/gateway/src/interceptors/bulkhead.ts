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

/** Bounds the calls each upstream works on, so that a slow one fills its own queue and nobody else's. */
export function bulkhead(timers: Timers, limits: BulkheadLimits = DEFAULT_BULKHEAD): Interceptor {
  return async (call, next) => {
    const { upstream } = call;
    const { load } = upstream.handle;
    if (load.active < (upstream.limits?.active ?? limits.active)) load.active++;
    else await takeTurn(call);
    try {
      return await next(call);
    } finally {
      const following = load.queue.shift();
      if (following === undefined) load.active--;
      else following();
    }
  };

  function takeTurn({ upstream: { name: upstream, limits: own, handle }, cancellation }: Call): Promise<void> {
    const { active = limits.active, queued = limits.queued, wait = limits.waitMs } = own ?? {};
    const { queue } = handle.load;
    const details = { upstream, phase: "queue", sent: false } as const;
    const refuse = (why: string) =>
      new GatewayError("overloaded", `${upstream} is busy: ${why}`, { ...details, retryAfterMs: 1_000 });
    if (queue.length >= queued) {
      return Promise.reject(refuse(`${active} calls under way and ${queued} waiting`));
    }
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        stop();
        resolve();
      };
      const leave = (error: GatewayError): void => {
        const place = queue.indexOf(turn);
        if (place < 0) return;
        stop();
        queue.splice(place, 1);
        reject(error);
      };
      const stop = timers.after(wait, () => leave(refuse(`no turn within ${wait / 1000} s`)));
      queue.push(turn);
      cancellation.onCancel((reason) =>
        leave(new GatewayError("cancelled", `${upstream}: ${reason.message}`, details)),
      );
    });
  }
}
