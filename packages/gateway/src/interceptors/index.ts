import type { Interceptor } from "../core/call.ts";
import type { LogFields, Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";
import { breaker } from "./breaker.ts";
import { bulkhead } from "./bulkhead.ts";
import { deadline } from "./deadline.ts";
import { accessLog, type CallObserver, observe } from "./observe.ts";

/**
 * What happens around every call, outermost first: the only list, and its order is the order. The breaker counts what the
 * deadline ends; a deadline begins when the call has its turn, so what it ends was sent.
 */
export function createInterceptors(deps: {
  logger: Logger;
  timers: Timers;
  observers?: readonly CallObserver[];
  describe?: (headers: readonly string[]) => LogFields | undefined;
}): readonly Interceptor[] {
  const { logger, timers, observers = [], describe } = deps;
  return [
    observe([accessLog(logger, describe), ...observers], timers),
    breaker(timers),
    bulkhead(timers),
    deadline(timers),
  ];
}
