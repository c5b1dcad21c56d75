import type { Era } from "../eras.ts";
import { memberOf } from "../json/edit.ts";
import type { Message } from "../message.ts";
import { RpcCode } from "../wire-error.ts";

/** HTTP status of an error in the modern era, by its code (2026-07-28 basic/transports, "Error Responses"). */
const MODERN_STATUS = new Map<string | undefined, number>([
  [String(RpcCode.methodNotFound), 404],
  [String(RpcCode.parseError), 400],
  [String(RpcCode.invalidRequest), 400],
  [String(RpcCode.headerMismatch), 400],
  [String(RpcCode.missingCapability), 400],
  [String(RpcCode.unsupportedVersion), 400],
]);

/**
 * HTTP status of a response: in the modern era the code of an error decides where nothing else has; a legacy client
 * would take a 404 for the loss of its session.
 */
export function statusOf(response: Message, era: Era, chosen = 200): number {
  if (era === "legacy" || chosen !== 200 || !response.isError) return chosen;
  return MODERN_STATUS.get(memberOf(response.outcome, "code")?.toString()) ?? 200;
}
