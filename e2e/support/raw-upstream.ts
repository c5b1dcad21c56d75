// An MCP server of which a test decides every byte, and which keeps every byte it gets.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { LEGACY, MODERN } from "./rpc-client.ts";

/** One request as it came in. */
export interface Received {
  readonly method: string;
  readonly path: string;
  /** Name and value in turn, spelled as they came. */
  readonly rawHeaders: readonly string[];
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
  readonly message: {
    readonly id?: unknown;
    readonly method?: string;
    readonly params?: Readonly<Record<string, unknown>>;
  };
  /** Resolves when the connection of its answer is closed. */
  readonly gone: Promise<unknown>;
}

/** Answers one request in any way HTTP allows. */
export type Script = (request: Received, response: ServerResponse) => void | Promise<void>;

export interface RawUpstreamOptions {
  readonly era: "legacy" | "modern";
  /** Legacy: whether it gives out session ids and insists on them. */
  readonly sessions?: boolean;
  /** How each of its tools answers. */
  readonly tools: Readonly<Record<string, Script>>;
  /** The `tools` of tools/list as JSON; made from the names unless given. */
  readonly list?: string;
  /** Port to listen on; any free one unless given. */
  readonly port?: number;
  /** Looks at a request first; true when it has answered. */
  readonly before?: (request: Received, response: ServerResponse) => boolean;
}

export interface RawUpstream {
  readonly url: string;
  readonly port: number;
  /** Everything it was sent, in order. */
  readonly received: readonly Received[];
  /** The requests of one method. */
  readonly of: (method: string) => readonly Received[];
  /** Connections it accepted so far. */
  readonly connections: () => number;
  /** Forgets all sessions, as a restart would. */
  readonly forgetSessions: () => void;
  readonly stop: () => Promise<void>;
}

/** Sends one JSON body. */
export function sendJson(response: ServerResponse, body: string | Buffer, status = 200): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(body);
}

/** The answer to a request, with a result given as JSON. */
export function resultFor({ message }: Received, result: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${result}}`;
}

export async function startRawUpstream(options: RawUpstreamOptions): Promise<RawUpstream> {
  const received: Received[] = [];
  const sessions = new Set<string>();
  const server = createServer((incoming, response) => {
    void take(incoming, response).then((request) => {
      received.push(request);
      if (options.before?.(request, response) === true) return;
      return answer(request, response, options, sessions);
    });
  });
  let connections = 0;
  server.on("connection", () => connections++);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    received,
    of: (method) => received.filter(({ message }) => message.method === method),
    connections: () => connections,
    forgetSessions: () => sessions.clear(),
    stop: () => close(server),
  };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}

async function take(incoming: IncomingMessage, response: ServerResponse): Promise<Received> {
  const gone = once(response, "close");
  const body = await buffer(incoming);
  return {
    method: incoming.method as string,
    path: incoming.url as string,
    rawHeaders: incoming.rawHeaders,
    header: (name) => incoming.headers[name] as string | undefined,
    body,
    message: body.length === 0 ? {} : (JSON.parse(body.toString()) as Received["message"]),
    gone,
  };
}

const CAPABILITIES = '{"tools":{"listChanged":true}}';
const INFO = '{"name":"raw","version":"9.9"}';

function answer(
  request: Received,
  response: ServerResponse,
  options: RawUpstreamOptions,
  sessions: Set<string>,
): void | Promise<void> {
  const { method = "" } = request.message;
  if (request.method !== "POST") return void response.writeHead(request.method === "DELETE" ? 200 : 405).end();
  if (options.era === "legacy") {
    if (method === "server/discover") return sendJson(response, refusal(request, -32000, "Bad Request"), 400);
    if (method === "initialize") return initialize(request, response, options, sessions);
    const session = request.header("mcp-session-id");
    if (options.sessions === true && !sessions.has(session ?? "")) {
      return sendJson(response, refusal(request, -32001, "Session not found"), 404);
    }
  }
  if (method.startsWith("notifications/")) return void response.writeHead(202).end();
  if (method === "server/discover") return sendJson(response, resultFor(request, discovery()));
  if (method === "ping") return sendJson(response, resultFor(request, "{}"));
  if (method === "tools/list") return sendJson(response, resultFor(request, list(options)));
  const tool = method === "tools/call" ? options.tools[String(request.message.params?.["name"])] : undefined;
  if (tool !== undefined) return tool(request, response);
  return sendJson(response, refusal(request, -32601, `no script for ${method}`));
}

function initialize(
  request: Received,
  response: ServerResponse,
  options: RawUpstreamOptions,
  sessions: Set<string>,
): void {
  if (options.sessions === true) {
    const id = randomUUID();
    sessions.add(id);
    response.setHeader("Mcp-Session-Id", id);
  }
  const { protocolVersion = LEGACY } = request.message.params ?? {};
  const version = JSON.stringify(protocolVersion);
  const result = `{"protocolVersion":${version},"capabilities":${CAPABILITIES},"serverInfo":${INFO}}`;
  sendJson(response, resultFor(request, result));
}

function discovery(): string {
  const meta = `{"io.modelcontextprotocol/serverInfo":${INFO}}`;
  return (
    `{"resultType":"complete","supportedVersions":["${MODERN}"],"capabilities":{"tools":{}},` +
    `"ttlMs":0,"cacheScope":"private","_meta":${meta}}`
  );
}

function list({ tools, list: given, era }: RawUpstreamOptions): string {
  const made = JSON.stringify(Object.keys(tools).map((name) => ({ name, inputSchema: { type: "object" } })));
  const cache = era === "modern" ? '"resultType":"complete","ttlMs":0,"cacheScope":"private",' : "";
  return `{${cache}"tools":${given ?? made}}`;
}

function refusal({ message }: Received, code: number, text: string): string {
  return JSON.stringify({ jsonrpc: "2.0", id: message.id ?? null, error: { code, message: text } });
}
