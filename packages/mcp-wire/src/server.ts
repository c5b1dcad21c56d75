import {
  createMcpHandler,
  isJsonContentType,
  isLegacyRequest,
  ProtocolError,
  readRequestBody,
  Server,
  WebStandardStreamableHTTPServerTransport,
  type CallToolResult,
  type ListToolsResult,
} from "@modelcontextprotocol/server";
import { Header, LEGACY_VERSIONS, MODERN_VERSIONS, type Era } from "./eras.ts";
import { MAX_DEPTH } from "./json/scan.ts";
import { RpcCode } from "./wire-error.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** How far a call is; `progress` must grow from one report to the next (2026-07-28 basic/utilities/progress). */
export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** A tool as `tools/list` shows it (2026-07-28 server/tools); the schemas are JSON Schema 2020-12 with an object at the root. */
export interface SurfaceTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly annotations?: JsonObject;
}

/** What a call ends with (2026-07-28 server/tools). A tool that fails says so with `isError`; it does not throw. */
export interface SurfaceResult {
  readonly content: readonly JsonObject[];
  readonly structuredContent?: JsonObject;
  readonly isError?: boolean;
}

/** What a tool may know and do while it runs. */
export interface SurfaceCall {
  /** Aborts when the client cancels (a notification in the legacy era, the end of the connection in both) or the server closes. */
  readonly signal: AbortSignal;
  /** The caller's `X-Request-Id`, else the JSON-RPC id: for logs. */
  readonly requestId: string;
  /** Tells the client how far the call is; does nothing where the client did not ask for it. Never throws. */
  readonly progress: (progress: Progress) => void;
}

/** A server as plain values: what it is called, what it lists, and how its tools are called. */
export interface Surface {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  readonly instructions?: string;
  /** Read at every `tools/list` and sent as it stands, so its order is the order of the list. */
  readonly tools: readonly SurfaceTool[];
  /** Called for listed tools only. What it throws is a bug: the client gets `-32603` without detail, `onError` the rest. */
  callTool(name: string, args: JsonObject, call: SurfaceCall): Promise<SurfaceResult>;
}

/** A surface served over streamable HTTP. Checks neither Host nor Origin nor who is asking: the edge in front does. */
export interface SurfaceHandler {
  fetch(request: Request): Promise<Response>;
  /** Sends `notifications/tools/list_changed` to the modern clients that listen. */
  notifyToolsChanged(): void;
  /** Aborts what runs and ends every stream; idempotent. Requests after it get 503. */
  close(): Promise<void>;
}

/** Protocol revisions a surface is served in, newest first. */
export const SERVED_VERSIONS: readonly string[] = [...MODERN_VERSIONS, ...LEGACY_VERSIONS];

/** How long a client may keep `tools/list` and `server/discover`: they are the same for everyone and change with a new version only. */
const cacheHint = { ttlMs: 60_000, cacheScope: "public" } as const;

/** Longest request body, in bytes. */
const MAX_BODY = 4 * 1024 * 1024;

/** Most members and elements in one body. The SDK walks arguments several times, so a small body of many parts costs much (CVE-2026-111768). */
const MAX_ELEMENTS = 100_000;

/** Progress reports of a call, at once and then per second: a tool that reports in a loop must not fill a slow client's buffer. */
const PROGRESS_BURST = 100;
const PROGRESS_PER_SECOND = 20;

/** Private codes of this project: outside what JSON-RPC and MCP reserve (2026-07-28 basic/index). */
const DRAINING = -31014;
const PAYLOAD_TOO_LARGE = -31017;

/** The SDK would make a validator per server, hence per request, for elicitation, which a surface has not. */
const noValidator = { getValidator: () => () => ({ valid: false, data: undefined, errorMessage: "unused" }) as const };

/**
 * Serves a surface on one path in both eras. Every request gets a server and a transport of its own, because shared ones
 * mix up clients (CVE-2026-111770). The legacy era keeps no session: the id given out at `initialize` only tells whose
 * call a `notifications/cancelled` means, so it survives a restart of the server.
 *
 * @param onError told of requests refused by the protocol and of bugs in a tool; reporting only
 */
