import type { Message } from "./message.ts";
import type { Session } from "./sessions.ts";
import { RpcCode, WireError } from "./wire-error.ts";

/** Levels of log messages, least severe first (RFC 5424 §6.2.1, as server/utilities/logging has them). */
export const LOG_LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export function isLogLevel(value: unknown): value is LogLevel {
  return (LOG_LEVELS as readonly unknown[]).includes(value);
}

/** True where a message of one level is to be sent to who asked for another one and what is graver. */
export function isLogged(level: unknown, wanted: LogLevel): boolean {
  return !isLogLevel(level) || LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(wanted);
}

/** Keeps what a session wants logged, for upstreams that are asked later. @throws WireError `-32602` for no level */
export function rememberLevel(message: Message, session: Session | undefined): void {
  const { level } = message.params;
  if (!isLogLevel(level)) {
    throw new WireError(RpcCode.invalidParams, `Invalid params: level must be one of ${LOG_LEVELS.join(", ")}`);
  }
  if (session !== undefined) session.logLevel = level;
}
