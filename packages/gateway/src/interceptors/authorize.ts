import type { Call, Interceptor } from "../core/call.ts";
import type { GatewayError } from "../core/errors.ts";

/**
 * Lets no call pass that may not be made.
 *
 * @param refusalOf why a call may not be made; undefined where it may
 */
export function authorize(refusalOf: (call: Call) => GatewayError | undefined): Interceptor {
  // Not async: where nothing is refused, this costs a call no promise.
  return (call, next) => {
    const refusal = refusalOf(call);
    return refusal === undefined ? next(call) : Promise.reject(refusal);
  };
}
