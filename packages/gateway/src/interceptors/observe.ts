import type { Call, Interceptor } from "../core/call.ts";
import type { CallOutcome } from "../core/call-outcome.ts";
import { GatewayError } from "../core/errors.ts";
import type { LogFields, Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";

/** Hears of every call that has ended. */
export type CallObserver = (call: Call, outcome: CallOutcome) => void;

/** Tells observers how each call ended and how long it took. One step for all of them: each further one would cost every call. */
export function observe(observers: readonly CallObserver[], timers: Timers): Interceptor {
  return async (call, next) => {
    const started = timers.now();
    const tell = (outcome: CallOutcome["outcome"], error?: GatewayError): void => {
      const ms = Math.round((timers.now() - started) * 100) / 100;
      const ended = { outcome, code: error?.code, error: error?.message, ms };
      for (const observer of observers) observer(call, ended);
    };
    try {
      const response = await next(call);
      tell(call.outcome ?? (response.isError ? "rpc_error" : response.isToolError ? "tool_error" : "ok"));
      return response;
    } catch (error) {
      if (error instanceof GatewayError) {
        error.requestId = call.requestId;
        tell(error.kind, error);
      } else tell("internal");
      throw error;
    }
  };
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
