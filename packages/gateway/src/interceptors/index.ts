import type { Call, Interceptor } from "../core/call.ts";
import type { GatewayError } from "../core/errors.ts";
import type { LogFields, Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";
import { authorize } from "./authorize.ts";
import { breaker } from "./breaker.ts";
import { bulkhead } from "./bulkhead.ts";
import { deadline } from "./deadline.ts";
import { accessLog, type CallObserver, observe } from "./observe.ts";

/**
 * What happens around every call, outermost first: the only list, and its order is the order. What may not be called is
 * observed, and takes nothing of its upstream. The breaker counts what the deadline ends; a deadline begins when the call
 * has its turn, so what it ends was sent.
 */
export function createInterceptors(deps: {
  logger: Logger;
  timers: Timers;
  observers?: readonly CallObserver[];
  describe?: (headers: readonly string[]) => LogFields | undefined;
  refusalOf?: (call: Call) => GatewayError | undefined;
}): readonly Interceptor[] {
  const { logger, timers, observers = [], describe, refusalOf = () => undefined } = deps;
  return [
    observe([accessLog(logger, describe), ...observers], timers),
    authorize(refusalOf),
    breaker(timers),
    bulkhead(timers),
    deadline(timers),
  ];
}
