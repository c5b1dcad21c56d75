import type { Interceptor } from "../core/call.ts";
import { GatewayError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";

/** No call runs longer, however much progress it reports, in milliseconds. */
export const HARD_DEADLINE_MS = 10 * 60_000;

/**
 * Gives every call its one answer in time: each sign of progress starts the upstream's timeout anew, up to a hard end.
 * A call that runs out is cancelled upstream.
 */
export function deadline(timers: Timers): Interceptor {
  return (call, next) =>
    new Promise((resolve, reject) => {
      const started = timers.now();
      const { timeoutMs, name } = call.upstream;
      let stop = timers.after(timeoutMs, expire);
      function expire(): void {
        const seconds = Math.round((timers.now() - started) / 100) / 10;
        const message = `${name} did not answer ${call.message.name ?? call.message.method} within ${seconds} s`;
        reject(new GatewayError("upstream_timeout", message, { upstream: name, phase: "call", sent: true }));
        call.cancellation.cancel(new Error(message));
      }
      call.onProgress = () => {
        const left = started + HARD_DEADLINE_MS - timers.now();
        stop();
        stop = timers.after(Math.max(0, Math.min(timeoutMs, left)), expire);
      };
      next(call).then(
        (response) => {
          stop();
          resolve(response);
        },
        (error: unknown) => {
          stop();
          reject(error);
        },
      );
    });
}
