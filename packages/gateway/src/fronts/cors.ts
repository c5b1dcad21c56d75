import type { HttpReply, HttpRequest } from "@shardgate/mcp-wire";
import type { Handler } from "./front.ts";

/** What pages may read besides the body: Open WebUI shows a card only where it sees these (openwebui §1.2). */
const EXPOSED = "content-disposition, location, mcp-protocol-version, mcp-session-id, retry-after, www-authenticate";

const NONE: Readonly<Record<string, string>> = { Vary: "Origin" };

/**
 * What lets a page read an answer (Fetch standard, "CORS protocol"). Which origins may call is the edge's to say, and has
 * been said: whoever gets here may read.
 */
export function corsHeaders(request: HttpRequest): Readonly<Record<string, string>> {
  const origin = request.header("origin");
  if (origin === undefined) return NONE;
  return {
    Vary: "Origin",
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": EXPOSED,
  };
}

/** Answers the question a browser asks before a call; false where it is none. */
export function answerPreflight(request: HttpRequest, reply: HttpReply): boolean {
  if (request.method !== "OPTIONS") return false;
  if (request.header("origin") === undefined || request.header("access-control-request-method") === undefined)
    return false;
  const asked = request.header("access-control-request-headers") ?? "authorization, content-type, x-session-id";
  const isPrivate = request.header("access-control-request-private-network") === "true";
  reply.send(
    200,
    {
      ...corsHeaders(request),
      Vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
      "Access-Control-Allow-Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
      "Access-Control-Allow-Headers": asked,
      "Access-Control-Max-Age": "600",
      ...(isPrivate && { "Access-Control-Allow-Private-Network": "true" }),
      "Content-Type": "text/plain; charset=utf-8",
    },
    Buffer.from("OK"),
  );
  return true;
}

/** A handler whose answers pages may read, and which answers the browser that asks first. */
export function crossOrigin(handler: Handler): Handler {
  return (request, reply) => {
    if (answerPreflight(request, reply)) return;
    handler(request, request.header("origin") === undefined ? reply : readable(reply, corsHeaders(request)));
  };
}

function readable(reply: HttpReply, more: Readonly<Record<string, string>>): HttpReply {
  return {
    send: (status, headers, body) => reply.send(status, { ...more, ...headers }, body),
    stream: (status, headers) => reply.stream(status, { ...more, ...headers }),
    onGone: (listener) => reply.onGone(listener),
  };
}
