import type { Interceptor } from "../core/call.ts";
import type { Plans } from "../confirmation/plans.ts";
import type { LogFields, Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";
import { breaker } from "./breaker.ts";
import { bulkhead } from "./bulkhead.ts";
import { confirmation } from "./confirmation.ts";
import { deadline } from "./deadline.ts";
import { accessLog, type CallObserver, observe } from "./observe.ts";

/**
 * What happens around every call, outermost first: the only list, and its order is the order. Whoever has to agree first is
 * asked before a call takes anybody's turn or time. The breaker counts what the deadline ends; a deadline begins when the
 * call has its turn, so what it ends was sent.
 */
export function createInterceptors(deps: {
  logger: Logger;
  timers: Timers;
  plans: Plans;
  observers?: readonly CallObserver[];
  describe?: (headers: readonly string[]) => LogFields | undefined;
}): readonly Interceptor[] {
  const { logger, timers, plans, observers = [], describe } = deps;
  const userOf = (headers: readonly string[]): string | undefined => {
    const { user } = describe?.(headers) ?? {};
    return user === undefined ? undefined : JSON.stringify((user as { id?: unknown }).id ?? user);
  };
  return [
    observe([accessLog(logger, describe), ...observers], timers),
    confirmation({ plans, logger, userOf }),
    breaker(timers),
    bulkhead(timers),
    deadline(timers),
  ];
}
