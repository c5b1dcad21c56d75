import { ActiveList } from "../active-list.ts";
import { classify } from "../classify.ts";
import { ASSUMED_LEGACY, BATCH_VERSION, type Era, Header, isModernVersion, LEGACY_VERSIONS } from "../eras.ts";
import type { Endpoint, ExchangeContext } from "../exchange.ts";
import { memberOf } from "../json/edit.ts";
import { rememberLevel } from "../log-level.ts";
import { Message } from "../message.ts";
import { isBatch } from "../message-batch.ts";
import type { Session, SessionStore } from "../sessions.ts";
import { encodeSseEvent, SSE_COMMENT } from "../sse/sse-encoder.ts";
import { badRequest, RpcCode, WireError } from "../wire-error.ts";
import { serveBatch } from "./batch.ts";
import { discoverResult, initializeResult, readInitialize } from "./handshake.ts";
import type { HttpReply, HttpRequest, HttpStream } from "./http-exchange.ts";
import { PostExchange, SSE_HEADERS } from "./post-exchange.ts";
import { statusOf } from "./response-status.ts";
import { listChangedNotification, subscribe } from "./subscription.ts";

export interface StreamableServerOptions {
  readonly sessions: SessionStore;
  /** Most bytes a request body may have. */
  readonly bodyLimit?: number;
  /** A call silent for this long gets bytes that mean nothing, in milliseconds. */
  readonly keepAliveMs?: number;
  /** Most streams (GET and `subscriptions/listen`) open at once. */
  readonly maxStreams?: number;
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
  /** Told of errors that are bugs of ours; the downstream gets `-32603` without detail. */
  readonly onBug?: (error: unknown) => void;
}

const JSON_TYPE = { "Content-Type": "application/json" } as const;

/**
 * Streamable HTTP toward downstreams, both eras on one path (2025-11-25 and 2026-07-28 basic/transports). It does what
 * is protocol: framing, eras, handshakes, sessions, batches, streams, cancellation; everything else is the endpoint's.
 */
export class StreamableServer {
  readonly #sessions: SessionStore;
  readonly #bodyLimit: number;
  readonly #keepAliveMs: number;
  readonly #maxStreams: number;
  readonly #now: () => number;
  readonly #onBug: (error: unknown) => void;
  readonly #exchanges = new ActiveList<PostExchange>();
  readonly #streams = new Map<HttpStream, { readonly endpoint: Endpoint; readonly end: () => void }>();
  #isDraining = false;

  constructor(options: StreamableServerOptions) {
    this.#sessions = options.sessions;
    this.#bodyLimit = options.bodyLimit ?? 4 * 1024 * 1024;
    this.#keepAliveMs = options.keepAliveMs ?? 15_000;
    this.#maxStreams = options.maxStreams ?? 1024;
    this.#now = options.now ?? (() => performance.now());
    this.#onBug = options.onBug ?? (() => undefined);
  }

  /** Calls under way. */
  get active(): number {
    return this.#exchanges.size;
  }

  /** Serves one request at the address of `endpoint`; every outcome, also an error, goes to `reply`. */
  handle(request: HttpRequest, reply: HttpReply, endpoint: Endpoint): void {
    const served =
      request.method === "POST" ? this.#post(request, reply, endpoint) : this.#route(request, reply, endpoint);
    served.catch((error: unknown) => this.refuse(reply, error));
  }

