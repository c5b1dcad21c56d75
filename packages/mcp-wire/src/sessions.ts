import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { ActiveList } from "./active-list.ts";
import type { Cancellation } from "./cancellation.ts";
import type { HttpStream } from "./http/http-exchange.ts";
import type { LogLevel } from "./log-level.ts";
import { Message } from "./message.ts";
import { encodeSseEvent } from "./sse/sse-encoder.ts";
import { RpcCode, WireError } from "./wire-error.ts";

/** What a downstream says of itself: in `initialize` in the legacy era, with each request in the modern one. */
export interface ClientDescription {
  readonly clientInfo: unknown;
  readonly capabilities: Record<string, unknown>;
}

/** A call under way in a session, by the spelling of its id. */
export interface SessionCall {
  readonly id: string;
  readonly cancellation: Cancellation;
  /** Asks the client on the stream of this call. */
  readonly ask?: (request: Message) => Promise<Message>;
}

/** Something that lives as long as a session, say the session an upstream gave us for it. */
export interface SessionAttachment {
  close(): void;
}

/** Calls `close` when a downstream's session ends. @returns the way to stop that, for who ended before it */
export function endWithSession(session: Session, close: () => void): () => void {
  const owner = {};
  session.attachments.set(owner, { close });
  return () => session.attachments.delete(owner);
}

/** Most requests of ours that wait for a client's answer at once, in one session. */
const MAX_ASKED = 64;

/** A request of ours is given up after this long, in milliseconds: a person may have to answer it. */
const ASK_TIMEOUT_MS = 10 * 60_000;

/** A request that was sent to a client. */
export interface Asked {
  /** The response, with the id that the request had before it got one of ours. @throws WireError when there is none */
  readonly answer: Promise<Message>;
  /** Stops waiting; `tell` says so to the client too. */
  giveUp(reason: string, tell?: boolean): void;
}

/** One 2025-era session (2025-11-25 basic/transports, "Session Management"): what the modern era does without. */
export class Session {
  /** 192 random bits; never used to tell who is asking. */
  readonly id: string = randomBytes(24).toString("base64url");
  /** What it was opened at; it counts there only. */
  readonly endpoint: object;
  /** Revision agreed in `initialize`. */
  readonly version: string;
  readonly client: ClientDescription;
  /** Calls under way, so that `notifications/cancelled` finds them. */
  readonly calls = new ActiveList<SessionCall>();
  /** What else ends with the session, by whoever opened it. */
  readonly attachments = new Map<object, SessionAttachment>();
  /** The GET stream, where the client holds one open. */
  stream: HttpStream | undefined;
  /** Level the client set for log messages; undefined where it set none. */
  logLevel: LogLevel | undefined;
  /** Requests of ours that wait for an answer, by the spelling of the id we gave them. */
  #asked: Map<string, (response: Message) => void> | undefined;
  #count = 0;

  constructor(endpoint: object, version: string, client: ClientDescription) {
    this.endpoint = endpoint;
    this.version = version;
    this.client = client;
  }

  /** How many requests of ours wait for an answer. */
  get waiting(): number {
    return this.#asked?.size ?? 0;
  }

  /** Sends what belongs to no request; lost where the client holds no stream open, as the transport has it. */
  send(message: Message): void {
    this.stream?.write(encodeSseEvent(message.bytes));
  }

  /** Asks the client on its own stream. @throws WireError when it cannot be asked or does not answer */
  request(message: Message): Promise<Message> {
    if (this.stream !== undefined) return this.ask(message, (request) => this.send(request)).answer;
    return Promise.reject(cannotAsk(message, "it holds no stream open"));
  }

