import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface Listener {
  readonly url: string;
  /**
   * Takes no more requests, but loses none that is on the wire: serves on for up to `linger` milliseconds, asking every
   * client to close its connection, and then closes the port and the connections that are idle.
   */
  refuse(linger: number): Promise<void>;
  /** Waits up to `grace` milliseconds for the connections to end, and ends the rest. Call it after {@link refuse}. */
  end(grace: number): Promise<void>;
}

/** Limits against slow and greedy clients; times in milliseconds. */
const limits = {
  headersTimeout: 10_000,
  /** To receive a request, not to answer it. */
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1000,
  /** Above the 90 s for which Traefik keeps idle connections: who closes first must be the client. */
  keepAliveTimeout: 95_000,
  maxHeaderSize: 16 * 1024,
} as const;
const MAX_HEADERS = 200;
const MAX_CONNECTIONS = 1024;

/** How often open connections are counted while stopping; Node has no event for it. */
const POLL = 25;

/**
 * Opens a port for HTTP.
 *
 * @param serve answers a request
 * @throws Error that says what to do when the port cannot be opened
 */
export async function listen(
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listener> {
  let stopping = false;
  const server = createServer(limits, (request, response) => {
    if (stopping) response.shouldKeepAlive = false;
    // Node drops the headers above its own limit silently, an Origin among them.
    if (request.rawHeaders.length / 2 >= MAX_HEADERS) response.writeHead(431, { connection: "close" }).end();
    else serve(request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const opened = Promise.withResolvers<void>();
  server.once("error", opened.reject).listen(port, host, opened.resolve);
  await opened.promise.catch((error: NodeJS.ErrnoException) => {
    throw new Error(`Cannot open port ${port} on ${host}: ${remedy(error)}`, { cause: error });
  });
  server.off("error", opened.reject);

  const { address, port: actualPort, family } = server.address() as AddressInfo;
  const connections = (): Promise<number> =>
    new Promise((done) => server.getConnections((_, count) => done(count ?? 0)));
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${actualPort}`,
    async refuse(linger) {
      stopping = true;
      for (let left = linger; left > 0 && (await connections()) > 0; left -= POLL) await delay(POLL);
      server.close();
    },
    async end(grace) {
      for (let left = grace; left > 0 && (await connections()) > 0; left -= POLL) await delay(POLL);
      server.closeAllConnections();
    },
  };
}

function remedy(error: NodeJS.ErrnoException): string {
  if (error.code === "EADDRINUSE") return "another program has it; set PORT to a free one, or stop that program";
  if (error.code === "EACCES") return "it needs privileges; set PORT to one above 1023";
  if (error.code === "EADDRNOTAVAIL") return "this machine has no such address; set HOST to 127.0.0.1 or 0.0.0.0";
  return error.message;
}
