import { Cancellation } from "../cancellation.ts";
import type { ExchangeContext } from "../exchange.ts";
import { fetchSender } from "../senders/fetch-sender.ts";
import { HttpLink } from "../http/http-link.ts";
import type { Message } from "../message.ts";
import type { Json } from "./downstream.ts";

/** A message that an upstream got, with the headers it came with. */
export interface Received {
  readonly method: string;
  readonly body: Json;
  readonly headers: Headers;
}

export type Answer = (received: Received) => Response | Promise<Response | undefined> | undefined;

/** An upstream of a few lines; what it does not answer gets 202. */
export function scriptedUpstream(answer: Answer) {
  const received: Received[] = [];
  const sender = fetchSender("http://upstream", async (request) => {
    const text = await request.text();
    const body = (text === "" ? {} : JSON.parse(text)) as Json;
    const method = request.method === "POST" ? String(body["method"] ?? "response") : request.method;
    const message = { method, body, headers: request.headers };
    received.push(message);
    return (await answer(message)) ?? new Response(null, { status: 202 });
  });
  const link = new HttpLink({ sender, url: new URL("http://upstream/mcp"), headers: {} });
  const of = (method: string) => received.filter((message) => message.method === method);
  return { link, received, of };
}

export const result = ({ body }: Received, value: object, headers: Record<string, string> = {}) =>
  Response.json({ jsonrpc: "2.0", id: body["id"], result: value }, { headers });

export const failure = ({ body }: Received, code: number, status = 200) =>
  Response.json({ jsonrpc: "2.0", id: body["id"] ?? null, error: { code, message: "no" } }, { status });

/** An event stream that a test writes to. */
export function eventStream() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const response = new Response(readable, { headers: { "content-type": "text/event-stream" } });
  return {
    response,
    say: (message: object) =>
      void writer
        .write(Buffer.from(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`))
        .catch(() => undefined),
    end: () => void writer.close().catch(() => undefined),
  };
}

/** What a legacy upstream answers a handshake with; `session` may be undefined for one that keeps none. */
export function legacyHandshake(received: Received, session: string | undefined, capabilities: object = {}) {
  if (received.method === "server/discover") return failure(received, -32601, 400);
  if (received.method !== "initialize") return undefined;
  const value = { protocolVersion: "2025-06-18", capabilities, serverInfo: { name: "old", version: "1" } };
  return result(received, value, session === undefined ? {} : { "mcp-session-id": session });
}

/** A downstream that keeps what it is told. */
export function downstream(changes: Partial<ExchangeContext> = {}) {
  const told: Json[] = [];
  const context: ExchangeContext = {
    era: "modern",
    version: "2026-07-28",
    session: undefined,
    client: { clientInfo: { name: "c", version: "1" }, capabilities: {} },
    cancellation: new Cancellation(),
    paramHeaders: [],
    headers: [],
    notify: (message) => told.push(JSON.parse(message.bytes.toString()) as Json),
    request: () => Promise.reject(new Error("cannot be asked")),
    ...changes,
  };
  return { context, told };
}

export const parsed = (message: Message): Json => JSON.parse(message.bytes.toString()) as Json;
