import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type AllowedNames, createHostGuard, fetchExchange, NodeReply, NodeRequest } from "@shardgate/mcp-wire";
import { Hono } from "hono";
import type { Access } from "./access/api-key.ts";
import { guardHeaders, type Refusal } from "./edge.ts";
import type { Front, Handler } from "./fronts/front.ts";
import type { Gateway } from "./gateway.ts";
import { renderMetrics } from "./metrics/render.ts";
import type { ProviderEndpoint } from "./providers/provider.ts";
import type { Status } from "./status.ts";

export interface AppDeps {
  readonly gateway: Gateway;
  readonly fronts: readonly Front[];
  readonly endpoints?: readonly ProviderEndpoint[];
  readonly allowed: AllowedNames;
  readonly access: Access;
  /** Hears of what no front expected; the request gets 500 and everything else goes on. */
  readonly onBug: (error: unknown) => void;
}

/**
 * The gateway as one HTTP application, without a port. Hono serves what is plain HTTP; the fronts stand before it, because
 * a call through `Request`, router and `Response` objects costs a fifth more.
 */
export interface App {
  fetch(request: Request): Promise<Response>;
  /** The same for Node's server. */
  readonly listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** From now on `/readyz` says no, and answers close their connections. */
  drain(): void;
  /** Host names and origins served from now on, besides local ones. */
  allow(allowed: AllowedNames): void;
}

export function createApp({ gateway, fronts, endpoints = [], allowed, access, onBug }: AppDeps): App {
  const app = new Hono<{ Bindings: { readonly incoming?: IncomingMessage } }>();
  let guardHost = createHostGuard(allowed);
  const guard = (host: string | undefined, origin: string | undefined): Refusal | undefined => {
    const message = guardHost(host, origin);
    return message === undefined ? undefined : { status: 403, message };
  };
  let draining = false;
  // An endpoint of a provider asks for a token of its own; the key of the clients would not do there.
  const ours: ReadonlySet<string> = new Set(endpoints.map(({ path }) => path));
  const open: ReadonlySet<string> = new Set(["/livez", "/readyz", "/ready", ...ours]);
  app.use(async (c, next) => {
    const denial = open.has(c.req.path) ? undefined : access.check(c.req.header("authorization"), "page");
    if (denial === undefined) return next();
    const { status, message, challenge } = denial;
    return c.json({ detail: message, error: message }, status, challenge ? { "WWW-Authenticate": challenge } : {});
  });
  app.get("/health", (c) => c.json(gateway.status()));
  app.get("/livez", (c) => c.json({ status: "ok" }));
  for (const path of ["/readyz", "/ready"]) {
    app.get(path, (c) => {
      const status = draining ? "draining" : "ready";
      const checks = c.req.query("verbose") === undefined ? {} : { checks: checksOf(gateway.status()) };
      return c.json({ status, ...checks }, draining ? 503 : 200);
    });
  }

  app.get("/metrics", async (c) => {
    const { version, generation, upstreams, config } = gateway.status();
    const active = fronts.reduce((sum, front) => sum + front.active, 0);
    const source = {
      version,
      generation,
      upstreams,
      calls: gateway.calls,
      active,
      configOk: config && config.status === "ok",
    };
    const { type, text } = await renderMetrics(source);
    return c.body(text, 200, { "Content-Type": type });
  });

  for (const endpoint of endpoints) {
    app.all(endpoint.path, (c) => endpoint.fetch(c.req.raw, c.env?.incoming?.socket.remoteAddress));
  }

  function route(path: string): Handler | undefined {
    // An upstream may be called as one of them begins.
    if (ours.has(path)) return undefined;
    for (const front of fronts) {
      const handler = front.route(path);
      if (handler !== undefined) return front.isGuarded === true ? handler : guarded(handler);
    }
    return undefined;
  }

  /** Nobody gets to the handler without a key, where one is asked for. */
  function guarded(handler: Handler): Handler {
    if (!access.isAsked) return handler;
    return (request, reply) => {
      // A browser asks without a key whether it may send one.
      if (request.method === "OPTIONS") return handler(request, reply);
      const denial = access.check(request.header("authorization"), "call");
      if (denial === undefined) return handler(request, reply);
      const { status, message, challenge } = denial;
      const headers = { "Content-Type": "application/json", ...(challenge && { "WWW-Authenticate": challenge }) };
      reply.send(status, headers, Buffer.from(JSON.stringify({ detail: message, error: message })));
    };
  }

  app.notFound((c) => {
    const error = `Nothing is served at ${c.req.path}; MCP is at /mcp, OpenAPI at /docs, the state of things at /health`;
    // `detail` is what clients made for mcpo look at.
    return c.json({ detail: "Not Found", error }, 404);
  });

  const listener = getRequestListener(app.fetch as Parameters<typeof getRequestListener>[0], {
    overrideGlobalObjects: false,
  });
  return {
    async fetch(request) {
      const { host, pathname } = new URL(request.url);
      const { headers } = request;
      const refusal = guard(headers.get("host") ?? host, headers.get("origin") ?? undefined);
      if (refusal !== undefined) return Response.json({ error: refusal.message }, { status: refusal.status });
      const handler = route(pathname);
      return handler === undefined ? app.fetch(request) : fetchExchange(request, handler);
    },
    listener(incoming, outgoing) {
      const { host, origin } = incoming.headers;
      const refusal = guardHeaders(incoming.rawHeaders) ?? guard(host, origin);
      if (refusal !== undefined) return refuse(outgoing, refusal);
      if (draining) outgoing.setHeader("Connection", "close");
      try {
        const handler = route(pathOf(incoming.url ?? "/"));
        if (handler === undefined) void listener(incoming, outgoing);
        else handler(new NodeRequest(incoming), new NodeReply(outgoing));
      } catch (error) {
        // Thrown out of here it would end the process, and with it every other call.
        onBug(error);
        if (outgoing.headersSent) outgoing.destroy();
        else refuse(outgoing, { status: 500, message: "Internal error; the log of the gateway has it" });
      }
    },
    drain() {
      draining = true;
    },
    allow(names) {
      guardHost = createHostGuard(names);
    },
  };
}

/** For people: none of these makes the gateway less ready for the rest. */
function checksOf({ config, providers, upstreams }: Status): object {
  const isUp = ({ state }: { readonly state: string }): boolean => state === "up";
  return {
    ...(config !== undefined && {
      config: { status: config.status, generation: config.generation, problems: config.problems ?? [] },
    }),
    providers: Object.fromEntries(providers.map(({ name, state, error }) => [name, error ?? state])),
    upstreams: Object.fromEntries(
      upstreams.map((one) => [
        one.name,
        isUp(one) || one.error === undefined ? one.state : `${one.state}: ${one.error}`,
      ]),
    ),
  };
}

function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

function refuse(outgoing: ServerResponse, { status, message }: Refusal): void {
  const body = JSON.stringify({ error: message });
  outgoing.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  outgoing.end(body);
}
