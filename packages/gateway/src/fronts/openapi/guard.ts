import type { HttpReply, HttpRequest } from "@shardgate/mcp-wire";
import type { Access, Purpose } from "../../access/api-key.ts";
import { answerPreflight, corsHeaders } from "../cors.ts";
import type { Handler } from "../front.ts";
import { refusal, type Shaped } from "./calls/shape-result.ts";

/** Serves a request that may pass, with `headers` besides its own. */
export type Serve = (request: HttpRequest, reply: HttpReply, headers: Readonly<Record<string, string>>) => void;

/** Puts around it everything but the answer itself: what a browser wants to know first, and who may. */
export type Guard = (purpose: Purpose, methods: string, serve: Serve) => Handler;

const NOT_ALLOWED = refusal(405, "Method Not Allowed");

export function createGuard(access: Access): Guard {
  return (purpose, methods, serve) => (request, reply) => {
    const headers = corsHeaders(request);
    if (answerPreflight(request, reply)) return;
    const authorization = request.header("authorization");
    const isAllowed = methods.includes(request.method);
    // Without a key nobody learns what there is, where even pages ask for it.
    const denial = access.check(authorization, isAllowed ? purpose : "page");
    if (denial !== undefined) {
      const challenge = denial.challenge === undefined ? {} : { "WWW-Authenticate": denial.challenge };
      return send(reply, refusal(denial.status, denial.message, challenge), headers);
    }
    if (!isAllowed) return send(reply, NOT_ALLOWED, { ...headers, Allow: methods });
    serve(request, reply, headers);
  };
}

/** Answers 404, whatever is asked. */
export function nothingThere(guard: Guard, message = "Not Found"): Handler {
  const answer = refusal(404, message);
  return guard("page", "GET, HEAD, POST, PUT, PATCH, DELETE", (_, reply, headers) => send(reply, answer, headers));
}

function send(reply: HttpReply, { status, type, body, headers }: Shaped, more: Readonly<Record<string, string>>): void {
  reply.send(status, { ...more, ...headers, "Content-Type": type }, body);
}
