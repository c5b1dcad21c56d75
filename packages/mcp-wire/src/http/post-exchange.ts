import { Cancellation } from "../cancellation.ts";
import { type Era, Header, MetaKey } from "../eras.ts";
import type { ExchangeContext } from "../exchange.ts";
import { Message } from "../message.ts";
import type { ClientDescription, Session } from "../sessions.ts";
import { encodeSseEvent, SSE_COMMENT } from "../sse/sse-encoder.ts";
import { RpcCode, WireError } from "../wire-error.ts";
import type { HttpReply, HttpRequest, HttpStream } from "./http-exchange.ts";

const JSON_HEADERS = { "Content-Type": "application/json" } as const;
export const SSE_HEADERS = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-cache, no-transform",
  "X-Accel-Buffering": "no",
} as const;
const SPACE = Buffer.from(" ");

/** A request of ours to the downstream is given up after this long, in milliseconds: a person may have to answer it. */
const ASK_TIMEOUT_MS = 10 * 60_000;

interface Options {
  readonly era: Era;
  readonly version: string;
  readonly session: Session | undefined;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
  /** Names the next request of ours to this downstream. */
  readonly nextId: () => string;
}

/**
 * One POST of a downstream and its answer. The answer is plain JSON unless something has to be sent before it; then, and
 * where the client takes it, it becomes an event stream. While neither has begun, the status is still free.
 */
export class PostExchange implements ExchangeContext {
  readonly era: Era;
  readonly version: string;
  readonly session: Session | undefined;
  readonly cancellation = new Cancellation();
  /** When something was last sent or the request came in. */
  lastSent: number;
  readonly #request: HttpRequest;
  readonly #reply: HttpReply;
  readonly #message: Message | undefined;
  readonly #options: Options;
  #stream: HttpStream | undefined;
  #isSse = false;
  #done = false;
  /** How to give up each request of ours that waits for its answer. */
  #asks: Set<(reason: string) => void> | undefined;

  /** @param message the request; undefined for a batch */
  constructor(request: HttpRequest, reply: HttpReply, message: Message | undefined, options: Options) {
    this.era = options.era;
    this.version = options.version;
    this.session = options.session;
    this.lastSent = options.now();
    this.#request = request;
    this.#reply = reply;
    this.#message = message;
    this.#options = options;
  }

  get paramHeaders(): readonly string[] {
    return this.#request.headersWith(Header.paramPrefix);
  }

  get headers(): readonly string[] {
    return this.#request.headersWith("");
  }

  get client(): ClientDescription {
    if (this.session !== undefined) return this.session.client;
    const meta = this.#message?.meta;
    const capabilities = meta?.[MetaKey.clientCapabilities];
    return {
      clientInfo: meta?.[MetaKey.clientInfo],
      capabilities: typeof capabilities === "object" && capabilities !== null ? { ...capabilities } : {},
    };
  }

  notify(message: Message): void {
    if (this.#done || !this.#openSse()) return;
    this.#write(encodeSseEvent(message.bytes));
  }

  request(message: Message): Promise<Message> {
    return this.#ask(message, this.cancellation);
  }

  /** This exchange as one message of a batch sees it: cancelled by itself. */
  part(): ExchangeContext {
    const { era, version, session, client, paramHeaders, headers } = this;
    const cancellation = new Cancellation();
    const notify = (message: Message): void => this.notify(message);
    const request = (message: Message): Promise<Message> => this.#ask(message, cancellation);
    return { era, version, session, client, paramHeaders, headers, cancellation, notify, request };
  }

  #ask(message: Message, cancellation: Cancellation): Promise<Message> {
    const session = this.session;
    if (session === undefined || !this.#openSse()) {
      const why = session === undefined ? "it has no session" : "it does not accept text/event-stream";
      return Promise.reject(
        new WireError(RpcCode.internalError, `The client cannot be asked (${message.method}): ${why}`),
      );
    }
    const id = this.#options.nextId();
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    const finish = (): void => {
      clearTimeout(timer);
      session.asked.delete(id);
      this.#asks?.delete(fail);
    };
    const fail = (reason: string): void => {
      finish();
      reject(new WireError(RpcCode.internalError, `The client did not answer ${message.method}: ${reason}`));
    };
    const timer = setTimeout(() => fail("no answer in 10 minutes"), ASK_TIMEOUT_MS);
    cancellation.onCancel((reason) => fail(reason.message));
    (this.#asks ??= new Set()).add(fail);
    session.asked.set(id, (response) => {
      finish();
      resolve(response.withId(message.id as string));
    });
    this.#write(encodeSseEvent(message.withId(id).bytes));
    return promise;
  }

  /** Sends one response of a batch ahead of the others, where the answer is a stream already. */
  sendEarly(response: Message): boolean {
    if (!this.#isSse) return false;
    this.notify(response);
    return true;
  }

  /** Ends the exchange with the response, or with the array of a batch's responses. */
  complete(body: Buffer, status: number, headers: Readonly<Record<string, string>> = JSON_HEADERS): void {
    if (!this.#finish()) return;
    if (this.#stream === undefined) this.#reply.send(status, headers, body);
    else this.#stream.end(this.#isSse ? encodeSseEvent(body) : body);
  }

  /** Ends a stream without a further message. */
  end(): void {
    if (!this.#finish()) return;
    if (this.#stream === undefined) this.#reply.send(202, {});
    else this.#stream.end();
  }

  /** Ends the exchange with an error of ours; who works on it learns that nobody waits any more. */
  abort(error: WireError): void {
    this.complete(Message.error(this.#message?.id, error).bytes, error.status);
    this.cancellation.cancel(error);
  }

  /** False where the exchange was over already. */
  #finish(): boolean {
    if (this.#done) return false;
    this.#done = true;
    for (const giveUp of this.#asks ?? []) giveUp("the call is over");
    return true;
  }

  /**
   * Sends bytes that mean nothing (an SSE comment, or white space before the JSON), so that no client and no proxy on the
   * way takes the silence for death.
   */
  keepAlive(): void {
    if (this.#done) return;
    if (this.#stream === undefined && !(this.#mayStream && this.#openSse())) this.#openJson();
    this.#write(this.#isSse ? SSE_COMMENT : SPACE);
  }

  /** True where more than the response may have to be sent, so that plain JSON would lose it. */
  get #mayStream(): boolean {
    if (this.#message === undefined || !this.#acceptsSse) return false;
    const asks = Object.keys(this.client.capabilities).length > 0 && this.session !== undefined;
    const meta = this.#message.meta;
    return asks || meta?.["progressToken"] !== undefined || meta?.[MetaKey.logLevel] !== undefined;
  }

  get #acceptsSse(): boolean {
    return /text\/event-stream|\*\/\*|text\/\*/.test(this.#request.header("accept") ?? "");
  }

  #openSse(): boolean {
    if (this.#stream === undefined && this.#acceptsSse) {
      this.#isSse = true;
      this.#stream = this.#reply.stream(200, SSE_HEADERS);
    }
    return this.#isSse;
  }

  #openJson(): void {
    this.#stream ??= this.#reply.stream(200, JSON_HEADERS);
  }

  #write(chunk: Buffer): void {
    this.lastSent = this.#options.now();
    this.#stream?.write(chunk);
  }
}
