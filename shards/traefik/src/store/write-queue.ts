import { ToolError } from "@shardgate/shard-sdk";

/** Runs changes one after the other. */
export type WriteQueue = <T>(change: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * One writer at a time in this process; those that wait keep their order. A change that has begun is never cut off by
 * its caller's signal, one that waits is dropped.
 *
 * @param hold runs each change while other processes are kept out
 * @param limit most changes that may wait; the next is refused with a ToolError
 */
export function createWriteQueue(hold: WriteQueue, limit = 32): WriteQueue {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (change, signal) => {
    if (waiting >= limit)
      throw new ToolError(`${waiting} changes of routes wait already.`, { next: "Try again in a minute." });
    waiting++;
    const mine = last.then(() => {
      waiting--;
      signal?.throwIfAborted();
      return hold(change, signal);
    });
    last = mine.catch(() => {});
    return mine;
  };
}
