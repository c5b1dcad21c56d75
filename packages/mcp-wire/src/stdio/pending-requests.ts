import type { Message } from "../message.ts";
import { UpstreamError } from "../upstream-error.ts";

/** A request that waits for its response. */
export interface Pending {
  /** The id it has on the pipe, and its progress token there. */
  readonly wireId: number;
  /** Spelling of the id it came with. */
  readonly id: string;
  /** Spelling of the progress token it came with; undefined where it has none. */
  readonly token: Buffer | undefined;
  /** Whose request it is: a downstream's session, where it has one. */
  readonly owner: object | undefined;
  /** True while nothing is to be expected of it but what names it. */
  readonly isQuiet: (() => boolean) | undefined;
  readonly onMessage: ((message: Message) => void) | undefined;
  /** True for a stream of ours, which hears only of what names it. */
  readonly isStream: boolean;
  readonly resolve: (response: Message) => void;
  readonly reject: (error: Error) => void;
}

/** Most requests under way on one pipe. */
const SLOTS = 1024;

/**
 * The requests under way on a pipe, found by id without a table: an id is its slot plus a multiple of the number of
 * slots, so that none is given twice.
 */
export class PendingRequests {
  readonly #slots: (Pending | undefined)[] = [];
  readonly #free: number[] = [];
  #rounds = 0;

  get size(): number {
    return this.#slots.length - this.#free.length;
  }

  /** @throws UpstreamError where there are too many */
  add(make: (wireId: number) => Pending): Pending {
    const slot = this.#free.pop() ?? this.#slots.length;
    if (slot >= SLOTS) throw new UpstreamError("unavailable", `${SLOTS} of its calls are under way`, { sent: false });
    const pending = make(++this.#rounds * SLOTS + slot);
    this.#slots[slot] = pending;
    return pending;
  }

  get(wireId: number): Pending | undefined {
    const pending = this.#slots[wireId % SLOTS];
    return pending?.wireId === wireId ? pending : undefined;
  }

  /** Takes a request out. @returns undefined where it is not, or no more, under way */
  take(wireId: number): Pending | undefined {
    const pending = this.get(wireId);
    if (pending !== undefined) {
      this.#slots[wireId % SLOTS] = undefined;
      this.#free.push(wireId % SLOTS);
    }
    return pending;
  }

  *[Symbol.iterator](): Iterator<Pending> {
    for (const pending of this.#slots) if (pending !== undefined) yield pending;
  }
}
