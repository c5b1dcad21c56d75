import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Garbage worth a collection, in bytes: what the heap grew by since the last one. */
const WORTH = 8 * 1024 * 1024;

/** A heap that grows by less than this from one look to the next belongs to a process that rests, in bytes. */
const RESTING = 1024 * 1024;

/** Looks in a row at a process that rests before it is worth it: work that goes on after a pause would begin cold, with a young generation as small as at the start. */
const LOOKS = 6;

export interface Heap {
  /** Bytes in use, garbage included. */
  used(): number;
  /** Collects all garbage, which stops the process for a few milliseconds for each ten megabytes that stay. */
  collect(): void;
}

/**
 * Gives memory back after a time of work. V8 collects its old objects when new ones need room: a process that has had
 * thousands of sessions and then rests would keep what is left of them for hours.
 */
export class IdleCollection {
  readonly #heap: Heap;
  #before: number;
  /** In use after the last collection. */
  #kept: number;
  /** Calls that had been made at the last look. */
  #calls = 0;
  #rested = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.#before = this.#kept = heap.used();
  }

  /** To be called once, when the process has started: what loading took is garbage by then, a tenth of its memory. */
  begin(active: number): void {
    if (active > 0) return;
    this.#collect();
  }

  /** To be called every few seconds with the number of calls under way, and of all that were ever made. */
  tick(active: number, calls: number): void {
    const used = this.#heap.used();
    // A young collection can hide that there was work: what it made may be gone by now.
    const isResting = active === 0 && calls === this.#calls && used - this.#before < RESTING;
    this.#calls = calls;
    this.#before = used;
    if (used < this.#kept) this.#kept = used;
    this.#rested = isResting ? this.#rested + 1 : 0;
    if (this.#rested < LOOKS || used - this.#kept < WORTH) return;
    this.#collect();
  }

  #collect(): void {
    this.#heap.collect();
    this.#before = this.#kept = this.#heap.used();
  }
}

type Collect = (how: { readonly type: "major"; readonly flavor: "last-resort" }) => void;

let collect: Collect | undefined;

/** The heap of this process. */
export const processHeap: Heap = {
  used: () => getHeapStatistics().used_heap_size,
  collect() {
    if (collect === undefined) {
      // Node has no other way to ask for one that does not need a flag on its command line.
      setFlagsFromString("--expose-gc");
      collect = runInNewContext("gc") as Collect;
      setFlagsFromString("--no-expose-gc");
    }
    // The flavor that also gives empty pages back.
    collect({ type: "major", flavor: "last-resort" });
  },
};
