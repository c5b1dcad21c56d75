// A service that asks who calls it, and the authorization server it trusts, both without a port.
import { createHash } from "node:crypto";
import { serveSurface } from "@shardgate/mcp-wire/server";

export const SERVICE = "https://notes.example";
export const ISSUER = "https://login.example";

type Json = Record<string, unknown>;

/** What the authorization server does otherwise than it should. */
export interface Behaviour {
  /** Seconds a token lasts, as the server says; undefined: it does not say. */
  lasts?: number | undefined;
  givesRefresh?: boolean;
  /** What is wrong with a renewal: an OAuth error code, or `down`. */
  renewal?: string | undefined;
  registration?: "closed" | undefined;
  /** What a call needs besides, so that it is refused (403). */
  lacks?: string;
  /** It asks who calls for calls of tools alone. */
  isOpenButCalls?: boolean;
  tokenEndpoint?: string;
  /** Sent with the code (RFC 9207); its own name unless said. */
  iss?: string;
}

export function guardedService(behaviour: Behaviour = {}) {
  const surface = serveSurface({
    name: "notes",
    version: "1",
    tools: [{ name: "read", inputSchema: { type: "object" } }],
    callTool: async () => ({ content: [{ type: "text", text: "a note" }] }),
  });
  const asked: string[] = [];
  const clients = new Map<string, Json>();
  const codes = new Map<string, { readonly challenge: string; readonly redirect: string; readonly resource: string }>();
  let valid: string | undefined;
  let refresh: string | undefined;
  let count = 0;
  let requests = 0;

  function tokens(): Response {
    count++;
    valid = `access-${count}`;
    const { lasts, givesRefresh = true } = behaviour;
    if (givesRefresh) refresh = `refresh-${count}`;
    return Response.json({
      access_token: valid,
      token_type: "Bearer",
      scope: "notes",
      ...(lasts !== undefined && { expires_in: lasts }),
      ...(givesRefresh && { refresh_token: refresh }),
    });
  }

  const refuse = (error: string, status = 400): Response =>
    Response.json({ error, error_description: `because ${error}` }, { status });

  async function token(form: URLSearchParams): Promise<Response> {
    if (!clients.has(form.get("client_id") ?? "")) return refuse("invalid_client", 401);
    if (form.get("grant_type") === "refresh_token") {
      if (behaviour.renewal === "down") throw new TypeError("fetch failed");
      if (behaviour.renewal !== undefined) return refuse(behaviour.renewal);
      return form.get("refresh_token") === refresh ? tokens() : refuse("invalid_grant");
    }
    const code = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const verifier = form.get("code_verifier") ?? "";
    const isProved = createHash("sha256").update(verifier).digest("base64url") === code?.challenge;
    const isSame = form.get("redirect_uri") === code?.redirect && form.get("resource") === code?.resource;
    return isProved && isSame ? tokens() : refuse("invalid_grant");
  }

  async function authorizationServer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    asked.push(`${request.method} ${pathname}`);
    if (pathname === "/.well-known/oauth-authorization-server") {
      return Response.json({
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/authorize`,
        token_endpoint: behaviour.tokenEndpoint ?? `${ISSUER}/token`,
        registration_endpoint: `${ISSUER}/register`,
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: ["none", "client_secret_post"],
        authorization_response_iss_parameter_supported: true,
      });
    }
    if (pathname === "/register") {
      if (behaviour.registration === "closed") return refuse("access_denied", 403);
      const metadata = (await request.json()) as Json;
      const client_id = `client-${clients.size + 1}`;
      clients.set(client_id, metadata);
      return Response.json({ ...metadata, client_id, token_endpoint_auth_method: "none" }, { status: 201 });
    }
    if (pathname === "/token") return await token(new URLSearchParams(await request.text()));
    return new Response("not here", { status: 404 });
  }

  async function service(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/.well-known/oauth-protected-resource/mcp") {
      return Response.json({
        resource: `${SERVICE}/mcp`,
        authorization_servers: [ISSUER],
        scopes_supported: ["notes"],
      });
    }
    if (pathname !== "/mcp") return new Response("not here", { status: 404 });
    requests++;
    const isCall = (await request.clone().text()).includes("tools/call");
    if (behaviour.isOpenButCalls === true && !isCall) return await surface.fetch(request);
    if (valid === undefined || request.headers.get("authorization") !== `Bearer ${valid}`) {
      const where = `${SERVICE}/.well-known/oauth-protected-resource/mcp`;
      const challenge = `Bearer error="invalid_token", resource_metadata="${where}"`;
      return new Response("who are you?", { status: 401, headers: { "WWW-Authenticate": challenge } });
    }
    if (isCall && behaviour.lacks !== undefined) {
      const challenge = `Bearer error="insufficient_scope", scope="${behaviour.lacks}"`;
      return new Response("more", { status: 403, headers: { "WWW-Authenticate": challenge } });
    }
    return await surface.fetch(request);
  }

  return {
    behaviour,
    clients,
    /** How often the service itself was asked. */
    requests: () => requests,
    /** What the authorization server was asked, method and path. */
    asked,
    fetch: (request: Request) => (request.url.startsWith(ISSUER) ? authorizationServer(request) : service(request)),
    /** A person opens the page and agrees. @returns where the browser is sent */
    agree(page: string): string {
      const { searchParams } = new URL(page);
      const code = `code-${codes.size + 1}`;
      const [challenge = "", redirect = "", resource = "", state = ""] = [
        "code_challenge",
        "redirect_uri",
        "resource",
        "state",
      ].map((name) => searchParams.get(name) ?? "");
      codes.set(code, { challenge, redirect, resource });
      const back = new URL(redirect);
      for (const [name, value] of Object.entries({ code, state, iss: behaviour.iss ?? ISSUER })) {
        back.searchParams.set(name, value);
      }
      return back.href;
    },
    /** From now on a token that was given is worth nothing; it can be renewed. */
    forget: () => void (valid = undefined),
    close: () => surface.close(),
  };
}