export function serveSurface(surface: Surface, onError: (error: Error) => void = () => {}): SurfaceHandler {
  const modern = createMcpHandler(({ era }) => newServer(era), { legacy: "reject", onerror: onError });
  /** Ends a legacy exchange, by session and request id; and all of them, batches and calls without a session included. */
  const cancels = new Map<string, () => void>();
  const exchanges = new Set<() => void>();
  let closed = false;

  function newServer(era: Era): Server {
    const { name, version, title, instructions } = surface;
    const server = new Server(
      { name, version, ...(title !== undefined && { title }) },
      {
        capabilities: { tools: { listChanged: era === "modern" } },
        cacheHints: { "tools/list": cacheHint, "server/discover": cacheHint },
        jsonSchemaValidator: noValidator as never,
        ...(instructions !== undefined && { instructions }),
      },
    );
    // The SDK's types want literal schemas; ours were made and checked by whoever built the surface.
    server.setRequestHandler("tools/list", () => ({ tools: surface.tools }) as unknown as ListToolsResult);
    server.setRequestHandler("tools/call", async ({ params }, { mcpReq, http }) => {
      if (!surface.tools.some((tool) => tool.name === params.name)) {
        throw new ProtocolError(RpcCode.invalidParams, `Unknown tool: ${params.name.slice(0, 128)}`);
      }
      const progressToken = mcpReq._meta?.progressToken;
      const gate = progressGate();
      const call: SurfaceCall = {
        signal: mcpReq.signal,
        requestId: requestIdOf(http?.req) ?? String(mcpReq.id),
        progress(update) {
          if (progressToken === undefined || mcpReq.signal.aborted || !gate.passes(update)) return;
          mcpReq.notify({ method: "notifications/progress", params: { progressToken, ...update } }).catch(onError);
        },
      };
      try {
        return (await surface.callTool(params.name, params.arguments ?? {}, call)) as unknown as CallToolResult;
      } catch (error) {
        onError(new Error(`Tool ${params.name} threw`, { cause: error }));
        throw new ProtocolError(RpcCode.internalError, `Internal error in ${params.name}; see the log of ${name}`);
      } finally {
        gate.shut();
      }
    });
    return server;
  }

  async function serveLegacy(request: Request, body: unknown): Promise<Response> {
    const session = request.headers.get(Header.session);
    const message = isObject(body) ? body : {};
    if (message["method"] === "notifications/cancelled") {
      const params = isObject(message["params"]) ? message["params"] : {};
      cancels.get(keyOf(session, params["requestId"]))?.();
      return new Response(null, { status: 202 });
    }
    const server = newServer("legacy");
    const transport = new WebStandardStreamableHTTPServerTransport({
      ...(message["method"] === "initialize" && { sessionIdGenerator: () => crypto.randomUUID() }),
      // JSON unless something may come before the result.
      enableJsonResponse: !mayStream(request, body),
    });
    await server.connect(transport);

    // Of a cancelled call nobody waits for an answer, and none may be sent (2025-11-25 basic/utilities/cancellation).
    const unanswered = Promise.withResolvers<Response>();
    const end = (): void => {
      exchanges.delete(end);
      if (cancels.get(key) === end) cancels.delete(key);
      request.signal.removeEventListener("abort", end);
      unanswered.resolve(new Response("", { headers: { "content-type": "text/event-stream" } }));
      server.close().catch(onError);
    };
    const key = keyOf(session, message["id"]);
    if (session && message["method"] === "tools/call") cancels.set(key, end);
    exchanges.add(end);
    request.signal.addEventListener("abort", end);
    const response = await Promise.race([
      transport.handleRequest(acceptingBoth(request), { parsedBody: body }),
      unanswered.promise,
    ]);
    return onceRead(response, end);
  }

  return {
    async fetch(request) {
      if (closed) return failure(503, DRAINING, "The server is shutting down; retry in a few seconds");
      if (request.method !== "POST") return failure(405, RpcCode.invalidRequest, "Use POST", { allow: "POST" });
      if (!isJsonContentType(request.headers.get("content-type"))) {
        return failure(415, RpcCode.invalidRequest, "Content-Type must be application/json");
      }
      const read = await readRequestBody(request, MAX_BODY).catch(() => undefined);
      if (read === undefined) return failure(400, RpcCode.parseError, "The request body could not be read to its end");
      if (read.tooLarge) return failure(413, PAYLOAD_TOO_LARGE, `The request body is longer than ${MAX_BODY} bytes`);
      const body = parse(read.text);
      if (body === undefined) return failure(400, RpcCode.parseError, "The request body is not JSON");
      const excess = tooComplex(body);
      if (excess !== undefined) return failure(400, RpcCode.invalidRequest, excess);
      if (await isLegacyRequest(request, body)) return serveLegacy(request, body);
      return modern.fetch(request, { parsedBody: body });
    },
    notifyToolsChanged: () => modern.notify.toolsChanged(),
    async close() {
      closed = true;
      for (const end of exchanges) end();
      await modern.close();
    },
  };
}

