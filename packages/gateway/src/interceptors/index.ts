import type { Plans } from "../confirmation/plans.ts";
import type { Call, Interceptor } from "../core/call.ts";
import type { GatewayError } from "../core/errors.ts";
import type { LogFields, Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";
import { authorize } from "./authorize.ts";
import { breaker } from "./breaker.ts";
import { bulkhead } from "./bulkhead.ts";
import type { ChatEvents } from "../chat-status/chat-events.ts";
import { chatStatus } from "./chat-status.ts";
import { confirmation } from "./confirmation.ts";
import { deadline } from "./deadline.ts";
import { accessLog, type CallObserver, observe } from "./observe.ts";

/**
 * What happens around every call, outermost first: the only list, and its order is the order. What may not be called is
 * observed, and nobody is asked about it. Whoever has to agree is asked before a call takes anybody's turn or time, and
 * before a chat shows that it runs. The breaker counts what the deadline ends; a deadline begins when the call has its
 * turn, so what it ends was sent.
 */
export function createInterceptors(deps: {
  logger: Logger;
  timers: Timers;
  plans: Plans;
  observers?: readonly CallObserver[];
  describe?: (headers: readonly string[]) => LogFields | undefined;
  refusalOf?: (call: Call) => GatewayError | undefined;
  userOf?: (headers: readonly string[]) => string | undefined;
  isBelieved?: (headers: readonly string[]) => boolean;
  events?: ChatEvents;
}): readonly Interceptor[] {
  const { logger, timers, plans, observers = [], describe, refusalOf = () => undefined, userOf, events } = deps;
  const { isBelieved = () => true } = deps;
  const judge = authorize(refusalOf);
  return [
    observe([accessLog(logger, describe), ...observers], timers),
    judge,
    confirmation({ plans, logger, judge, userOf }),
    chatStatus({ events, timers, isBelieved }),
    breaker(timers),
    bulkhead(timers),
    deadline(timers),
  ];
}
