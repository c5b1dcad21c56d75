import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { ActiveList } from "./active-list.ts";
import type { Cancellation } from "./cancellation.ts";
import type { HttpStream } from "./http/http-exchange.ts";
import type { Message } from "./message.ts";

/** What a downstream says of itself: in `initialize` in the legacy era, with each request in the modern one. */
export interface ClientDescription {
  readonly clientInfo: unknown;
  readonly capabilities: Record<string, unknown>;
}

/** A call under way in a session, by the spelling of its id. */
export interface SessionCall {
  readonly id: string;
  readonly cancellation: Cancellation;
}

/** Something that lives as long as a session, say the session an upstream gave us for it. */
export interface SessionAttachment {
  close(): void;
}

/** One 2025-era session (2025-11-25 basic/transports, "Session Management"): what the modern era does without. */
export interface Session {
  /** 192 random bits; never used to tell who is asking. */
  readonly id: string;
  /** What it was opened at; it counts there only. */
  readonly endpoint: object;
  /** Revision agreed in `initialize`. */
  readonly version: string;
  readonly client: ClientDescription;
  /** Calls under way, so that `notifications/cancelled` finds them. */
  readonly calls: ActiveList<SessionCall>;
  /** Requests we sent downstream, by the spelling of the id we gave them. */
  readonly asked: Map<string, (response: Message) => void>;
  readonly attachments: Map<object, SessionAttachment>;
  /** The GET stream, where the client holds one open. */
  stream: HttpStream | undefined;
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
      dispose: (session) => closeSession(session),
    });
  }

  get size(): number {
    return this.#sessions.size;
  }

  open(endpoint: object, version: string, client: ClientDescription): Session {
    const session: Session = {
      id: randomBytes(24).toString("base64url"),
      endpoint,
      version,
      client,
      calls: new ActiveList(),
      asked: new Map(),
      attachments: new Map(),
      stream: undefined,
    };
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

function closeSession(session: Session): void {
  session.stream?.end();
  for (const { cancellation } of session.calls) cancellation.cancel(new Error("the session was closed"));
  for (const attachment of session.attachments.values()) attachment.close();
  session.attachments.clear();
}
