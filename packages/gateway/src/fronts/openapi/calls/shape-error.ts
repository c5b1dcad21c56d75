import { RpcCode, WireError } from "@shardgate/mcp-wire";
import { GATEWAY_ERRORS, GatewayError } from "../../../core/errors.ts";
import { InvalidArguments } from "./invalid.ts";
import { failure, refusal, type Shaped } from "./shape-result.ts";

/** HTTP status of an upstream's JSON-RPC error, as mcpo has it (openwebui §2.4), and of a gateway's behind ours. */
const STATUS = new Map<unknown, number>([
  ...Object.values(GATEWAY_ERRORS).map(({ code, status }) => [code, status] as const),
  [RpcCode.parseError, 400],
  [RpcCode.invalidRequest, 400],
  [RpcCode.methodNotFound, 404],
  [RpcCode.invalidParams, 422],
  [RpcCode.internalError, 500],
]);

/** A JSON-RPC error of the upstream's. @param outcome the JSON of `error` */
export function shapeRpcError(outcome: Buffer): Shaped {
  const { code, message, data } = JSON.parse(outcome.toString()) as Record<string, unknown>;
  return failure(STATUS.get(code) ?? 500, typeof message === "string" ? message : `Error ${String(code)}`, data);
}

/** What ended a call before its upstream answered; undefined for a bug of ours. */
export function shapeError(error: unknown): Shaped | undefined {
  if (error instanceof InvalidArguments) return refusal(422, error.problems);
  if (error instanceof GatewayError) {
    const { retryAfterMs } = error.details;
    const wait = retryAfterMs ?? (error.retryable ? 1_000 : undefined);
    const headers = wait === undefined ? undefined : { "Retry-After": String(Math.max(1, Math.ceil(wait / 1000))) };
    return failure(error.status, error.message, error.data, headers);
  }
  if (!(error instanceof WireError)) return undefined;
  return refusal(error.status >= 400 ? error.status : 400, error.message);
}
