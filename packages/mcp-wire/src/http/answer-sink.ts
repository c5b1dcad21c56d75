import { editObject } from "../json/edit.ts";
import type { Answer } from "../link.ts";
import { Message } from "../message.ts";
import { isBatch, parseBatch } from "../message-batch.ts";
import { type LargeSink, type SseEvent, SseParser } from "../sse/sse-parser.ts";
import { UpstreamError } from "../upstream-error.ts";
import type { AnswerHead, SendSink } from "../senders/http-sender.ts";
import { type AnswerFlow, beginsResult, type LargeAnswer, LargePump } from "./large-answer.ts";

/** Most bytes of a message from an upstream. */
export const ANSWER_LIMIT = 10 * 1024 * 1024;

/** An upstream that has answered may leave its stream open this long, in milliseconds. */
const LINGER_MS = 1_000;

/** Most messages of a batch from an upstream. */
const BATCH_LIMIT = 1_000;

/** A stream that ended is asked for again after this long unless it says otherwise, in milliseconds, and this often. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
const MAX_RESUMPTIONS = 100;

/** A look at this much of a large answer says what it is. */
const START = 64 * 1024;

/** Stands for the head of an answer that has not begun. */
const NO_HEAD: AnswerHead = { status: 0, header: () => undefined };

/** A redirect to follow: same method, same body, another path. */
export class Redirect extends Error {
  readonly location: string;
  constructor(location: string) {
    super(`redirected to ${location}`);
    this.location = location;
  }
}

/**
 * Takes the answer to one POST (streamable HTTP, client side): one JSON body, or an event stream with notifications and
 * requests of the server before the response. Settles its promise exactly once.
 */
export class AnswerSink implements SendSink {
  readonly answer: Promise<Answer>;
  #resolve!: (answer: Answer) => void;
  #reject!: (error: Error) => void;
  readonly #id: string | undefined;
  readonly #onMessage: (message: Message) => void;
  readonly #hasSession: boolean;
  #head: AnswerHead = NO_HEAD;
  #chunks: Buffer[] = [];
  #size = 0;
  #sse: SseParser | undefined;
  #settled = false;
  readonly #large: (() => LargeAnswer | undefined) | undefined;
  #flow: AnswerFlow | undefined;
  #pump: LargePump | undefined;
  #lastEventId: string | undefined;
  #retryMs = RETRY_MS;
  #resumptions = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Aborts the request; set by the one who sent it. */
  abort: () => void = () => undefined;
  /** Asks for what follows an event of the stream; set by the one who sent the request, where the upstream may have kept it. */
  resume: ((lastEventId: string) => void) | undefined;

