// MCP servers as others build them: with the SDK's old and new lines, with and without sessions, of either era.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createMcpHandler, ProtocolError, Server as NewServer } from "@modelcontextprotocol/server";
import { Server as OldServer } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema, McpError } from "@modelcontextprotocol/sdk/types.js";
import { question, workshop, type Workshop } from "./workshop.ts";

export interface SdkServer {
  readonly url: string;
  readonly workshop: Workshop;
  /** Adds a tool and tells everyone who listens. */
  readonly addTool: (name: string) => void;
  readonly stop: () => Promise<void>;
}

const info = { name: "sdk", version: "1.0.0" };
const options = { capabilities: { tools: { listChanged: true } } };

function oldServer({ tools, call }: Workshop): OldServer {
  const server = new OldServer(info, options);
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools() }) as never);
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const { signal, _meta, sendNotification } = extra;
    const notify = (progress: object): void => {
      const progressToken = _meta?.progressToken;
      if (progressToken === undefined) return;
      void sendNotification({ method: "notifications/progress", params: { progressToken, ...progress } } as never);
    };
    const ask = () => server.elicitInput(question as never, { relatedRequestId: extra.requestId });
    const unknown = new McpError(-32602, `Unknown tool: ${params.name}`);
    return (await call(params.name, params.arguments ?? {}, { signal, notify, ask, unknown })) as never;
  });
  return server;
}

function newServer({ tools, call }: Workshop): NewServer {
  const server = new NewServer(info, options);
  server.setRequestHandler("tools/list", () => ({ tools: tools() }) as never);
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const notify = (progress: object): void => {
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken === undefined) return;
      void mcpReq.notify({ method: "notifications/progress", params: { progressToken, ...progress } } as never);
    };
    const ask = () => mcpReq.send({ method: "elicitation/create", params: question } as never);
    const unknown = new ProtocolError(-32602, `Unknown tool: ${params.name}`);
    return (await call(params.name, params.arguments ?? {}, { signal: mcpReq.signal, notify, ask, unknown })) as never;
  });
  return server;
}

/** The old line, as its own examples do it: one server and transport for each session. */
export async function startOldWithSessions(): Promise<SdkServer> {
  const shop = workshop();
  const sessions = new Map<string, { server: OldServer; transport: StreamableHTTPServerTransport }>();
  const open = async () => {
    const server = oldServer(shop);
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, { server, transport }),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await server.connect(transport as never);
    return transport;
  };
  const running = await serve(async (incoming, outgoing) => {
    const id = incoming.headers["mcp-session-id"] as string | undefined;
    const session = id === undefined ? undefined : sessions.get(id);
    if (id !== undefined && session === undefined) return void outgoing.writeHead(404).end();
    await (session?.transport ?? (await open())).handleRequest(incoming, outgoing);
  });
  return {
    ...running,
    workshop: shop,
    addTool(name) {
      shop.add(name);
      for (const { server } of sessions.values()) server.sendToolListChanged().catch(() => undefined);
    },
    async stop() {
      for (const { transport } of sessions.values()) await transport.close();
      await running.stop();
    },
  };
}

/** The old line without sessions: one server and transport for each request. */
export async function startOldStateless(): Promise<SdkServer> {
  const shop = workshop();
  const running = await serve(async (incoming, outgoing) => {
    const server = oldServer(shop);
    // `undefined` is how the old line is told to keep no sessions.
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined } as never);
    outgoing.on("close", () => void server.close());
    await server.connect(transport as never);
    await transport.handleRequest(incoming, outgoing);
  });
  return { ...running, workshop: shop, addTool: (name) => shop.add(name) };
}

/** The new line: in both eras on one path, or in the modern one only. */
export async function startNew(legacy: "stateless" | "reject"): Promise<SdkServer> {
  const shop = workshop();
  const handler = createMcpHandler(() => newServer(shop), { legacy });
  const running = await serve((incoming, outgoing) =>
    serveFetch(incoming, outgoing, (request) => handler.fetch(request)),
  );
  return {
    ...running,
    workshop: shop,
    addTool(name) {
      shop.add(name);
      handler.notify.toolsChanged();
    },
    async stop() {
      await handler.close();
      await running.stop();
    },
  };
}

type Serve = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

async function serve(answer: Serve): Promise<{ url: string; stop: () => Promise<void> }> {
  const listener: RequestListener = (incoming, outgoing) => {
    // What a client that is gone does not read is nobody's fault.
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function serveFetch(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fetch: (request: Request) => Promise<Response>,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  const { method = "GET", headers } = incoming;
  const body = method === "POST" ? new Uint8Array(await buffer(incoming)) : null;
  const init = { method, headers: headers as Record<string, string>, body, signal: gone.signal };
  const response = await fetch(new Request(`http://127.0.0.1${incoming.url}`, init));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  for await (const chunk of response.body ?? []) outgoing.write(chunk);
  outgoing.end();
}
