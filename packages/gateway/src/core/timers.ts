/** Time and chance, handed in so that a test decides both. */
export interface Timers {
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Wall clock. */
  date(): Date;
  /** Runs `action` once after `ms`; returns how to prevent it. */
  after(ms: number, action: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
}

/** A duration that differs by up to a fifth either way, so that many of them do not fall together. */
export function jittered(ms: number, timers: Timers): number {
  return ms * (0.8 + 0.4 * timers.random());
}
