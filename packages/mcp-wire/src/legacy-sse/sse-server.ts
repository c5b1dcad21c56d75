import { randomBytes } from "node:crypto";
import { Header } from "../eras.ts";
import type { Endpoint } from "../exchange.ts";
import type { HttpReply, HttpRequest, HttpStream } from "../http/http-exchange.ts";
import { SSE_HEADERS } from "../http/post-exchange.ts";
import type { StreamableServer } from "../http/streamable-server.ts";
import { Message } from "../message.ts";
import { isBatch } from "../message-batch.ts";
import { encodeSseEvent, SSE_COMMENT } from "../sse/sse-encoder.ts";
import { RpcCode, WireError } from "../wire-error.ts";

/** Most event streams open at once. */
const MAX_STREAMS = 1024;
/** A stream on which nobody shakes hands is closed after this long, in milliseconds. */
const HANDSHAKE_MS = 60_000;
const BODY_LIMIT = 4 * 1024 * 1024;

/** One event stream of a downstream, and the session that was opened over it. */
interface Connection {
  readonly endpoint: Endpoint;
  readonly stream: HttpStream;
  readonly openedAt: number;
  /** Of the streamable server; undefined before `initialize`. */
  session: string | undefined;
  leave: () => void;
}

/**
 * HTTP+SSE toward downstreams (2024-11-05 basic/transports): a GET opens a stream that names where to POST, and all
 * answers come over it. A streamable server does the protocol; this only takes its answers to where they are waited for.
 */
export class SseServer {
  readonly #server: StreamableServer;
  readonly #now: () => number;
  readonly #connections = new Map<string, Connection>();

  /** @param now monotonic clock in milliseconds */
  constructor(server: StreamableServer, now: () => number = () => performance.now()) {
    this.#server = server;
    this.#now = now;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Opens a stream. @param messagesPath where its client is to POST, without query */
  open(reply: HttpReply, endpoint: Endpoint, messagesPath: string): void {
    if (this.#connections.size >= MAX_STREAMS) {
      const error = new WireError(-31013, `${MAX_STREAMS} streams are open; close one first`, { status: 503 });
      return this.#server.refuse(reply, error);
    }
    const id = randomBytes(24).toString("base64url");
    const stream = reply.stream(200, SSE_HEADERS);
    const connection: Connection = {
      endpoint,
      stream,
      openedAt: this.#now(),
      session: undefined,
      leave: () => undefined,
    };
    this.#connections.set(id, connection);
    reply.onGone(() => this.#close(id));
    stream.write(Buffer.from(`event: endpoint\ndata: ${messagesPath}?sessionId=${id}\n\n`));
  }

  /** Takes a message for the stream that `sessionId` names; the answer to it goes there. */
  async post(request: HttpRequest, reply: HttpReply, endpoint: Endpoint): Promise<void> {
    try {
      const id = new URLSearchParams(request.url.split("?")[1] ?? "").get("sessionId") ?? "";
      const connection = this.#connections.get(id);
      if (connection === undefined || connection.endpoint !== endpoint) {
        throw new WireError(RpcCode.invalidRequest, "Session not found; open the event stream again", { status: 404 });
      }
      const body = await request.body(BODY_LIMIT);
      // What is no message is refused here, where the one who sent it sees it.
      if (!isBatch(body)) Message.parse(body);
      const inner = requestOf("POST", connection.session, request, body);
      reply.send(202, { "Content-Type": "text/plain" }, Buffer.from("Accepted"));
      this.#server.handle(inner, this.#replyTo(id, connection), endpoint);
    } catch (error) {
      this.#server.refuse(reply, error);
    }
  }

  /** To be called every few seconds: closes what nobody shook hands on, and keeps the rest alive. */
  tick(): void {
    for (const [id, { session, openedAt, stream }] of this.#connections) {
      // The streamable server keeps those alive that have a session.
      if (session !== undefined) continue;
      if (this.#now() - openedAt < HANDSHAKE_MS) stream.write(SSE_COMMENT);
      else this.#end(id);
    }
  }

  /** Ends all streams, and with them the sessions. */
  closeAll(): void {
    for (const id of this.#connections.keys()) this.#end(id);
  }

  #end(id: string): void {
    this.#connections.get(id)?.stream.end();
    this.#close(id);
  }

  #close(id: string): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#connections.delete(id);
    connection.leave();
    const { session, endpoint } = connection;
    // A stream is its session: without it nobody can hear an answer.
    if (session !== undefined) this.#server.handle(requestOf("DELETE", session), NOBODY, endpoint);
  }

  /** Where the answer to a POST goes. */
  #replyTo(id: string, connection: Connection): HttpReply {
    const { stream } = connection;
    return {
      send: (_, headers, body) => {
        const session = headers["Mcp-Session-Id"];
        if (session !== undefined) this.#join(id, connection, session);
        if (body !== undefined && body.length > 0) stream.write(encodeSseEvent(body));
      },
      // Events already, for the same reader; a call's end is not the stream's.
      stream: () => ({
        write: (chunk) => stream.write(chunk),
        end: (chunk) => chunk !== undefined && stream.write(chunk),
      }),
      onGone: () => undefined,
    };
  }

  /** Has what the session is told outside of calls come over the stream. */
  #join(id: string, connection: Connection, session: string): void {
    if (connection.session !== undefined || !this.#connections.has(id)) return;
    connection.session = session;
    const { stream, endpoint } = connection;
    const reply: HttpReply = {
      send: () => undefined,
      stream: () => ({ write: (chunk) => stream.write(chunk), end: () => this.#end(id) }),
      onGone: (listener) => {
        connection.leave = listener;
      },
    };
    this.#server.handle(requestOf("GET", session), reply, endpoint);
  }
}

const NOBODY: HttpReply = {
  send: () => undefined,
  stream: () => ({ write: () => undefined, end: () => undefined }),
  onGone: () => undefined,
};

/** A request as the streamable server knows it. */
function requestOf(method: string, session: string | undefined, outer?: HttpRequest, body?: Buffer): HttpRequest {
  const own: Readonly<Record<string, string | undefined>> = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    [Header.session]: session,
    [Header.version]: undefined,
  };
  return {
    method,
    url: "",
    header: (name) => (name in own ? own[name] : outer?.header(name)),
    headersWith: (prefix) => outer?.headersWith(prefix) ?? [],
    body: async () => body ?? Buffer.alloc(0),
  };
}
