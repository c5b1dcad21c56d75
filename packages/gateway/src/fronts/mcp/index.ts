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
import { NO_PROFILES, type ProfileSource, unknownProfile } from "../../profiles/profiles.ts";
import { crossOrigin } from "../cors.ts";
import type { Front, Handler } from "../front.ts";
import { aggregateEndpoint, upstreamEndpoint } from "./endpoints.ts";

const DRAINED = "The gateway shuts down, and the call did not end in time";

export interface McpFrontDeps {
  readonly gateway: Gateway;
  readonly profiles?: ProfileSource;
  readonly logger: Logger;
  readonly wire?: Partial<StreamableServerOptions>;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** A folder with an endpoint in it. */
interface Place {
  readonly endpoint: Endpoint;
  readonly serve: Handler;
  /** False once what it serves is gone. */
  readonly isThere: () => boolean;
}

/** With or without a slash at the end, which people paste along. */
const AGGREGATE_PATH = /^\/mcp\/?$/;
const PROFILE_PATH = /^\/p\/([^/]+)\/(mcp|sse|messages)\/?$/;
const UPSTREAM_PATH = /^\/servers\/([^/]+)\/(mcp|sse|messages)\/?$/;
const SSE_PATH = /^\/(sse|messages)\/?$/;

/**
 * MCP of both eras: all upstreams at `/mcp`, a part of them at `/p/<profile>/mcp`, each one under its own names at
 * `/servers/<name>/mcp`. The transport of 2024-11-05 stands beside each: `sse` and `messages`; a message POSTed straight
 * to `sse` is answered in the response.
 */
export function mcpFront({ gateway, profiles = NO_PROFILES, logger, wire, now }: McpFrontDeps): Front {
  const sessions = wire?.sessions ?? new SessionStore();
  const onBug = (error: unknown): void => {
    logger.error(
      { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      "unexpected error",
    );
  };
  const server = new StreamableServer({ onBug, now, ...wire, sessions });
  const aggregate = aggregateEndpoint(gateway);
  /** What was asked for so far, by the path of its folder. */
  const places = new Map<string, Place>();
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

  function serveAt(base: string, path: string, createPlace: () => Pick<Place, "endpoint" | "isThere">): Handler {
    let place = places.get(base);
    if (place === undefined) {
      const { endpoint, isThere } = createPlace();
      const serve = crossOrigin((request, reply) => server.handle(request, reply, endpoint));
      places.set(base, (place = { endpoint, isThere, serve }));
    }
    return path === "mcp" ? place.serve : crossOrigin(serveSse(path, place.endpoint, base));
  }

  function serveNothing(message: string): Handler {
    const error = new WireError(RpcCode.invalidRequest, message, { status: 404 });
    return (_, reply) => server.refuse(reply, error);
  }

  function serveUpstream(name: string, path: string): Handler {
    const isThere = (): boolean => gateway.hasUpstream(name);
    if (isThere())
      return serveAt(`/servers/${name}`, path, () => ({ endpoint: upstreamEndpoint(gateway, name), isThere }));
    const known = [...gateway.upstreams()].join(", ") || "none";
    return serveNothing(`Unknown upstream ${name}; known: ${known}`);
  }

  function serveProfile(name: string, path: string): Handler {
    const profile = profiles.get(name);
    if (profile === undefined) return serveNothing(unknownProfile(profiles, name));
    const isThere = (): boolean => profiles.get(name) === profile;
    return serveAt(`/p/${name}`, path, () => ({ endpoint: aggregateEndpoint(profile.gateway), isThere }));
  }

  // What is gone leaves nothing behind: neither its endpoint nor the sessions and streams at it.
  const leave = (): void => {
    for (const [base, { endpoint, isThere }] of places) {
      if (isThere()) continue;
      places.delete(base);
      server.leave(endpoint);
    }
  };
  const stopUpstreams = gateway.onToolsChanged(leave);
  const stopProfiles = profiles.onRemoved(leave);

  return {
    name: "mcp",
    route(path) {
      if (AGGREGATE_PATH.test(path)) return serveAggregate;
      const legacy = SSE_PATH.exec(path)?.[1];
      if (legacy !== undefined) return crossOrigin(serveSse(legacy, aggregate, ""));
      const [, name, what] = UPSTREAM_PATH.exec(path) ?? [];
      if (name !== undefined && what !== undefined) return serveUpstream(name, what);
      const [, profile, part] = PROFILE_PATH.exec(path) ?? [];
      return profile === undefined || part === undefined ? undefined : serveProfile(profile, part);
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
      stopUpstreams();
      stopProfiles();
      server.closeStreams();
      // What did not end while we drained is told so, and that it may have run.
      const { code, message, status, data } = new GatewayError("draining", DRAINED, { phase: "call", sent: true });
      server.abort(new WireError(code, message, { status, data }));
      sse.closeAll();
      sessions.closeAll();
    },
  };
}