/** Decides which progress reports go out: growing ones, within the rate, the last always; none once the call is over. */
function progressGate(): { passes(update: Progress): boolean; shut(): void } {
  const start = performance.now();
  let last = -Infinity;
  let sent = 0;
  return {
    passes({ progress, total }) {
      if (!(progress > last)) return false;
      const allowed = PROGRESS_BURST + ((performance.now() - start) / 1000) * PROGRESS_PER_SECOND;
      if (sent >= allowed && progress !== total) return false;
      last = progress;
      sent += 1;
      return true;
    },
    shut: () => (last = Infinity),
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function keyOf(session: string | null, id: unknown): string {
  return `${session ?? ""} ${typeof id} ${String(id)}`;
}

function requestIdOf(request: Request | undefined): string | undefined {
  const id = request?.headers.get("x-request-id") ?? "";
  return /^[\w.:-]{1,128}$/.test(id) ? id : undefined;
}

/** True when something may have to go out before the result, and the client can read it. */
function mayStream(request: Request, body: unknown): boolean {
  const messages: unknown[] = Array.isArray(body) ? body : [body];
  const wantsProgress = messages.some((message) => {
    const params = isObject(message) ? message["params"] : undefined;
    const meta = isObject(params) ? params["_meta"] : undefined;
    return isObject(meta) && meta["progressToken"] !== undefined;
  });
  return wantsProgress && (request.headers.get("accept") ?? "").includes("text/event-stream");
}

/** The SDK refuses a legacy request that does not name both media types; curl and older clients name neither or one. */
function acceptingBoth(request: Request): Request {
  if (/application\/json.*text\/event-stream/.test(request.headers.get("accept") ?? "")) return request;
  const headers = new Headers(request.headers);
  headers.set("accept", "application/json, text/event-stream");
  return new Request(request.url, { method: "POST", headers, signal: request.signal });
}

/** Calls `end` when the response is complete: at once for JSON, for a stream when it was read to its end or given up. */
function onceRead(response: Response, end: () => void): Response {
  if (response.body === null || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
    end();
    return response;
  }
  return new Response(
    response.body.pipeThrough(new TransformStream({ flush: end, cancel: end } as Transformer)),
    response,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Says what is too much of in a body; undefined when it may pass. Iterative, so depth costs no stack. */
function tooComplex(body: unknown): string | undefined {
  const stack: { readonly node: object; readonly depth: number }[] = [{ node: [body], depth: 0 }];
  let elements = 0;
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const children = Object.values(next.node);
    elements += children.length;
    if (elements > MAX_ELEMENTS) return `The request has more than ${MAX_ELEMENTS} members and elements`;
    if (next.depth > MAX_DEPTH) return `The request is nested deeper than ${MAX_DEPTH} levels`;
    for (const child of children) {
      if (typeof child === "object" && child !== null) stack.push({ node: child, depth: next.depth + 1 });
    }
  }
  return undefined;
}

function failure(status: number, code: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ jsonrpc: "2.0", id: null, error: { code, message } }, { status, headers });
}
