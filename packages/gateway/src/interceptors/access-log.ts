import type { Interceptor } from "../core/call.ts";
import { GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";

/** One line per call: who was asked for what, how it ended and how long it took. */
export function accessLog(logger: Logger, timers: Timers): Interceptor {
  return async (call, next) => {
    const started = timers.now();
    const line = (outcome: string, code?: number) => {
      const { requestId, front, upstream, message } = call;
      return {
        requestId,
        front,
        upstream: upstream.name,
        method: message.method,
        name: message.name,
        outcome,
        ...(code === undefined ? {} : { code }),
        ms: Math.round((timers.now() - started) * 100) / 100,
      };
    };
    try {
      const response = await next(call);
      logger.info(line(response.isError ? "rpc_error" : response.isToolError ? "tool_error" : "ok"), "call");
      return response;
    } catch (error) {
      if (error instanceof GatewayError) {
        error.requestId = call.requestId;
        logger.warn({ ...line(error.kind, error.code), error: error.message }, "call");
      } else logger.error(line("internal"), "call");
      throw error;
    }
  };
}
