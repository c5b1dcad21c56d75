import type { Timers } from "../core/timers.ts";

/** Something that expires unless it is taken back before, as nearly all do. Holds its own place among the others. */
export abstract class Expiry {
  queue: Queue | undefined;
  before: Expiry | undefined;
  after: Expiry | undefined;
  /** When it expires, by the clock of its timers. */
  due = 0;

  /** Called once when its time is up. */
  abstract expire(): void;
}

/** What expires after one and the same time: whatever comes later is due later. */
interface Queue {
  first: Expiry | undefined;
  last: Expiry | undefined;
  /** Stops its timer, which is set for the first one, or for one that was first; undefined where it has none. */
  stop: (() => void) | undefined;
}

/** Most times that are remembered; those that nothing is due after are forgotten beyond it. */
const MAX_QUEUES = 64;

/**
 * Times that run out, one for each call under way. Those of one length stand in a queue that has one timer for all of
 * them: a timer for each costs a call twice as much as everything else that its deadline does.
 */
export class Expiries {
  readonly #timers: Timers;
  readonly #queues = new Map<number, Queue>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Has `item` expire in `ms`, and at no other time. */
  set(item: Expiry, ms: number): void {
    this.clear(item);
    const queue = this.#queueOf(ms);
    item.queue = queue;
    item.due = this.#timers.now() + ms;
    item.before = queue.last;
    if (queue.last === undefined) queue.first = item;
    else queue.last.after = item;
    queue.last = item;
    if (queue.stop === undefined) this.#arm(queue, ms);
  }

  /** Takes it back; nothing happens where it has expired. */
  clear(item: Expiry): void {
    const { queue, before, after } = item;
    if (queue === undefined) return;
    if (before === undefined) queue.first = after;
    else before.after = after;
    if (after === undefined) queue.last = before;
    else after.before = before;
    // Who is out keeps nobody else in memory.
    item.queue = item.before = item.after = undefined;
    if (queue.first === undefined) this.#disarm(queue);
  }

  #queueOf(ms: number): Queue {
    let queue = this.#queues.get(ms);
    if (queue === undefined) {
      if (this.#queues.size >= MAX_QUEUES) this.#forget();
      this.#queues.set(ms, (queue = { first: undefined, last: undefined, stop: undefined }));
    }
    return queue;
  }

  #forget(): void {
    for (const [ms, { first }] of this.#queues) if (first === undefined) this.#queues.delete(ms);
  }

  #arm(queue: Queue, ms: number): void {
    queue.stop = this.#timers.after(ms, () => this.#expire(queue));
  }

  #disarm(queue: Queue): void {
    queue.stop?.();
    queue.stop = undefined;
  }

  #expire(queue: Queue): void {
    queue.stop = undefined;
    const now = this.#timers.now();
    while (queue.first !== undefined && queue.first.due <= now) {
      const item = queue.first;
      this.clear(item);
      item.expire();
    }
    if (queue.first !== undefined && queue.stop === undefined) this.#arm(queue, queue.first.due - now);
  }
}
