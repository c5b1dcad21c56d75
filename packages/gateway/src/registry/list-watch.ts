import { type ListKind, UpstreamError } from "@shardgate/mcp-wire";
import { jittered, type Timers } from "../core/timers.ts";
import type { Upstream } from "../upstreams/upstream.ts";

/** A stream that broke is opened again after this long, in milliseconds. */
const REWATCH_MS = 5_000;

export interface ListWatchDeps {
  readonly timers: Timers;
  readonly onChange: (list: ListKind) => void;
  /** Called when the stream broke, which is a reason to look at the upstream. */
  readonly onBreak: () => void;
}

/** Listens for changes of an upstream's lists; a stream that breaks is opened again, one that is refused is not asked for again. */
export class ListWatch {
  readonly #upstream: Upstream;
  readonly #deps: ListWatchDeps;
  #stop: (() => void) | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(upstream: Upstream, deps: ListWatchDeps) {
    this.#upstream = upstream;
    this.#deps = deps;
  }

  /** True while changes are announced to us. */
  get isOpen(): boolean {
    return this.#stop !== undefined;
  }

  start(): void {
    this.stop();
    this.#stop = this.#upstream.watch(this.#deps.onChange, (reason) => {
      this.#stop = undefined;
      if (reason instanceof UpstreamError) return;
      const { timers, onBreak } = this.#deps;
      this.#cancelTimer = timers.after(jittered(REWATCH_MS, timers), () => this.start());
      onBreak();
    });
  }

  stop(): void {
    this.#cancelTimer();
    this.#stop?.();
    this.#stop = undefined;
  }
}
