import type { Message } from "../message.ts";
import { UpstreamError } from "../upstream-error.ts";

/** Opens a stream that tells of changes of these resources. */
export type OpenListen = (
  uris: readonly string[],
  onMessage: (message: Message) => void,
  onEnd: (reason: Error) => void,
) => () => void;

/** An upstream that takes a subscription says so within this time, in milliseconds. */
const ACKNOWLEDGE_MS = 10_000;

/** A stream that broke is opened again after this long, in milliseconds, doubled each time up to the longest. */
const REOPEN_MS = 1_000;
const LONGEST_REOPEN_MS = 60_000;

/** An upstream that could not be reached this often in a row is not tried again. */
const MAX_FAILURES = 20;

/**
 * One subscription to resources of a modern upstream, kept alive. The resources may change while it is open: the stream
 * for the new ones is there before that for the old ones ends, so nothing is missed.
 */
export class ResourceListen {
  readonly #open: OpenListen;
  readonly #onUpdated: (message: Message) => void;
  #uris: readonly string[] = [];
  #stop: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pause = REOPEN_MS;
  #failures = 0;
  #isClosed = false;

  constructor(open: OpenListen, onUpdated: (message: Message) => void) {
    this.#open = open;
    this.#onUpdated = onUpdated;
  }

  get uris(): readonly string[] {
    return this.#uris;
  }

  /** Watches exactly these from now on. @throws UpstreamError when the upstream does not take it, which changes nothing */
  async watch(uris: readonly string[]): Promise<void> {
    const stop = uris.length === 0 ? undefined : await this.#begin(uris);
    if (this.#isClosed) return stop?.();
    this.#stop?.();
    this.#stop = stop;
    this.#uris = uris;
    clearTimeout(this.#timer);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#stop?.();
    this.#stop = undefined;
    this.#uris = [];
  }

  #begin(uris: readonly string[]): Promise<() => void> {
    return new Promise((resolve, reject) => {
      let isTaken = false;
      const timer = setTimeout(() => {
        stop();
        reject(new UpstreamError("protocol", "it does not acknowledge a subscription", { sent: true }));
      }, ACKNOWLEDGE_MS);
      const stop = this.#open(
        uris,
        (message) => {
          if (message.method === "notifications/resources/updated") this.#onUpdated(message);
          if (message.method !== "notifications/subscriptions/acknowledged" || isTaken) return;
          isTaken = true;
          this.#pause = REOPEN_MS;
          this.#failures = 0;
          clearTimeout(timer);
          resolve(stop);
        },
        (reason) => {
          clearTimeout(timer);
          if (isTaken) this.#reopen(stop);
          else reject(reason instanceof UpstreamError ? reason : broke(reason));
        },
      );
    });
  }

  #reopen(ended: () => void): void {
    if (this.#stop !== ended || ++this.#failures > MAX_FAILURES) return;
    this.#timer = setTimeout(() => {
      const uris = this.#uris;
      this.#begin(uris).then(
        (stop) => {
          if (this.#stop === ended) this.#stop = stop;
          else stop();
        },
        // It is down, which its calls say; the next try may find it.
        () => this.#reopen(ended),
      );
    }, this.#pause);
    this.#timer.unref();
    this.#pause = Math.min(this.#pause * 2, LONGEST_REOPEN_MS);
  }
}

function broke(reason: Error): UpstreamError {
  return new UpstreamError("crashed", `its stream broke (${reason.message})`, { sent: true, cause: reason });
}
