import { randomUUID } from "node:crypto";
import type { Cancellation } from "../cancellation.ts";
import type { Link } from "../link.ts";
import { Message } from "../message.ts";
import type { ClientDescription } from "../sessions.ts";
import { UpstreamError } from "../upstream-error.ts";
import { type LegacySession, openLegacySession, type SessionPostOptions } from "./legacy-session.ts";

/** A session of our own with a legacy upstream, which serves any number of downstreams and is opened anew where it is lost. */
export class SharedSession {
  readonly #link: Link;
  readonly #client: ClientDescription;
  readonly #version: string;
  /** Unique over restarts of ours too: an upstream may still remember an id of the last run. */
  readonly #prefix = `sg-${randomUUID().slice(0, 8)}`;
  #requests = 0;
  #open: LegacySession | undefined;
  #opening: Promise<LegacySession> | undefined;

  /** @param open the session; undefined where it is to be opened when it is needed */
  constructor(link: Link, client: ClientDescription, version: string, open?: LegacySession) {
    this.#link = link;
    this.#client = client;
    this.#version = version;
    this.#open = open;
  }

  /** The session as it is now; undefined while there is none. */
  get current(): LegacySession | undefined {
    return this.#open;
  }

  /** An id for a request in it, as JSON. */
  nextId(): string {
    return JSON.stringify(`${this.#prefix}-${++this.#requests}`);
  }

  /** Calls in it; one that the upstream forgot is opened anew once, because it did not run the request. @throws UpstreamError */
  call(message: Message, options: SessionPostOptions): Promise<Message> {
    const session = this.#open;
    if (session === undefined) return this.#reopen().then((opened) => this.#callFirst(opened, message, options));
    return this.#callFirst(session, message, options);
  }

  #callFirst(session: LegacySession, message: Message, options: SessionPostOptions): Promise<Message> {
    return callIn(this.#link, session, message, options).catch(async (error: unknown) => {
      if (!(error instanceof UpstreamError) || error.failure !== "session-lost") throw error;
      const next = session === this.#open ? await this.#reopen() : this.#open;
      return callIn(this.#link, next ?? (await this.#reopen()), message, options);
    });
  }

  /** A request of our own. @throws UpstreamError */
  request(method: string, params: Record<string, unknown>, cancellation?: Cancellation): Promise<Message> {
    const message = Message.of({ id: JSON.parse(this.nextId()) as unknown, method, params });
    return this.call(message, { cancellation });
  }

  /** Sends what has no response; what a legacy upstream says to it changes nothing. */
  send(message: Message, options?: SessionPostOptions): void {
    this.#open?.post(message, options).catch(() => undefined);
  }

  /** Answers a request of the upstream's that nobody can be asked. */
  decline(request: Message): void {
    const error = { code: -32601, message: `${request.method} is not supported in this session` };
    this.send(Message.error(request.id, error));
  }

  close(): void {
    this.#open?.close();
    this.#open = undefined;
  }

  async #reopen(): Promise<LegacySession> {
    this.#opening ??= openLegacySession(this.#link, this.#client, this.#version, undefined);
    try {
      return (this.#open = await this.#opening);
    } finally {
      this.#opening = undefined;
    }
  }
}

/** Sends a request in a session, and tells the upstream where it is cancelled. @throws UpstreamError */
export async function callIn(
  link: Link,
  session: LegacySession,
  message: Message,
  options: SessionPostOptions,
): Promise<Message> {
  let isOver = false;
  options.cancellation?.onCancel((reason) => {
    if (isOver || link.isShared) return;
    // Closing a connection means nothing in this era, so the upstream has to be told.
    const params = { requestId: JSON.parse(message.id as string) as unknown, reason: reason.message };
    session.post(Message.of({ method: "notifications/cancelled", params })).catch(() => undefined);
  });
  try {
    const { response } = await session.post(message, options);
    if (response === undefined) throw new UpstreamError("protocol", "it answered 202 to a request", { sent: true });
    return response;
  } finally {
    isOver = true;
  }
}
