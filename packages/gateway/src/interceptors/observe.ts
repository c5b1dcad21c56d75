import type { Message } from "@shardgate/mcp-wire";
import type { Call, CallEnd, Interceptor } from "../core/call.ts";
import type { CallOutcome } from "../core/call-outcome.ts";
import { GatewayError } from "../core/errors.ts";
import type { LogFields, Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";

/** Hears of every call that has ended. */
export type CallObserver = (call: Call, outcome: CallOutcome) => void;

/** Tells observers how each call ended and how long it took. One step for all of them: each further one would cost every call. */
export function observe(observers: readonly CallObserver[], timers: Timers): Interceptor {
  return (call, next) => {
    call.join(new Observation(observers, timers));
    return next(call);
  };
}

class Observation implements CallEnd {
  readonly #observers: readonly CallObserver[];
  readonly #timers: Timers;
  readonly #started: number;

  constructor(observers: readonly CallObserver[], timers: Timers) {
    this.#observers = observers;
    this.#timers = timers;
    this.#started = timers.now();
  }

  ended(call: Call, response: Message | undefined, error: unknown): void {
    const ms = Math.round((this.#timers.now() - this.#started) * 100) / 100;
    const failure = error instanceof GatewayError ? error : undefined;
    if (failure !== undefined) failure.requestId = call.requestId;
    const outcome = response === undefined ? (failure?.kind ?? "internal") : outcomeOf(call, response);
    const ended = { outcome, code: failure?.code, error: failure?.message, ms };
    for (const observer of this.#observers) observer(call, ended);
  }
}

function outcomeOf(call: Call, response: Message): CallOutcome["outcome"] {
  return call.outcome ?? (response.isError ? "rpc_error" : response.isToolError ? "tool_error" : "ok");
}

/**
 * One line per call: who was asked for what, how it ended and how long it took.
 *
 * @param describe what the headers of a request say of the person behind it
 */
export function accessLog(
  logger: Logger,
  describe?: (headers: readonly string[]) => LogFields | undefined,
): CallObserver {
  return (call, { outcome, code, error, ms }) => {
    const { requestId, front, upstream, message } = call;
    const { method, name } = message;
    // Made in one piece: nearly every call ends well and names nobody.
    const about = { requestId, front, upstream: upstream.name, method, name, outcome, ms };
    const person = describe?.(call.headers ?? []);
    const line = person === undefined ? about : { ...about, ...person };
    if (code !== undefined) logger.warn({ ...line, code, error }, "call");
    else if (outcome === "internal") logger.error(line, "call");
    else logger.info(line, "call");
  };
}
