import { Cancellation } from "../cancellation.ts";
import { type Era, Header, MetaKey } from "../eras.ts";
import type { ExchangeContext } from "../exchange.ts";
import { memberOf } from "../json/edit.ts";
import { Message } from "../message.ts";
import { cannotAsk, type ClientDescription, type Session } from "../sessions.ts";
import { encodeSseEvent, SSE_COMMENT } from "../sse/sse-encoder.ts";
import type { WireError } from "../wire-error.ts";
import type { HttpReply, HttpRequest, HttpStream } from "./http-exchange.ts";
import type { LargeAnswer } from "./large-answer.ts";

const JSON_HEADERS = { "Content-Type": "application/json" } as const;
export const SSE_HEADERS = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-cache, no-transform",
  "X-Accel-Buffering": "no",
} as const;
const SPACE = Buffer.from(" ");
const SSE_DATA = Buffer.from("event: message\ndata: ");
const SSE_END = Buffer.from("\n\n");

/** JSON has line ends between its tokens only, where a space says the same. */
function onOneLine(chunk: Buffer): Buffer {
  if (!chunk.includes(0x0a) && !chunk.includes(0x0d)) return chunk;
  return Buffer.from(chunk).map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)) as Buffer;
}

interface Options {
  readonly era: Era;
  readonly version: string;
  readonly session: Session | undefined;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
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
  /** Requests of the server's that wait for the client's answer, by the spelling of the id the server gave them. */
  #asked: Set<{ readonly id: string; giveUp(reason: string, tell?: boolean): void }> | undefined;

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
    const message = this.#message;
    return {
      get clientInfo() {
        return message?.meta?.[MetaKey.clientInfo];
      },
      capabilities: message?.capabilities ?? {},
    };
  }

  notify(message: Message): void {
    if (this.#done || (message.method === "notifications/cancelled" && this.#withdraw(message))) return;
    if (!this.#openSse()) return;
    this.#write(encodeSseEvent(message.bytes));
  }

  /** The answer as it comes in, of which nothing is held: plain JSON, or the last event of a stream that has begun. */
  large = (): LargeAnswer | undefined => {
    if (this.#done || this.#message === undefined) return undefined;
    if (this.#stream === undefined) this.#openJson();
    const stream = this.#stream;
    const flow = stream?.flow;
    if (stream === undefined || flow === undefined) return undefined;
    this.#done = true;
    for (const { giveUp } of this.#asked ?? []) giveUp("the call is over");
    if (this.#isSse) flow.write(SSE_DATA);
    const isSse = this.#isSse;
    return {
      write: (chunk) => flow.write(isSse ? onOneLine(chunk) : chunk),
      get isFull() {
        return flow.isFull;
      },
      get isGone() {
        return flow.isGone;
      },
      onDrain: (listener) => flow.onDrain(listener),
      end: () => stream.end(isSse ? SSE_END : undefined),
      fail: () => flow.destroy(),
    };
  };

  /** Takes a question back that the server no longer wants answered; true where it is one of this exchange. */
  #withdraw(message: Message): boolean {
    const id = message.paramsBytes && memberOf(message.paramsBytes, "requestId")?.toString();
    const found = [...(this.#asked ?? [])].find((asked) => asked.id === id);
    found?.giveUp("the server took it back", true);
    return found !== undefined;
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
    if (this.session === undefined) return Promise.reject(cannotAsk(message, "it has no session"));
    if (!this.#openSse()) return Promise.reject(cannotAsk(message, "it does not accept text/event-stream"));
    const asked = this.session.ask(message, (request) => this.#write(encodeSseEvent(request.bytes)));
    const entry = { id: message.id as string, giveUp: asked.giveUp };
    (this.#asked ??= new Set()).add(entry);
    cancellation.onCancel((reason) => asked.giveUp(reason.message, true));
    return asked.answer.finally(() => this.#asked?.delete(entry));
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
    for (const { giveUp } of this.#asked ?? []) giveUp("the call is over");
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