  /** To be called every few seconds: keeps silent calls and streams alive and drops idle sessions. */
  tick(): void {
    const due = this.#now() - this.#keepAliveMs;
    for (const exchange of this.#exchanges) if (exchange.lastSent <= due) exchange.keepAlive();
    for (const stream of this.#streams.keys()) stream.write(SSE_COMMENT);
    this.#sessions.sweep();
  }

  /** Ends all streams, which a drain would otherwise wait for, and opens no more; calls under way go on. */
  closeStreams(): void {
    this.#isDraining = true;
    for (const { end } of this.#streams.values()) end();
  }

  /** Ends the sessions and streams at an endpoint that is there no longer; calls under way go on. */
  leave(endpoint: Endpoint): void {
    this.#sessions.closeAll(endpoint);
    for (const stream of this.#streams.values()) if (stream.endpoint === endpoint) stream.end();
  }

  /** Answers the calls under way with an error, and tells whoever works on them. */
  abort(error: WireError): void {
    for (const exchange of this.#exchanges) exchange.abort(error);
  }

  /** What is no POST: a session's stream, and its end. */
  async #route(request: HttpRequest, reply: HttpReply, endpoint: Endpoint): Promise<void> {
    const id = request.header(Header.session);
    if (id === undefined || (request.method !== "GET" && request.method !== "DELETE")) {
      throw new WireError(RpcCode.invalidRequest, `Method ${request.method} is not served here; use POST`, {
        status: 405,
      });
    }
    const session = this.#session(id, endpoint);
    if (request.method === "GET") return this.#openSessionStream(request, reply, session, endpoint);
    this.#sessions.close(session);
    reply.send(204, {});
  }

  async #post(request: HttpRequest, reply: HttpReply, endpoint: Endpoint): Promise<void> {
    const type = request.header("content-type");
    if (type === undefined || !(type === "application/json" || /^application\/json\s*(;|$)/i.test(type))) {
      throw new WireError(RpcCode.invalidRequest, "The Content-Type must be application/json", { status: 415 });
    }
    const body = await request.body(this.#bodyLimit);
    if (isBatch(body)) return this.#postBatch(request, reply, endpoint, body);
    const message = Message.parse(body);
    try {
      const { era, version } = classify(message, request);
      if (era === "modern") {
        const exchange = new PostExchange(request, reply, message, this.#options(era, version as string));
        await this.#serve(message, exchange, endpoint, reply);
      } else if (message.method === "initialize" && message.isRequest) this.#initialize(message, reply, endpoint);
      else {
        const session = this.#legacySession(request, endpoint);
        const options = this.#options(era, session?.version ?? version ?? ASSUMED_LEGACY, session);
        await this.#serve(message, new PostExchange(request, reply, message, options), endpoint, reply);
      }
    } catch (error) {
      this.refuse(reply, error, message.id);
    }
  }

  async #postBatch(request: HttpRequest, reply: HttpReply, endpoint: Endpoint, body: Buffer): Promise<void> {
    const named = request.header(Header.version) ?? ASSUMED_LEGACY;
    const session = isModernVersion(named) ? undefined : this.#legacySession(request, endpoint);
    const version = session?.version ?? named;
    if (version !== BATCH_VERSION) {
      throw badRequest(
        RpcCode.invalidRequest,
        `Invalid request: protocol version ${version} has no batches; send one message per POST`,
      );
    }
    const exchange = new PostExchange(request, reply, undefined, this.#options("legacy", version, session));
    this.#exchanges.add(exchange);
    try {
      await serveBatch(body, exchange, async (message, context) => {
        try {
          return await this.#answer(message, context, endpoint);
        } catch (error) {
          return this.#errorResponse(error, message.id);
        }
      });
    } finally {
      this.#exchanges.remove(exchange);
    }
  }

  /** Serves one message that came alone and answers it. */
  async #serve(message: Message, exchange: PostExchange, endpoint: Endpoint, reply: HttpReply): Promise<void> {
    if (exchange.era === "modern" && message.method === "subscriptions/listen" && message.isRequest) {
      return this.#listen(message, reply, endpoint);
    }
    this.#exchanges.add(exchange);
    // Closing the response is how a modern client cancels; in the legacy era it means nothing (basic/transports of each).
    if (exchange.era === "modern") {
      reply.onGone(() => exchange.cancellation.cancel(new Error("the client closed the connection")));
    }
    try {
      const response = await this.#answer(message, exchange, endpoint);
      if (response === undefined) exchange.end();
      else exchange.complete(response.bytes, statusOf(response, exchange.era));
    } catch (error) {
      const response = this.#errorResponse(error, message.id);
      const chosen = error instanceof WireError ? error.status : 500;
      exchange.complete(response.bytes, statusOf(response, exchange.era, chosen));
    } finally {
      this.#exchanges.remove(exchange);
    }
  }

  /** The response to a request; undefined for what has none. Not async: most of it is somebody else's promise. */
  #answer(message: Message, context: ExchangeContext, endpoint: Endpoint): Promise<Message> | Message | undefined {
    if (!message.isRequest) {
      this.#take(message, context, endpoint);
      return undefined;
    }
    const id = message.id as string;
    if (context.era === "modern") {
      if (message.method === "server/discover") return Message.result(id, discoverResult(endpoint.describe()));
      return endpoint.exchange(message, context);
    }
    if (message.method === "ping") return Message.result(id, "{}");
    if (message.method === "logging/setLevel") rememberLevel(message, context.session);
    const { session, cancellation } = context;
    if (session === undefined) return endpoint.exchange(message, context);
    const call = { id, cancellation, ask: (request: Message) => context.request(request) };
    return session.during(call, endpoint.exchange(message, context));
  }

  /** Takes a notification or a response of the downstream. */
  #take(message: Message, context: ExchangeContext, endpoint: Endpoint): void {
    const session = context.session;
    if (message.isResponse) session?.answered(message);
    else if (message.method === "notifications/cancelled") {
      const { reason } = message.params;
      const text = typeof reason === "string" ? `: ${reason}` : "";
      // As it is spelled: a number of many digits would come out of JSON.parse as another one.
      const requestId = message.paramsBytes && memberOf(message.paramsBytes, "requestId")?.toString();
      for (const call of session?.calls ?? []) {
        if (call.id === requestId) call.cancellation.cancel(new Error(`the client cancelled the call${text}`));
      }
    } else if (message.method !== "notifications/initialized") endpoint.notify(message, context);
  }

  #initialize(message: Message, reply: HttpReply, endpoint: Endpoint): void {
    const { version, client } = readInitialize(message);
    const session = this.#sessions.open(endpoint, version, client);
    const result = Message.result(message.id as string, initializeResult(version, endpoint.describe()));
    reply.send(200, { ...JSON_TYPE, "Mcp-Session-Id": session.id }, result.bytes);
  }

  #listen(message: Message, reply: HttpReply, endpoint: Endpoint): void {
    this.#checkStreams();
    const { stream, end } = subscribe(message, endpoint, () => reply.stream(200, SSE_HEADERS));
    this.#keepStream(stream, reply, endpoint, end);
  }

