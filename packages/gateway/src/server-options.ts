import type { ServerOptions } from "node:http";

/**
 * Limits against clients that send slowly, without end or too much (reliability §1.3). They bound the receiving of a
 * request; an answer may take as long as it takes.
 */
export const SERVER_OPTIONS: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  // Longer than the idle pools of proxies in front of us (Traefik 90 s), or they send on a socket we are closing.
  keepAliveTimeout: 95_000,
  maxHeaderSize: 16 * 1024,
  // Requests and answers are small; waiting to fill a packet would delay each of them.
  noDelay: true,
};

export const MAX_CONNECTIONS = 1024;