  /** Asks the client by way of `send`; the request gets an id of ours, because several upstreams may choose the same. */
  ask(message: Message, send: (message: Message) => void): Asked {
    const asked = (this.#asked ??= new Map<string, (response: Message) => void>());
    if (asked.size >= MAX_ASKED) {
      return { answer: Promise.reject(cannotAsk(message, "it has not answered many others")), giveUp: () => undefined };
    }
    const id = `"shardgate-${++this.#count}"`;
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    const finish = (): boolean => {
      clearTimeout(timer);
      return asked.delete(id);
    };
    const giveUp = (reason: string, tell = false): void => {
      if (!finish()) return;
      if (tell) send(cancelled(id, reason));
      reject(new WireError(RpcCode.internalError, `The client did not answer ${message.method}: ${reason}`));
    };
    const timer = setTimeout(() => giveUp("no answer in 10 minutes", true), ASK_TIMEOUT_MS);
    timer.unref();
    asked.set(id, (response) => {
      finish();
      resolve(response.withId(message.id as string));
    });
    send(message.withId(id));
    return { answer: promise, giveUp };
  }

  /** Takes the client's answer to a request of ours; one that nobody waits for is dropped. */
  answered(response: Message): void {
    this.#asked?.get(response.id as string)?.(response);
  }

  /** Knows of a call until its answer is there, and gives that back. */
  async during(call: SessionCall, answer: Promise<Message>): Promise<Message> {
    this.calls.add(call);
    try {
      return await answer;
    } finally {
      this.calls.remove(call);
    }
  }

  /** Ends the stream, the calls under way and everything attached. */
  end(): void {
    this.stream?.end();
    for (const { cancellation } of this.calls) cancellation.cancel(new Error("the session was closed"));
    for (const attachment of this.attachments.values()) attachment.close();
    this.attachments.clear();
  }
}

export function cannotAsk({ method }: Message, why: string): WireError {
  return new WireError(RpcCode.internalError, `The client cannot be asked (${method}): ${why}`);
}

/** `notifications/cancelled` for a request whose id is spelled `id`. */
export function cancelled(id: string, reason: string): Message {
  return Message.of({ method: "notifications/cancelled" }).withParams(
    `{"requestId":${id},"reason":${JSON.stringify(reason)}}`,
  );
}

export interface SessionLimits {
  /** Most sessions kept; beyond it the one that was idle longest goes. */
  readonly max: number;
  /** A session nobody used for this long is closed, in milliseconds. */
  readonly idleMs: number;
}

export const DEFAULT_SESSION_LIMITS: SessionLimits = { max: 4096, idleMs: 30 * 60_000 };

/** The sessions of the legacy era, bounded in number and idle time. */
export class SessionStore {
  readonly #sessions: LRUCache<string, Session>;

  /** @param now monotonic clock in milliseconds */
  constructor(limits: SessionLimits = DEFAULT_SESSION_LIMITS, now: () => number = () => performance.now()) {
    this.#sessions = new LRUCache({
      max: limits.max,
      ttl: limits.idleMs,
      ttlResolution: 0,
      updateAgeOnGet: true,
      perf: { now },
      dispose: (session) => session.end(),
    });
  }

  get size(): number {
    return this.#sessions.size;
  }

  open(endpoint: object, version: string, client: ClientDescription): Session {
    const session = new Session(endpoint, version, client);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session of this id at this endpoint, which counts as used now; undefined when there is none. */
  use(id: string, endpoint: object): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.endpoint === endpoint ? session : undefined;
  }

  /** Ends a session and everything attached to it. */
  close(session: Session): void {
    this.#sessions.delete(session.id);
  }

  /** Closes what was idle too long, and keeps what is at work: a call under way or an open stream is use. */
  sweep(): void {
    // A look-up moves a session to the front, so the list must stand before the first.
    const busy = [...this.#sessions.values()].filter(({ calls, stream }) => calls.size > 0 || stream !== undefined);
    for (const session of busy) this.#sessions.get(session.id);
    this.#sessions.purgeStale();
  }

  /** Ends every session of one endpoint, or of all. */
  closeAll(endpoint?: object): void {
    const all = [...this.#sessions.values()];
    for (const session of all) {
      if (endpoint === undefined || session.endpoint === endpoint) this.close(session);
    }
  }
}
