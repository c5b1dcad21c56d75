import type { Timers } from "../core/timers.ts";

/** Time that stands still until a test moves it; chance is always one half, so nothing is jittered. */
export class FakeTimers implements Timers {
  #now = 0;
  #next = 0;
  readonly #due = new Map<number, { at: number; action: () => void }>();

  now = (): number => this.#now;
  date = (): Date => new Date(Date.UTC(2026, 0, 1) + this.#now);
  random = (): number => 0.5;

  after(ms: number, action: () => void): () => void {
    const id = this.#next++;
    this.#due.set(id, { at: this.#now + ms, action });
    return () => this.#due.delete(id);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#due.size;
  }

  /** Moves time on, runs what falls due in order, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const [id, first] =
        [...this.#due].filter(([, { at }]) => at <= end).toSorted((a, b) => a[1].at - b[1].at)[0] ?? [];
      if (id === undefined || first === undefined) break;
      this.#due.delete(id);
      this.#now = Math.max(this.#now, first.at);
      first.action();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets everything that waits for promises alone run to its end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
