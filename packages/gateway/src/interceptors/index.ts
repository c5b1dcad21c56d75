import type { Interceptor } from "../core/call.ts";
import type { Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";
import { accessLog } from "./access-log.ts";
import { breaker } from "./breaker.ts";
import { bulkhead } from "./bulkhead.ts";
import { deadline } from "./deadline.ts";

/** What happens around every call, outermost first: the only list, and its order is the order. */
export function createInterceptors(deps: { logger: Logger; timers: Timers }): readonly Interceptor[] {
  const { logger, timers } = deps;
  return [accessLog(logger, timers), deadline(timers), breaker(timers), bulkhead(timers)];
}
