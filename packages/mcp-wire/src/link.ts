import type { Cancellation } from "./cancellation.ts";
import type { LargeAnswer } from "./http/large-answer.ts";
import type { Message } from "./message.ts";

/** What a message sent upstream came to. */
export interface Answer {
  /** Undefined where the upstream took what has no response. */
  readonly response: Message | undefined;
  /** HTTP status; 200 where the link is no HTTP. */
  readonly status: number;
  /** Session that the upstream opened with this answer; undefined where it gave none. */
  readonly session: string | undefined;
}

/** What goes with a message besides its bytes. */
export interface Envelope {
  /** What streamable HTTP says in headers, name and value in turn; a link without headers leaves them out. */
  readonly headers: readonly string[];
  /** Headers of a downstream's that go along; each takes the place of a configured one of its name. */
  readonly passedHeaders?: readonly string[] | undefined;
  /** The upstream's session it belongs to, as {@link Answer.session} gave it. */
  readonly session?: string | undefined;
}

export interface PostOptions extends Envelope {
  /** Names the call in logs on both sides, as `X-Request-Id`. */
  readonly requestId?: string | undefined;
  readonly cancellation?: Cancellation | undefined;
  /** Downstream session the message comes from, where it has one: what a shared link cannot tell by itself. */
  readonly owner?: object | undefined;
  /** True while the client is away to answer what was asked in this call, so that what names no call belongs to another. */
  readonly isQuiet?: (() => boolean) | undefined;
  /** Takes the answer where it is too large to be held. */
  readonly large?: (() => LargeAnswer | undefined) | undefined;
  /** Takes notifications and requests that come before the response and belong to it. */
  readonly onMessage?: ((message: Message) => void) | undefined;
}

/** How messages reach one upstream and come back, below eras and the meaning of sessions. One per transport. */
export interface Link {
  /**
   * True where one connection carries the messages of all downstreams (a pipe). Such a link gives requests ids and
   * progress tokens of its own on the way and tells the upstream of a cancelled one; there is one session, ours.
   */
  readonly isShared: boolean;
  /**
   * Sends one message and takes the answer to it.
   *
   * @throws UpstreamError when there is no answer
   */
  post(message: Message, options: PostOptions): Promise<Answer>;
  /**
   * Hands over messages that belong to no call until the stream ends.
   *
   * @param request what opens the stream; null where messages come by themselves
   * @param onEnd called once, with the reason; an UpstreamError where there is no such stream
   * @returns how to end it from here, after which `onEnd` is not called
   */
  stream(
    request: Message | null,
    envelope: Envelope,
    onMessage: (message: Message) => void,
    onEnd: (reason: Error) => void,
  ): () => void;
  /** Tells the upstream that a session is over. */
  endSession(envelope: Envelope): void;
}
