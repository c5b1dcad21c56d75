import { UpstreamError } from "@shardgate/mcp-wire";

/** Calls that wait until an upstream has started. */
export class WaitingCalls {
  #waiting: { readonly promise: Promise<void>; resolve(): void; reject(error: Error): void } | undefined;

  /** Resolves when the start that is under way has succeeded. @throws UpstreamError when it did not */
  wait(): Promise<void> {
    if (this.#waiting === undefined) {
      this.#waiting = Promise.withResolvers<void>();
      // Who waits hears of it; that nobody waits any more is no fault.
      this.#waiting.promise.catch(() => undefined);
    }
    return this.#waiting.promise;
  }

  /** @param error why it did not start; undefined when it did */
  release(error?: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(new UpstreamError("unavailable", error, { sent: false }));
  }
}