  /**
   * @param id spelling of the request's id; undefined for what has no response
   * @param onMessage takes what comes before the response
   * @param hasSession whether the request named a session, which gives a 404 its meaning
   * @param large where the answer goes when it is too large to be held
   */
  constructor(
    id: string | undefined,
    onMessage: (message: Message) => void,
    hasSession: boolean,
    large?: () => LargeAnswer | undefined,
  ) {
    this.#large = large;
    this.#id = id;
    this.#onMessage = onMessage;
    this.#hasSession = hasSession;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  onHead(head: AnswerHead, flow?: AnswerFlow): void {
    const { status } = head;
    this.#flow = flow;
    this.#head = head;
    if (this.#resumptions > 0) return this.#onResumed(head);
    if (status === 307 || status === 308) return this.fail(new Redirect(head.header("location") ?? ""));
    if (status === 404 && this.#hasSession) return this.#failAs("session-lost", "it does not know the session", false);
    const isSse = /^text\/event-stream/i.test(head.header("content-type") ?? "");
    if (this.#isOk && this.#id === undefined) {
      // Taken; some upstreams open a stream nevertheless, which would never end.
      this.#settle(undefined);
      if (isSse) this.#linger();
    } else if (this.#isOk && isSse) this.#listen();
  }

  #listen(): void {
    const onLarge = (start: Buffer): LargeSink | undefined => this.#beginLarge(start);
    this.#sse = new SseParser(ANSWER_LIMIT, (event) => this.#onEvent(event), onLarge);
  }

  /** Whatever an upstream says that does not go on with a stream, the request may have run. */
  #onResumed(head: AnswerHead): void {
    const { status } = head;
    if (status === 200 && /^text\/event-stream/i.test(head.header("content-type") ?? "")) return this.#listen();
    this.#failAs("crashed", `its event stream ended without an answer, and it does not go on with it (HTTP ${status})`);
  }

  onData(chunk: Buffer): void {
    if (this.#settled && this.#sse === undefined) return;
    try {
      if (this.#sse !== undefined) return this.#sse.push(chunk);
    } catch (error) {
      return this.#failAs("too-large", `${(error as Error).message}`);
    }
    if (this.#pump !== undefined) return this.#pump.take(chunk);
    this.#size += chunk.length;
    if (this.#size <= ANSWER_LIMIT) this.#chunks.push(chunk);
    else if (!this.#isPassedOn(chunk)) this.#failAs("too-large", `its answer is larger than ${ANSWER_LIMIT} bytes`);
  }

  /** From here on a body that is too large to be held goes downstream as it comes in; false where it cannot. */
  #isPassedOn(next: Buffer): boolean {
    const isJson = /^application\/json\s*(;|$)/i.test(this.#head.header("content-type") ?? "");
    const sink = this.#isOk && isJson ? this.#beginLarge(startOf(this.#chunks)) : undefined;
    if (sink === undefined) return false;
    for (const chunk of [...this.#chunks, next]) sink.take(chunk);
    this.#chunks = [];
    return true;
  }

  #beginLarge(start: Buffer): LargeSink | undefined {
    if (this.#id === undefined || this.#flow === undefined || !beginsResult(start, this.#id)) return undefined;
    const target = this.#large?.();
    if (target === undefined) return undefined;
    const pump = (this.#pump = new LargePump(target, this.#flow, (error) => this.fail(error)));
    return { take: (chunk) => pump.take(chunk), end: () => this.#endLarge() };
  }

  #endLarge(): void {
    if (this.#settled) return;
    this.#pump?.end();
    // Stands for what has gone downstream already.
    this.#settle(Message.result(this.#id as string, "{}"));
    if (this.#sse !== undefined) this.#linger();
  }

  onEnd(): void {
    if (this.#settled) return;
    if (this.#sse === undefined && this.#pump !== undefined) return this.#endLarge();
    if (this.#sse !== undefined) {
      if (!this.#isResumed()) this.#failAs("crashed", "its event stream ended without an answer");
      return;
    }
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    if (/^application\/json\s*(;|$)/i.test(this.#head.header("content-type") ?? "")) {
      try {
        this.#take(body);
      } catch {
        // Not settled then, which the status or the content type explains better.
      }
      if (this.#settled) return;
    }
    if (!this.#isOk) this.fail(errorOfStatus(this.#head.status));
    else
      this.#failAs(
        "protocol",
        `it answered with ${this.#head.header("content-type") ?? "no content type"} and no JSON-RPC response`,
      );
  }

  onError(error: Error, sent: boolean): void {
    if (error instanceof UpstreamError) return this.fail(error);
    if (this.#settled || (this.#sse !== undefined && this.#isResumed())) return;
    const began = sent || this.#head.status !== 0;
    const failure = began ? "crashed" : "unavailable";
    const what = began ? "the connection broke before it answered" : "it cannot be reached";
    this.fail(new UpstreamError(failure, `${what} (${reasonOf(error)})`, { sent: began, cause: error }));
  }

  /** Goes on with a stream that ended where it has a place to go on from (2025-11-25 basic/transports, "Resumability"). */
  #isResumed(): boolean {
    if (this.#lastEventId === undefined || this.resume === undefined || this.#pump !== undefined) return false;
    if (this.#resumptions++ >= MAX_RESUMPTIONS) return false;
    const id = this.#lastEventId;
    // What follows is another answer, with a head of its own.
    this.#sse = undefined;
    this.#timer = setTimeout(() => this.resume?.(id), this.#retryMs);
    return true;
  }

  fail(error: Error): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#pump?.cut();
    this.abort();
    this.#reject(error);
  }

  #onEvent({ data, id, retry }: SseEvent): void {
    if (id !== undefined) this.#lastEventId = id;
    if (retry !== undefined) this.#retryMs = Math.min(retry, MAX_RETRY_MS);
    if (this.#settled || data.length === 0) return;
    try {
      this.#take(data);
    } catch (error) {
      return this.#failAs("protocol", `an event is no JSON-RPC message: ${(error as Error).message}`);
    }
    if (this.#settled) this.#linger();
  }

  /** Takes a message, or the batch that 2025-03-26 allows in its place. A response to something else is not ours to deliver. */
  #take(bytes: Buffer): void {
    for (const message of isBatch(bytes) ? parseBatch(bytes, BATCH_LIMIT) : [Message.parse(bytes)]) {
      if (this.#settled) return;
      if (!message.isResponse) this.#onMessage(message);
      else if (this.#isOurs(message)) this.#settle(message);
    }
  }

  #linger(): void {
    setTimeout(() => this.abort(), LINGER_MS).unref();
  }

  get #isOk(): boolean {
    return this.#head.status >= 200 && this.#head.status < 300;
  }

  #isOurs(message: Message): boolean {
    if (this.#id === undefined) return false;
    // A server that could not read the request answers with the id null; over HTTP it still can only mean this one.
    return message.hasId(this.#id) || (message.isError && (message.id === undefined || message.id === "null"));
  }

  #settle(response: Message | undefined): void {
    this.#settled = true;
    const named = response && this.#named(response);
    this.#resolve({ response: named, status: this.#head.status, session: this.#head.header("mcp-session-id") });
  }

  /** The response with our id, where the upstream gave none. */
  #named(response: Message): Message {
    if (response.id !== undefined && response.id !== "null") return response;
    return Message.parse(editObject(response.bytes, { id: this.#id as string }));
  }

  #failAs(failure: UpstreamError["failure"], message: string, sent = true): void {
    const status = this.#head.status === 0 ? {} : { status: this.#head.status };
    this.fail(new UpstreamError(failure, message, { sent, ...status }));
  }
}

function startOf(chunks: readonly Buffer[]): Buffer {
  const start: Buffer[] = [];
  let size = 0;
  for (const chunk of chunks) {
    if (size >= START) break;
    start.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(start);
}

/** What an upstream means by an HTTP status that is no success. */
export function errorOfStatus(status: number): UpstreamError {
  const error = (failure: UpstreamError["failure"], message: string, sent: boolean): UpstreamError =>
    new UpstreamError(failure, message, { sent, status });
  if (status === 401 || status === 403) {
    const hint = status === 401 ? ", or put oauth: true there if it wants a person to sign in" : "";
    const message = `it refuses our credentials (HTTP ${status}); check its headers in the configuration${hint}`;
    return error("unavailable", message, false);
  }
  if (status === 429) return error("limited", "it limits our rate (HTTP 429)", false);
  if (status >= 500) return error("unavailable", `it answered with HTTP ${status}`, true);
  const hint = status === 404 || status === 405 ? "; check the path of its url" : "";
  return error("protocol", `it answered with HTTP ${status}${hint}`, true);
}

function reasonOf(error: Error): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : error.message;
}
