import type { Era } from "../eras.ts";
import type { Message } from "../message.ts";
import { RpcCode } from "../wire-error.ts";

/** HTTP status of an error in the modern era, by its code (2026-07-28 basic/transports, "Error Responses"). */
const MODERN_STATUS: Record<number, number> = {
  [RpcCode.methodNotFound]: 404,
  [RpcCode.parseError]: 400,
  [RpcCode.invalidRequest]: 400,
  [RpcCode.headerMismatch]: 400,
  [RpcCode.missingCapability]: 400,
  [RpcCode.unsupportedVersion]: 400,
};

/**
 * HTTP status of a response: in the modern era the code of an error decides where nothing else has; a legacy client
 * would take a 404 for the loss of its session.
 */
export function statusOf(response: Message, era: Era, chosen = 200): number {
  if (era === "legacy" || chosen !== 200 || !response.isError) return chosen;
  const { code } = JSON.parse(response.outcome.toString()) as { code?: unknown };
  return MODERN_STATUS[code as number] ?? 200;
}
