import { Cancellation, UpstreamError } from "@shardgate/mcp-wire";
import type { Timers } from "../core/timers.ts";

/** Runs `work`, and gives up on it after `ms` even where it does not hear its cancellation. */
export function attempt<T>(timers: Timers, ms: number, work: (cancellation: Cancellation) => Promise<T>): Promise<T> {
  const cancellation = new Cancellation();
  return new Promise((resolve, reject) => {
    const stop = timers.after(ms, () => {
      const error = new UpstreamError("unavailable", `it does not answer within ${ms / 1000} s`, { sent: true });
      reject(error);
      cancellation.cancel(error);
    });
    work(cancellation).then(
      (value) => {
        stop();
        resolve(value);
      },
      (error: unknown) => {
        stop();
        reject(error);
      },
    );
  });
}
