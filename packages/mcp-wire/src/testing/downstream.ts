import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Era } from "../eras.ts";
import { fetchExchange } from "../http/fetch-http.ts";
import { NodeReply, NodeRequest } from "../http/node-http.ts";
import { StreamableServer, type StreamableServerOptions } from "../http/streamable-server.ts";
import { SessionStore } from "../sessions.ts";
import { SseParser } from "../sse/sse-parser.ts";
import { ScriptedEndpoint } from "./scripted-endpoint.ts";

export type Json = Record<string, unknown>;

/** A streamable server over a scripted endpoint, its clock, and how to reach it. */
export interface House {
  readonly server: StreamableServer;
  readonly sessions: SessionStore;
  readonly endpoint: ScriptedEndpoint;
  readonly clock: { now: number };
  /** What `onBug` was told. */
  readonly bugs: unknown[];
  /** Serves a request at the endpoint, or at another one that shares its sessions. */
  fetch(init: RequestInit, endpoint?: ScriptedEndpoint): Promise<Response>;
  close(): Promise<void>;
}

export type OpenHouse = (options?: Partial<StreamableServerOptions>) => Promise<House>;

function newHouse(options: Partial<StreamableServerOptions> = {}) {
  const clock = { now: 1 };
  const now = () => clock.now;
  const bugs: unknown[] = [];
  const sessions = new SessionStore({ max: 10, idleMs: 60_000 }, now);
  const server = new StreamableServer({ sessions, now, onBug: (error) => bugs.push(error), ...options });
  return { clock, bugs, sessions, server, endpoint: new ScriptedEndpoint() };
}

/** In process, without a port. */
export const inProcess: OpenHouse = async (options) => {
  const house = newHouse(options);
  return {
    ...house,
    fetch: (init, endpoint = house.endpoint) =>
      fetchExchange(new Request("http://house/mcp", init), (request, reply) =>
        house.server.handle(request, reply, endpoint),
      ),
    close: async () => undefined,
  };
};

/** Over a real connection on the loopback interface. */
export const overNode = async (options?: Partial<StreamableServerOptions>): Promise<House & { port: number }> => {
  const house = newHouse(options);
  const endpoints = [house.endpoint];
  const listener = createServer((incoming, outgoing) => {
    const endpoint = endpoints[Number(incoming.url?.slice(1))] as ScriptedEndpoint;
    house.server.handle(new NodeRequest(incoming), new NodeReply(outgoing), endpoint);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  return {
    ...house,
    port,
    fetch(init, endpoint = house.endpoint) {
      if (!endpoints.includes(endpoint)) endpoints.push(endpoint);
      return fetch(`http://127.0.0.1:${port}/${endpoints.indexOf(endpoint)}`, init);
    },
    async close() {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
};

export const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
};

export interface Posted {
  readonly era?: Era;
  readonly headers?: Record<string, string>;
  readonly accept?: string;
  readonly session?: string;
  readonly signal?: AbortSignal;
}

const JSON_TYPE = { "content-type": "application/json" };
const BOTH = "application/json, text/event-stream";

/** A POST of any body. */
export function postRaw(body: string | Buffer, { headers = {}, accept = BOTH, session, signal }: Posted = {}) {
  return {
    method: "POST",
    headers: { ...JSON_TYPE, accept, ...(session && { "mcp-session-id": session }), ...headers },
    body: typeof body === "string" ? body : new Uint8Array(body),
    ...(signal && { signal }),
  } satisfies RequestInit;
}

/** A POST of one message as a client of the era sends it. */
export function post(message: Json, { era = "legacy", ...posted }: Posted = {}) {
  if (era === "legacy") return postRaw(JSON.stringify({ jsonrpc: "2.0", ...message }), posted);
  const params = (message["params"] ?? {}) as Json;
  const body = {
    jsonrpc: "2.0",
    ...message,
    params: { ...params, _meta: { ...ENVELOPE, ...(params["_meta"] as object) } },
  };
  const name = params["name"] ?? params["uri"];
  const headers = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": String(message["method"]),
    ...(name !== undefined && { "mcp-name": String(name) }),
    ...posted.headers,
  };
  return postRaw(JSON.stringify(body), { ...posted, headers });
}

export const callTool = (name: string, id: number | string = 1, meta?: object): Json => ({
  id,
  method: "tools/call",
  params: { name, arguments: {}, ...(meta && { _meta: meta }) },
});

/** Opens a session; gives its id. */
export async function openSession(house: House, capabilities: object = {}, version = "2025-11-25"): Promise<string> {
  const params = { protocolVersion: version, capabilities, clientInfo: { name: "test", version: "1" } };
  const response = await house.fetch(post({ id: 0, method: "initialize", params }));
  await response.text();
  return response.headers.get("mcp-session-id") as string;
}

/** Reads an event stream message by message. */
export class EventReader {
  /** Everything that came, as text, comments included. */
  text = "";
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #messages: Json[] = [];
  readonly #parser = new SseParser(1 << 20, ({ data }) => this.#messages.push(JSON.parse(data.toString()) as Json));

  constructor(response: Response) {
    this.#chunks = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  /** The next message; undefined at the end of the stream. */
  async next(): Promise<Json | undefined> {
    while (this.#messages.length === 0) if (!(await this.more())) return undefined;
    return this.#messages.shift();
  }

  /** Waits for more bytes; false at the end. */
  async more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done) return false;
    this.text += Buffer.from(value).toString();
    this.#parser.push(Buffer.from(value));
    return true;
  }

  async rest(): Promise<Json[]> {
    const messages: Json[] = [];
    for (let message = await this.next(); message !== undefined; message = await this.next()) messages.push(message);
    return messages;
  }

  /** Goes away before the end. */
  async leave(): Promise<void> {
    await this.#chunks.return?.();
  }
}
