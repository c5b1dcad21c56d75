import type { Call, CallEnd, Interceptor } from "../core/call.ts";
import { GatewayError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { Expiries, Expiry } from "./expiries.ts";

/** No call runs longer, however much progress it reports, in milliseconds. */
export const HARD_DEADLINE_MS = 10 * 60_000;

/**
 * Gives every call its one answer in time: each sign of progress starts the upstream's timeout anew, up to a hard end.
 * A call that runs out is cancelled upstream.
 */
export function deadline(timers: Timers): Interceptor {
  const expiries = new Expiries(timers);
  return (call, next) => {
    call.join(new Deadline(call, timers, expiries));
    return next(call);
  };
}

/** The deadline of one call: one object for all that it needs, which costs less than a closure for each part. */
class Deadline extends Expiry implements CallEnd {
  readonly #call: Call;
  readonly #timers: Timers;
  readonly #expiries: Expiries;
  readonly #started: number;
  #isOver = false;

  constructor(call: Call, timers: Timers, expiries: Expiries) {
    super();
    this.#call = call;
    this.#timers = timers;
    this.#expiries = expiries;
    this.#started = timers.now();
    expiries.set(this, call.upstream.timeoutMs);
    call.deadline = this;
  }

  ended(): void {
    this.#isOver = true;
    this.#expiries.clear(this);
  }

  /** The upstream is at work: its time starts anew. */
  extend(): void {
    this.#restart(this.#call.upstream.timeoutMs);
  }

  /** Somebody else is to act: its time stands still until it is extended. */
  pause(): void {
    this.#restart(HARD_DEADLINE_MS);
  }

  #restart(ms: number): void {
    if (this.#isOver) return;
    const left = this.#started + HARD_DEADLINE_MS - this.#timers.now();
    this.#expiries.set(this, Math.max(0, Math.min(ms, left)));
  }

  expire(): void {
    const { name, handle } = this.#call.upstream;
    const { message: request, cancellation } = this.#call;
    const seconds = Math.round((this.#timers.now() - this.#started) / 100) / 10;
    const message = `${name} did not answer ${request.name ?? request.method} within ${seconds} s`;
    this.#call.fail(new GatewayError("upstream_timeout", message, { upstream: name, phase: "call", sent: true }));
    cancellation.cancel(new Error(message));
    // One that hangs is found by a look, not by its next regular one.
    handle.suspect();
  }
}
