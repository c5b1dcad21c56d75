import type { AnswerFlow } from "./large-answer.ts";

/** One HTTP request to an upstream, relative to the origin the sender was made for. */
export interface SendRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query. */
  readonly path: string;
  /** Name and value in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
}

/** Takes an answer as it comes in: a head, any number of chunks, then the end; or an error at any point. */
export interface SendSink {
  /** @param flow holds up what follows; undefined where that cannot be done */
  onHead(status: number, header: (name: string) => string | undefined, flow?: AnswerFlow): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  /** @param sent false where the upstream cannot have seen anything of the request */
  onError(error: Error, sent: boolean): void;
}

/**
 * Sends HTTP requests to one origin. The seam between the wire and an HTTP library; a second implementation runs on a
 * `fetch` function, for tests without a port.
 */
export interface HttpSender {
  /** @returns how to abort it, after which the sink hears nothing more */
  send(request: SendRequest, sink: SendSink): () => void;
  /** Closes every connection; what is under way on one breaks, and its sink is told. */
  close(): Promise<void>;
}
