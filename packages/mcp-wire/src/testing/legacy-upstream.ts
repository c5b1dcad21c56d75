import { Cancellation } from "../cancellation.ts";
import type { ExchangeContext } from "../exchange.ts";
import { Message } from "../message.ts";
import { SessionStore, type Session } from "../sessions.ts";
import { connectUpstream } from "../upstream/connect-upstream.ts";
import { callTool, ENVELOPE } from "./downstream.ts";
import { ScriptedEndpoint } from "./scripted-endpoint.ts";
import {
  type Answer,
  downstream,
  failure,
  legacyHandshake,
  type Received,
  result,
  scriptedUpstream,
} from "./scripted-upstream.ts";

export const poll = { interval: 2, timeout: 5_000 };
export const sessions = new SessionStore();

/** A legacy upstream that keeps sessions s1, s2 … and forgets those in `forgotten`. */
export async function connected(answer: Answer = () => undefined, { stateless = false, capabilities = {} } = {}) {
  const forgotten = new Set<string>();
  let opened = 0;
  const upstream = scriptedUpstream((received) => {
    if (received.method === "initialize" || received.method === "server/discover") {
      const session = received.method === "initialize" && !stateless ? `s${++opened}` : undefined;
      return legacyHandshake(received, session, capabilities);
    }
    if (forgotten.has(sessionOf(received))) return failure(received, -32001, 404);
    return answer(received);
  });
  const client = await connectUpstream(upstream.link, { name: "us", version: "1" }, new Cancellation());
  return { ...upstream, client, forgotten };
}

export const sessionOf = ({ headers }: Received) => headers.get("mcp-session-id") ?? "none";
export const ok: Answer = (received) =>
  received.method === "tools/call" || received.method === "ping" ? result(received, { content: [] }) : undefined;

export const modernCall = (id: number | string, meta: object = {}) =>
  Message.of(callTool("now", id, { ...ENVELOPE, ...meta }));
export const legacyCall = (id: number | string, meta?: object) => Message.of(callTool("now", id, meta));

export function legacyDownstream(changes: Partial<ExchangeContext> = {}) {
  const client = { clientInfo: { name: "c", version: "1" }, capabilities: { roots: {} } };
  const session: Session = sessions.open(new ScriptedEndpoint(), "2025-06-18", client);
  return { session, ...downstream({ era: "legacy", version: "2025-06-18", session, client, ...changes }) };
}
