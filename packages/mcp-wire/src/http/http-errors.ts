import { badRequest, RpcCode, WireError } from "../wire-error.ts";

/** Code of reliability's error table for a body or result over its limit. */
export const PAYLOAD_TOO_LARGE = -31017;

export function bodyTooLarge(limit: number): WireError {
  const message = `The body is larger than ${limit} bytes; send less at a time`;
  return new WireError(PAYLOAD_TOO_LARGE, message, { status: 413, data: { limit, phase: "downstream", sent: false } });
}

export function bodyBrokeOff(): WireError {
  return badRequest(RpcCode.parseError, "Parse error: the connection broke off inside the body");
}
