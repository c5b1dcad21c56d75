import {
  type Endpoint,
  SessionStore,
  StreamableServer,
  type StreamableServerOptions,
  WireError,
} from "@shardgate/mcp-wire";
import type { Logger } from "../../core/logger.ts";
import type { Gateway } from "../../gateway.ts";
import type { Front } from "../front.ts";
import { aggregateEndpoint, upstreamEndpoint } from "./endpoints.ts";

export interface McpFrontDeps {
  readonly gateway: Gateway;
  readonly logger: Logger;
  readonly version: string;
  readonly wire?: Partial<StreamableServerOptions>;
}

/** MCP of both eras: all upstreams at `/mcp`, each one under its own names at `/servers/<name>/mcp`. */
export function mcpFront({ gateway, logger, version, wire }: McpFrontDeps): Front {
  const sessions = wire?.sessions ?? new SessionStore();
  const onBug = (error: unknown): void => {
    logger.error(
      { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      "unexpected error",
    );
  };
  const server = new StreamableServer({ onBug, ...wire, sessions });
  const aggregate = aggregateEndpoint(gateway, version);
  const single = new Map<string, Endpoint>();

  function endpointOf(name: string): Endpoint {
    if (!gateway.hasUpstream(name)) {
      const known = [...gateway.upstreams()].join(", ") || "none";
      throw new WireError(-32600, `Unknown upstream ${name}; known: ${known}`, { status: 404 });
    }
    let endpoint = single.get(name);
    if (endpoint === undefined) single.set(name, (endpoint = upstreamEndpoint(gateway, name)));
    return endpoint;
  }

  // What is gone leaves nothing behind: neither its endpoint nor the sessions at it.
  const stop = gateway.onToolsChanged(() => {
    for (const [name, endpoint] of single) {
      if (gateway.hasUpstream(name)) continue;
      single.delete(name);
      sessions.closeAll(endpoint);
    }
  });

  return {
    name: "mcp",
    paths: ["/mcp", "/servers/:name/mcp"],
    handle(request, reply, params) {
      try {
        server.handle(request, reply, params["name"] === undefined ? aggregate : endpointOf(params["name"]));
      } catch (error) {
        server.refuse(reply, error);
      }
    },
    get active() {
      return server.active;
    },
    tick: () => server.tick(),
    drain: () => server.closeStreams(),
    close() {
      stop();
      server.closeStreams();
      sessions.closeAll();
    },
  };
}
