import { type SseEvent, SseParser } from "../sse/sse-parser.ts";
import { UpstreamError } from "../upstream-error.ts";
import { ANSWER_LIMIT } from "./answer-sink.ts";
import type { AnswerHead, SendSink } from "../senders/http-sender.ts";

/** Takes the answer to a request for an event stream. */
export class EventStreamSink implements SendSink {
  readonly #onEnd: (reason: Error) => void;
  readonly #parser: SseParser;
  #ended = false;
  /** Aborts the request; set by the one who sent it. */
  abort: () => void = () => undefined;

  /** @param onEnd called once, with the reason; an UpstreamError where it is no event stream */
  constructor(onEvent: (event: SseEvent) => void, onEnd: (reason: Error) => void) {
    this.#onEnd = onEnd;
    this.#parser = new SseParser(ANSWER_LIMIT, onEvent);
  }

  onHead(head: AnswerHead): void {
    const { status } = head;
    const type = head.header("content-type") ?? "no content type";
    if (status !== 200 || !type.startsWith("text/event-stream")) {
      this.#end(new UpstreamError("protocol", `it answered with HTTP ${status} and ${type}`, { sent: true, status }));
      this.abort();
    }
  }

  onData(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#end(error as Error);
      this.abort();
    }
  }

  onEnd(): void {
    this.#end(new Error("the stream ended"));
  }

  onError(error: Error): void {
    this.#end(error);
  }

  #end(reason: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(reason);
  }
}
