import { randomUUID } from "node:crypto";
import type { HttpSender } from "../senders/http-sender.ts";
import type { Answer, Envelope, Link, PostOptions } from "../link.ts";
import type { Message } from "../message.ts";
import { UpstreamError } from "../upstream-error.ts";
import { SseChannel } from "./sse-channel.ts";

export interface SseLinkOptions {
  readonly sender: HttpSender;
  /** Address of the event stream. */
  readonly url: URL;
  /** Headers of the configuration, sent with every request as they are. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * HTTP+SSE (2024-11-05 basic/transports): a GET opens an event stream that says where to POST, and all answers come over
 * it. Such a stream is a session: `initialize` opens one, and it is lost when the stream ends.
 */
export class SseLink implements Link {
  readonly isShared = false;
  readonly #options: SseLinkOptions;
  readonly #channels = new Map<string, SseChannel>();

  constructor(options: SseLinkOptions) {
    this.#options = options;
  }

  async post(message: Message, options: PostOptions): Promise<Answer> {
    if (options.session !== undefined) return await this.#channel(options.session).post(message, options);
    const { channel, id } = await this.#open(options);
    try {
      return { ...(await channel.post(message, options)), session: id };
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  stream(
    request: Message | null,
    { session }: Envelope,
    onMessage: (message: Message) => void,
    onEnd: (reason: Error) => void,
  ): () => void {
    const channel = session === undefined ? undefined : this.#channels.get(session);
    if (request === null && channel !== undefined) return channel.listen(onMessage, onEnd);
    const error = new UpstreamError("protocol", "there is no such stream", { sent: false });
    // As every stream: what it comes to is told after it was asked for.
    queueMicrotask(() => onEnd(error));
    return () => undefined;
  }

  endSession({ session }: Envelope): void {
    if (session !== undefined) this.#channels.get(session)?.close();
  }

  #channel(id: string): SseChannel {
    const channel = this.#channels.get(id);
    if (channel !== undefined) return channel;
    throw new UpstreamError("session-lost", "its event stream ended", { sent: false });
  }

  async #open(options: PostOptions): Promise<{ channel: SseChannel; id: string }> {
    const id = randomUUID();
    const channel = new SseChannel(this.#options, options, () => this.#channels.delete(id));
    this.#channels.set(id, channel);
    options.cancellation?.onCancel(() => channel.close());
    await channel.ready;
    return { channel, id };
  }
}
