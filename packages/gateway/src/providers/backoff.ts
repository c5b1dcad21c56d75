import { jittered, type Timers } from "../core/timers.ts";

const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 10_000] as const;

/** Pauses between attempts that grow while they fail. */
export class Backoff {
  readonly #timers: Timers;
  #attempts = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  reset(): void {
    this.#attempts = 0;
  }

  /** Waits for the next attempt's turn, or until the signal aborts. */
  wait(signal: AbortSignal): Promise<void> {
    const ms = PAUSES_MS[Math.min(this.#attempts++, PAUSES_MS.length - 1)] as number;
    return this.pause(jittered(ms, this.#timers), signal);
  }

  /** Waits exactly so long, or until the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = this.#timers.after(ms, done);
      signal.addEventListener("abort", done);
    });
  }
}
