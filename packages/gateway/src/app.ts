import type { IncomingMessage, ServerResponse } from "node:http";
import { type HttpBindings, getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { fetchExchange, nodeReply, nodeRequest } from "@shardgate/mcp-wire";
import { Hono } from "hono";
import { type EdgeOptions, guard, MAX_HEADERS, type Refusal } from "./edge.ts";
import type { Front } from "./fronts/front.ts";
import type { Gateway } from "./gateway.ts";

export interface AppDeps {
  readonly gateway: Gateway;
  readonly fronts: readonly Front[];
  readonly edge: EdgeOptions;
}

/** The gateway as one HTTP application, without a port. */
export interface App {
  fetch(request: Request): Promise<Response>;
  /** The same for Node's server; requests of the fronts go by without `Request` and `Response` objects. */
  readonly listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** From now on `/readyz` says no, and answers close their connections. */
  drain(): void;
}

type Env = { Bindings: Partial<HttpBindings> };

export function createApp({ gateway, fronts, edge }: AppDeps): App {
  const app = new Hono<Env>();
  let draining = false;
  app.get("/health", (c) => c.json(gateway.status()));
  app.get("/livez", (c) => c.json({ status: "ok" }));
  for (const path of ["/readyz", "/ready"]) {
    app.get(path, (c) => (draining ? c.json({ status: "draining" }, 503) : c.json({ status: "ready" })));
  }
  for (const front of fronts) {
    for (const path of front.paths) {
      app.all(path, (c) => {
        const params = c.req.param() as Record<string, string>;
        const { incoming, outgoing } = c.env ?? {};
        if (incoming === undefined) {
          return fetchExchange(c.req.raw, (request, reply) => front.handle(request, reply, params));
        }
        const response = outgoing as ServerResponse;
        if (draining) response.setHeader("Connection", "close");
        front.handle(nodeRequest(incoming as IncomingMessage), nodeReply(response), params);
        return RESPONSE_ALREADY_SENT;
      });
    }
  }
  app.notFound((c) =>
    c.json({ error: `Nothing is served at ${c.req.path}; MCP is at /mcp, the state of things at /health` }, 404),
  );

  const listener = getRequestListener(app.fetch as Parameters<typeof getRequestListener>[0], {
    overrideGlobalObjects: false,
  });
  return {
    async fetch(request) {
      const host = request.headers.get("host") ?? new URL(request.url).host;
      const refusal = guard(host, request.headers.get("origin") ?? undefined, edge);
      return refusal === undefined
        ? app.fetch(request)
        : Response.json({ error: refusal.message }, { status: refusal.status });
    },
    listener(incoming, outgoing) {
      const refusal = tooManyHeaders(incoming) ?? guard(incoming.headers.host, originOf(incoming), edge);
      if (refusal === undefined) return void listener(incoming, outgoing);
      const body = JSON.stringify({ error: refusal.message });
      outgoing.writeHead(refusal.status, {
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(body),
      });
      outgoing.end(body);
    },
    drain() {
      draining = true;
    },
  };
}

function originOf(incoming: IncomingMessage): string | undefined {
  return incoming.headers.origin;
}

function tooManyHeaders(incoming: IncomingMessage): Refusal | undefined {
  if (incoming.rawHeaders.length / 2 <= MAX_HEADERS) return undefined;
  return { status: 431, message: `A request may have ${MAX_HEADERS} headers` };
}
