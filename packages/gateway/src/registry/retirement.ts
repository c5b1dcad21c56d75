import type { Timers } from "../core/timers.ts";
import type { Supervisor } from "./supervisor.ts";

/** How long calls of an upstream that is no longer wanted may go on, in milliseconds. */
const DRAIN_MS = 60_000;
/** How often it is looked whether they have ended; a request that has read the snapshot before has reached its upstream by then. */
const LOOK_MS = 100;

/** Where upstreams go that no snapshot shows any more: each is closed when its calls have ended, or their time has. */
export class Retirement {
  readonly #timers: Timers;
  /** With how to stop looking. */
  readonly #leaving = new Map<Supervisor, () => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  take(supervisor: Supervisor): void {
    supervisor.retire();
    this.#lookLater(supervisor, this.#timers.now() + DRAIN_MS);
  }

  async close(): Promise<void> {
    const leaving = [...this.#leaving];
    this.#leaving.clear();
    for (const [, cancel] of leaving) cancel();
    await Promise.all(leaving.map(([supervisor]) => supervisor.close()));
  }

  #lookLater(supervisor: Supervisor, until: number): void {
    const cancel = this.#timers.after(LOOK_MS, () => {
      if (supervisor.active > 0 && this.#timers.now() < until) return this.#lookLater(supervisor, until);
      this.#leaving.delete(supervisor);
      void supervisor.close();
    });
    this.#leaving.set(supervisor, cancel);
  }
}