  #openSessionStream(request: HttpRequest, reply: HttpReply, session: Session, endpoint: Endpoint): void {
    if (!/text\/event-stream|\*\/\*/.test(request.header("accept") ?? "")) {
      throw new WireError(RpcCode.invalidRequest, "A GET needs Accept: text/event-stream", { status: 406 });
    }
    // A client that lost its stream without our noticing comes back: the new one replaces the old.
    session.stream?.end();
    this.#checkStreams();
    const stream = reply.stream(200, SSE_HEADERS);
    const stop = endpoint.onListChanged((list) => {
      stream.write(encodeSseEvent(listChangedNotification(list).bytes));
    });
    const finish = this.#keepStream(stream, reply, endpoint, () => {
      stop();
      session.stream = undefined;
      stream.end();
    });
    session.stream = { write: (chunk) => stream.write(chunk), end: finish };
  }

  /** Keeps a stream until the client leaves or the function it returns is called; `end` runs once, either way. */
  #keepStream(stream: HttpStream, reply: HttpReply, endpoint: Endpoint, end: () => void): () => void {
    const finish = (): void => {
      if (this.#streams.delete(stream)) end();
    };
    this.#streams.set(stream, { endpoint, end: finish });
    stream.write(SSE_COMMENT);
    reply.onGone(finish);
    return finish;
  }

  #checkStreams(): void {
    if (this.#isDraining) throw new WireError(-31014, "Shutting down; connect again soon", { status: 503 });
    if (this.#streams.size < this.#maxStreams) return;
    throw new WireError(-31013, `${this.#maxStreams} streams are open; close one first`, { status: 503 });
  }

  #legacySession(request: HttpRequest, endpoint: Endpoint): Session | undefined {
    const version = request.header(Header.version);
    if (version !== undefined && !(LEGACY_VERSIONS as readonly string[]).includes(version)) {
      const supported = LEGACY_VERSIONS.join(", ");
      throw badRequest(
        RpcCode.invalidRequest,
        `Unsupported MCP-Protocol-Version ${version}; spoken here: ${supported}`,
      );
    }
    const id = request.header(Header.session);
    return id === undefined ? undefined : this.#session(id, endpoint);
  }

  #session(id: string, endpoint: Endpoint): Session {
    const session = this.#sessions.use(id, endpoint);
    if (session !== undefined) return session;
    throw new WireError(RpcCode.invalidRequest, "Session not found; initialize again", { status: 404 });
  }

  #options(era: Era, version: string, session?: Session) {
    return { era, version, session, now: this.#now };
  }

  /** Answers with an error; `id` is the spelling of the request's id, where it could be read. */
  refuse(reply: HttpReply, error: unknown, id?: string): void {
    const status = error instanceof WireError ? error.status : 500;
    const headers = status === 405 ? { ...JSON_TYPE, Allow: "POST, GET, DELETE" } : JSON_TYPE;
    reply.send(status, headers, this.#errorResponse(error, id).bytes);
  }

  #errorResponse(error: unknown, id: string | undefined): Message {
    if (error instanceof WireError) return Message.error(id, error);
    this.#onBug(error);
    return Message.error(id, { code: RpcCode.internalError, message: "Internal error" });
  }
}
