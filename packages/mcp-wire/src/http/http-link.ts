import type { Answer, Envelope, Link, PostOptions } from "../link.ts";
import { Message } from "../message.ts";
import { UpstreamError } from "../upstream-error.ts";
import { AnswerSink, Redirect } from "./answer-sink.ts";
import { EventStreamSink } from "./event-stream-sink.ts";
import type { HttpSender, SendSink } from "../senders/http-sender.ts";
import { headersOf } from "./link-headers.ts";

export interface HttpLinkOptions {
  readonly sender: HttpSender;
  /** Address of the MCP endpoint. */
  readonly url: URL;
  /** Headers of the configuration (credentials, Host), sent with every request as they are. */
  readonly headers: Readonly<Record<string, string>>;
}

const MAX_REDIRECTS = 3;
const ignore = (): void => undefined;

/** Streamable HTTP toward one upstream. */
export class HttpLink implements Link {
  readonly isShared = false;
  readonly #sender: HttpSender;
  readonly #url: URL;
  readonly #postHeaders: readonly string[];
  readonly #getHeaders: readonly string[];
  #path: string;

  constructor({ sender, url, headers }: HttpLinkOptions) {
    this.#sender = sender;
    this.#url = url;
    this.#path = url.pathname + url.search;
    const own = Object.entries(headers).flat();
    this.#postHeaders = ["Content-Type", "application/json", "Accept", "application/json, text/event-stream", ...own];
    this.#getHeaders = ["Accept", "text/event-stream", ...own];
  }

  /**
   * Posts one message and takes the answer to it. Same-origin redirects 307 and 308 are followed with method and body
   * (RFC 9110 §15.4.8, §15.4.9), as servers give them that want a slash at the end of their path.
   *
   * @throws UpstreamError when there is no answer
   */
  async post(message: Message, options: PostOptions): Promise<Answer> {
    for (let redirects = 0; ; redirects++) {
      try {
        return await this.#post(message, options);
      } catch (error) {
        if (!(error instanceof Redirect)) throw error;
        this.#follow(error.location, redirects);
      }
    }
  }

  #post(message: Message, options: PostOptions): Promise<Answer> {
    const id = message.isRequest ? message.id : undefined;
    const sink = new AnswerSink(id, options.onMessage ?? ignore, options.session !== undefined, options.large);
    const headers = headersOf(this.#postHeaders, options);
    if (options.requestId !== undefined && !isPassed("x-request-id", options)) {
      headers.push("X-Request-Id", options.requestId);
    }
    const path = this.#path;
    sink.abort = this.#sender.send({ method: "POST", path, headers, body: message.bytes }, sink);
    if (options.session !== undefined) sink.resume = this.#resuming(sink, path, options);
    options.cancellation?.onCancel((reason) => {
      sink.fail(new UpstreamError("cancelled", reason.message, { sent: true }));
    });
    return sink.answer;
  }

  /** How to go on with an event stream that ended (2025-11-25 basic/transports, "Resumability"). */
  #resuming(sink: AnswerSink, path: string, envelope: Envelope): (lastEventId: string) => void {
    return (lastEventId) => {
      const headers = [...headersOf(this.#getHeaders, envelope), "Last-Event-ID", lastEventId];
      sink.abort = this.#sender.send({ method: "GET", path, headers, body: null }, sink);
    };
  }

  #follow(location: string, redirects: number): void {
    const target = URL.canParse(location, this.#url.href) ? new URL(location, this.#url) : undefined;
    if (target === undefined) throw misdirected(`it redirects to ${JSON.stringify(location)}, which is no address`);
    if (target.origin !== this.#url.origin) {
      throw misdirected(`it redirects to another origin, ${target.origin}; put that into its url if it is right`);
    }
    if (redirects >= MAX_REDIRECTS) throw misdirected(`it redirects more than ${MAX_REDIRECTS} times`);
    this.#path = target.pathname + target.search;
  }

  /** An event stream: the answer to a POST, or to a GET. */
  stream(
    body: Message | null,
    envelope: Envelope,
    onMessage: (message: Message) => void,
    onEnd: (reason: Error) => void,
  ): () => void {
    const sink = new EventStreamSink(({ data }) => {
      if (data.length > 0) onMessage(Message.parse(data));
    }, onEnd);
    const method = body === null ? "GET" : "POST";
    const own = body === null ? this.#getHeaders : this.#postHeaders;
    const headers = headersOf(own, envelope);
    const request = { method, path: this.#path, headers, body: body?.bytes ?? null } as const;
    return (sink.abort = this.#sender.send(request, sink));
  }

  /** Whatever the upstream answers is fine. */
  endSession(envelope: Envelope): void {
    const sink: SendSink = { onHead: ignore, onData: ignore, onEnd: ignore, onError: ignore };
    const headers = headersOf(this.#getHeaders, envelope);
    this.#sender.send({ method: "DELETE", path: this.#path, headers, body: null }, sink);
  }
}

function isPassed(name: string, { passedHeaders }: Envelope): boolean {
  return passedHeaders?.some((one, index) => index % 2 === 0 && one.toLowerCase() === name) === true;
}

function misdirected(message: string): UpstreamError {
  return new UpstreamError("protocol", message, { sent: false });
}
