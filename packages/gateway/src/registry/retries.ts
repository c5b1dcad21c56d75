import type { RestartPolicy } from "../upstreams/upstream.ts";

/** Pauses between attempts to reach what we do not start ourselves, in milliseconds; the last one repeats. */
const RECONNECT_MS = [500, 1_000, 2_000] as const;

export interface Retry {
  readonly pauseMs: number;
  /** True where it failed so often that it is left alone for longer. */
  readonly isLoop: boolean;
}

/** Decides when an upstream that failed is tried again. */
export class Retries {
  readonly #policy: RestartPolicy | undefined;
  #failures = 0;
  #upSince: number | undefined;

  constructor(policy: RestartPolicy | undefined) {
    this.#policy = policy;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** It failed, or ended. @param now monotonic clock in milliseconds */
  next(now: number): Retry {
    const policy = this.#policy;
    if (policy === undefined) {
      const pauseMs = RECONNECT_MS[Math.min(this.#failures++, RECONNECT_MS.length - 1)] as number;
      return { pauseMs, isLoop: false };
    }
    if (this.#upSince !== undefined && now - this.#upSince >= policy.stableMs) this.#failures = 0;
    this.#upSince = undefined;
    const pauseMs = policy.pausesMs[this.#failures++];
    return pauseMs === undefined ? { pauseMs: policy.slowMs, isLoop: true } : { pauseMs, isLoop: false };
  }

  /** It was reached. What only answers again begins afresh, a program once it has run for a while. */
  reached(now: number): void {
    this.#upSince = now;
    if (this.#policy === undefined) this.#failures = 0;
  }

  /** The next failure is the first. */
  reset(): void {
    this.#failures = 0;
    this.#upSince = undefined;
  }
}
