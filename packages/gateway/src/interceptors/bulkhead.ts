import type { Message } from "@shardgate/mcp-wire";
import type { Call, CallEnd, Interceptor, Next } from "../core/call.ts";
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

/** A call that has ended gives its turn to the next. */
const PASSES_ON: CallEnd = {
  ended({ upstream: { handle } }) {
    const following = handle.load.queue.shift();
    if (following === undefined) handle.load.active--;
    else following();
  },
};

/** Bounds the calls each upstream works on, so that a slow one fills its own queue and nobody else's. */
export function bulkhead(timers: Timers, limits: BulkheadLimits = DEFAULT_BULKHEAD): Interceptor {
  const go = (call: Call, next: Next): Promise<Message> => {
    call.join(PASSES_ON);
    return next(call);
  };
  return (call, next) => {
    const { load } = call.upstream.handle;
    if (load.active >= (call.upstream.limits?.active ?? limits.active))
      return takeTurn(call).then(() => go(call, next));
    load.active++;
    return go(call, next);
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
