import { ActiveList } from "../active-list.ts";
import { AnswerSink } from "../http/answer-sink.ts";
import { EventStreamSink } from "../http/event-stream-sink.ts";
import { headersOf } from "../http/link-headers.ts";
import { memberOf } from "../json/edit.ts";
import type { Answer, Envelope, PostOptions } from "../link.ts";
import { Message } from "../message.ts";
import { type CallUnderWay, relatedCall } from "../related-call.ts";
import type { SseEvent } from "../sse/sse-parser.ts";
import { UpstreamError } from "../upstream-error.ts";
import { RpcCode } from "../wire-error.ts";
import type { SseLinkOptions } from "./sse-link.ts";

/** How long an upstream may take to say where to POST, in milliseconds. */
const ENDPOINT_MS = 10_000;

interface Pending extends CallUnderWay {
  readonly id: string;
  /** Spelling of its progress token. */
  readonly token: string | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

interface Listener {
  readonly onMessage: (message: Message) => void;
  readonly onEnd: (reason: Error) => void;
}

/** One event stream of an upstream and the address it named: one session. */
export class SseChannel {
  /** Resolves when the upstream has said where to POST. @throws UpstreamError */
  readonly ready: Promise<void>;
  readonly #options: SseLinkOptions;
  readonly #headers: readonly string[];
  readonly #onClosed: () => void;
  readonly #sink: EventStreamSink;
  readonly #pending = new ActiveList<Pending>();
  readonly #listeners = new Set<Listener>();
  readonly #opening = Promise.withResolvers<void>();
  readonly #timer: NodeJS.Timeout;
  #path: string | undefined;
  #isClosed = false;

  constructor(options: SseLinkOptions, envelope: Envelope, onClosed: () => void) {
    this.#options = options;
    this.#onClosed = onClosed;
    this.#headers = Object.entries(options.headers).flat();
    this.ready = this.#opening.promise;
    this.ready.catch(() => undefined);
    this.#sink = new EventStreamSink(
      (event) => this.#onEvent(event),
      (reason) => this.#close(reason),
    );
    const { sender, url } = options;
    const headers = headersOf(["Accept", "text/event-stream", ...this.#headers], { ...envelope, session: undefined });
    this.#sink.abort = sender.send({ method: "GET", path: url.pathname + url.search, headers, body: null }, this.#sink);
    this.#timer = setTimeout(
      () => this.#close(broken(`it names no endpoint within ${ENDPOINT_MS / 1000} s`)),
      ENDPOINT_MS,
    );
  }

  /** @throws UpstreamError when there is no answer */
  async post(message: Message, options: PostOptions): Promise<Answer> {
    if (this.#isClosed || this.#path === undefined) {
      throw new UpstreamError("session-lost", "its event stream ended", { sent: false });
    }
    if (!message.isRequest) return await this.#send(message, options);
    return await new Promise<Answer>((resolve, reject) => {
      const { cancellation, onMessage, owner, isQuiet } = options;
      const token = message.meta?.["progressToken"];
      const pending: Pending = {
        id: message.id as string,
        token: token === undefined ? undefined : JSON.stringify(token),
        owner,
        isQuiet,
        onMessage,
        resolve,
        reject: (error) => {
          this.#pending.remove(pending);
          reject(error);
        },
      };
      this.#pending.add(pending);
      this.#send(message, options).catch(pending.reject);
      cancellation?.onCancel((reason) => {
        pending.reject(new UpstreamError("cancelled", reason.message, { sent: true }));
      });
    });
  }

  /** Hands over what belongs to no call. */
  listen(onMessage: (message: Message) => void, onEnd: (reason: Error) => void): () => void {
    const listener = { onMessage, onEnd };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends it from here. */
  close(): void {
    this.#listeners.clear();
    this.#close(new UpstreamError("cancelled", "the session was closed", { sent: true }));
  }

  /** The answer to a POST says only that it was taken; what it came to comes over the stream. */
  #send(message: Message, envelope: Envelope): Promise<Answer> {
    const sink = new AnswerSink(undefined, () => undefined, true);
    const own = ["Content-Type", "application/json", "Accept", "application/json, text/event-stream", ...this.#headers];
    const headers = headersOf(own, { ...envelope, session: undefined });
    const request = { method: "POST", path: this.#path as string, headers, body: message.bytes } as const;
    sink.abort = this.#options.sender.send(request, sink);
    return sink.answer;
  }

  #onEvent({ event, data }: SseEvent): void {
    if (event === "endpoint") return this.#onEndpoint(data.toString().trim());
    if (event !== "message" || data.length === 0) return;
    this.#take(Message.parse(data));
  }

  #onEndpoint(text: string): void {
    const { url } = this.#options;
    const endpoint = URL.parse(text, url);
    if (endpoint === null) return this.#close(broken(`its endpoint ${JSON.stringify(text)} is no address`));
    if (endpoint.origin !== url.origin) {
      // It would be sent our credentials.
      return this.#close(broken(`its endpoint is at another origin, ${endpoint.origin}`));
    }
    clearTimeout(this.#timer);
    this.#path = endpoint.pathname + endpoint.search;
    this.#opening.resolve();
  }

  #take(message: Message): void {
    if (message.isResponse) {
      const pending = [...this.#pending].find(({ id }) => message.hasId(id));
      // A late answer to a call that was given up has nobody waiting.
      if (pending === undefined) return;
      this.#pending.remove(pending);
      return pending.resolve({ response: message, status: 200, session: undefined });
    }
    if (message.method === "ping" && message.isRequest) return this.#answer(Message.result(message.id as string, "{}"));
    const related = this.#related(message);
    if (related !== undefined) return related.onMessage?.(message);
    for (const { onMessage } of this.#listeners) onMessage(message);
    if (message.isRequest && this.#listeners.size === 0) {
      const text = `${message.method} is declined: no call is under way that it can belong to`;
      this.#answer(Message.error(message.id, { code: RpcCode.methodNotFound, message: text }));
    }
  }

  #answer(response: Message): void {
    // The stream tells where the upstream is gone.
    this.#send(response, { headers: [] }).catch(() => undefined);
  }

  /** The call a message belongs to: the one of its progress token, else one of the one downstream that has some under way. */
  #related(message: Message): Pending | undefined {
    if (message.method === "notifications/progress") {
      const token = message.paramsBytes && memberOf(message.paramsBytes, "progressToken")?.toString();
      return [...this.#pending].find((pending) => pending.token === token);
    }
    return /_changed$|\/updated$/.test(message.method) ? undefined : relatedCall(this.#pending);
  }

  #close(reason: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#sink.abort();
    this.#onClosed();
    const isOurs = reason instanceof UpstreamError;
    const error = isOurs
      ? reason
      : new UpstreamError("crashed", `its event stream broke (${reason.message})`, { sent: true });
    this.#opening.reject(isOurs ? reason : unreachable(reason));
    for (const pending of this.#pending) pending.reject(error);
    for (const { onEnd } of this.#listeners) onEnd(reason);
    this.#listeners.clear();
  }
}

function broken(message: string): UpstreamError {
  return new UpstreamError("protocol", message, { sent: false });
}

function unreachable(reason: Error): UpstreamError {
  const { code } = reason as { code?: unknown };
  const why = typeof code === "string" ? code : reason.message;
  return new UpstreamError("unavailable", `it cannot be reached (${why})`, { sent: false, cause: reason });
}
