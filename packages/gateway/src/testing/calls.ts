import { Cancellation, type ExchangeContext, Message } from "@shardgate/mcp-wire";
import { Call } from "../core/call.ts";
import type { Logger } from "../core/logger.ts";
import type { UpstreamState } from "../core/snapshot.ts";

/** What a downstream brings along, of either era. */
export function context(changes: Partial<ExchangeContext> = {}): ExchangeContext {
  return {
    era: "modern",
    version: "2026-07-28",
    session: undefined,
    client: { clientInfo: undefined, capabilities: {} },
    cancellation: new Cancellation(),
    paramHeaders: [],
    headers: [],
    notify: () => undefined,
    request: () => Promise.reject(new Error("not asked")),
    ...changes,
  };
}

export const OK: Message = Message.result("1", '{"content":[]}');

/** An upstream that is up. */
export function upstreamState(changes: Partial<UpstreamState> = {}): UpstreamState {
  return {
    name: "nas",
    kind: "mcp-http",
    url: "http://nas",
    original: undefined,
    group: undefined,
    limits: undefined,
    passHeaders: undefined,
    confirms: undefined,
    status: "up",
    since: new Date(0),
    error: undefined,
    version: "1",
    description: undefined,
    era: undefined,
    connection: 1,
    timeoutMs: 60_000,
    handle: {
      exchange: () => Promise.resolve(OK),
      notify: () => undefined,
      watchResources: async () => undefined,
      suspect: () => undefined,
      load: { active: 0, queue: [] },
    },
    ...changes,
  };
}

export function toolCall(name = "now", id: string | number = 1): Message {
  return Message.of({ id, method: "tools/call", params: { name, arguments: {} } });
}

export function call(upstream: UpstreamState = upstreamState(), downstream: ExchangeContext = context()): Call {
  return new Call("r1", "mcp", upstream, toolCall(), downstream);
}

/** A logger that keeps its lines. */
export function memoryLogger(): Logger & { lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (level: string) => (fields: object, message: string) => void lines.push({ level, ...fields, message });
  return { lines, debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
