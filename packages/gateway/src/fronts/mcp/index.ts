import {
  type Endpoint,
  SessionStore,
  SseServer,
  StreamableServer,
  type StreamableServerOptions,
  RpcCode,
  WireError,
} from "@shardgate/mcp-wire";
import { GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Gateway } from "../../gateway.ts";
import { crossOrigin } from "../cors.ts";
import type { Front, Handler } from "../front.ts";
import { aggregateEndpoint, upstreamEndpoint } from "./endpoints.ts";

const DRAINED = "The gateway shuts down, and the call did not end in time";

export interface McpFrontDeps {
  readonly gateway: Gateway;
  readonly logger: Logger;
  readonly wire?: Partial<StreamableServerOptions>;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** With or without a slash at the end, which people paste along. */
const AGGREGATE_PATH = /^\/mcp\/?$/;
const UPSTREAM_PATH = /^\/servers\/([^/]+)\/(mcp|sse|messages)\/?$/;
const SSE_PATH = /^\/(sse|messages)\/?$/;

/**
 * MCP of both eras: all upstreams at `/mcp`, each one under its own names at `/servers/<name>/mcp`. The transport of
 * 2024-11-05 stands beside each: `sse` and `messages`; a message POSTed straight to `sse` is answered in the response.
 */
export function mcpFront({ gateway, logger, wire, now }: McpFrontDeps): Front {
  const sessions = wire?.sessions ?? new SessionStore();
  const onBug = (error: unknown): void => {
    logger.error(
      { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      "unexpected error",
    );
  };
  const server = new StreamableServer({ onBug, now, ...wire, sessions });
  const aggregate = aggregateEndpoint(gateway);
  const single = new Map<string, { readonly endpoint: Endpoint; readonly serve: Handler }>();

  const sse = new SseServer(server);
  const serveAggregate = crossOrigin((request, reply) => server.handle(request, reply, aggregate));

  /** @param base path of the folder that `sse` and `messages` are in */
  function serveSse(path: string, endpoint: Endpoint, base: string): Handler {
    if (path === "messages") return (request, reply) => void sse.post(request, reply, endpoint);
    return (request, reply) => {
      if (request.method === "GET") sse.open(reply, endpoint, `${base}/messages`);
      else server.handle(request, reply, endpoint);
    };
  }

  function serveUpstream(name: string, path: string): Handler {
    if (!gateway.hasUpstream(name)) {
      const known = [...gateway.upstreams()].join(", ") || "none";
      const error = new WireError(RpcCode.invalidRequest, `Unknown upstream ${name}; known: ${known}`, { status: 404 });
      return (_, reply) => server.refuse(reply, error);
    }
    let one = single.get(name);
    if (one === undefined) {
      const endpoint = upstreamEndpoint(gateway, name);
      one = { endpoint, serve: crossOrigin((request, reply) => server.handle(request, reply, endpoint)) };
      single.set(name, one);
    }
    return path === "mcp" ? one.serve : crossOrigin(serveSse(path, one.endpoint, `/servers/${name}`));
  }

  // What is gone leaves nothing behind: neither its endpoint nor the sessions at it.
  const stop = gateway.onToolsChanged(() => {
    for (const [name, { endpoint }] of single) {
      if (gateway.hasUpstream(name)) continue;
      single.delete(name);
      sessions.closeAll(endpoint);
    }
  });

  return {
    name: "mcp",
    route(path) {
      if (AGGREGATE_PATH.test(path)) return serveAggregate;
      const legacy = SSE_PATH.exec(path)?.[1];
      if (legacy !== undefined) return crossOrigin(serveSse(legacy, aggregate, ""));
      const [, name, what] = UPSTREAM_PATH.exec(path) ?? [];
      return name === undefined || what === undefined ? undefined : serveUpstream(name, what);
    },
    get active() {
      return server.active;
    },
    tick() {
      server.tick();
      sse.tick();
    },
    drain: () => server.closeStreams(),
    close() {
      stop();
      server.closeStreams();
      // What did not end while we drained is told so, and that it may have run.
      const { code, message, status, data } = new GatewayError("draining", DRAINED, { phase: "call", sent: true });
      server.abort(new WireError(code, message, { status, data }));
      sse.closeAll();
      sessions.closeAll();
    },
  };
}
