/**
 * Why an upstream gave no answer:
 * - `unavailable`: it could not be reached, or said that it cannot serve
 * - `limited`: it refuses more requests for now (HTTP 429)
 * - `crashed`: the connection broke while it worked on the request
 * - `protocol`: what came back is no answer to the request
 * - `too-large`: the answer is over its limit
 * - `session-lost`: it forgot the session, so it did not run the request
 * - `cancelled`: we stopped waiting
 */
export type UpstreamFailure =
  | "unavailable"
  | "limited"
  | "crashed"
  | "protocol"
  | "too-large"
  | "session-lost"
  | "cancelled";

/** An upstream gave no answer. Never crosses the wire as it is: the gateway turns it into an error of its own table. */
export class UpstreamError extends Error {
  readonly failure: UpstreamFailure;
  /** False where the upstream cannot have run the request. */
  readonly sent: boolean;
  /** HTTP status it answered with, where it did. */
  readonly status: number | undefined;

  constructor(failure: UpstreamFailure, message: string, options: { sent: boolean; status?: number; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "UpstreamError";
    this.failure = failure;
    this.sent = options.sent;
    this.status = options.status;
  }
}
