import {
  Cancellation,
  endWithSession,
  type Exchange,
  type ExchangeContext,
  type ListKind,
  type Message,
  type Session,
  UpstreamError,
} from "@shardgate/mcp-wire";
import type { Checkup, ReadLists, Upstream, UpstreamDeps, UpstreamDetails, UpstreamProfile } from "../upstream.ts";
import type { ProgramHost } from "./program-host.ts";
import { type StdioOptions, StdioUpstream } from "./stdio-upstream.ts";

export interface PerSessionLimits {
  /** Most sessions that have a process of their own at once. */
  readonly max: number;
  /** A process that nobody calls for so long is ended, in milliseconds. */
  readonly idle: number;
}

/** A look at a process of a session may take this long, in milliseconds. */
const LOOK_MS = 3_000;
/** Looks in a row without an answer after which it is ended. */
const MAX_SILENT_LOOKS = 2;

/** The process of one session. */
interface Own {
  readonly upstream: StdioUpstream;
  readonly ready: Promise<unknown>;
  readonly detach: () => void;
  /** Calls that it works on, or that wait for its start. */
  active: number;
  silentLooks: number;
  /** When it was called last, on a monotonic clock in milliseconds. */
  usedAt: number;
  idling: NodeJS.Timeout | undefined;
}

/**
 * A program of which each downstream session has a process of its own: what it keeps in memory is that client's alone. The
 * process begins with the session's first request and ends with the session. Beside them runs one that says what it
 * lists and how it is, and serves all who have no session.
 */
export class PerSessionUpstream implements Upstream {
  readonly #options: StdioOptions;
  readonly #limits: PerSessionLimits;
  readonly #host: ProgramHost;
  readonly #deps: UpstreamDeps;
  readonly #shared: StdioUpstream;
  readonly #own = new Map<object, Own>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: StdioOptions, limits: PerSessionLimits, host: ProgramHost, deps: UpstreamDeps) {
    this.#options = options;
    this.#limits = limits;
    this.#host = host;
    this.#deps = deps;
    this.#shared = new StdioUpstream(options, host, deps);
  }

  recall(): Promise<UpstreamProfile | undefined> {
    return this.#shared.recall();
  }

  connect(cancellation: Cancellation): Promise<UpstreamProfile> {
    return this.#shared.connect(cancellation);
  }

  async check(cancellation: Cancellation): Promise<Checkup> {
    for (const [session, own] of this.#own) void this.#look(session, own);
    return await this.#shared.check(cancellation);
  }

  readLists(cancellation: Cancellation): Promise<ReadLists> {
    return this.#shared.readLists(cancellation);
  }

  exchange: Exchange = (message, context) => {
    const { session } = context;
    // A level is told to a process when there is one, so that clients who call nothing cost nothing here.
    const isForAll = session === undefined || (message.method === "logging/setLevel" && !this.#own.has(session));
    return isForAll ? this.#shared.exchange(message, context) : this.#exchangeInOwn(session, message, context);
  };

  notify(message: Message, session: object | undefined): void {
    const own = session === undefined ? undefined : this.#own.get(session);
    (own?.upstream ?? this.#shared).notify(message, session);
  }

  watchResources(uris: readonly string[], onUpdated: (uri: string) => void): Promise<(() => void) | undefined> {
    return this.#shared.watchResources(uris, onUpdated);
  }

  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined {
    return this.#shared.watch(onChange, onEnd);
  }

  onEnd(listener: (reason: Error) => void): void {
    this.#shared.onEnd(listener);
  }

  details(): UpstreamDetails {
    return { ...this.#shared.details(), sessions: this.#own.size };
  }

  async close(): Promise<void> {
    for (const [session, own] of this.#own) this.#end(session, own);
    await Promise.all([this.#shared.close(), ...this.#ending]);
  }

  async #exchangeInOwn(session: Session, message: Message, context: ExchangeContext): Promise<Message> {
    const own = this.#own.get(session) ?? this.#start(session, context);
    clearTimeout(own.idling);
    own.active++;
    try {
      await own.ready;
      return await own.upstream.exchange(message, context);
    } finally {
      own.active--;
      own.usedAt = performance.now();
      if (own.active === 0 && this.#own.get(session) === own) this.#idle(session, own);
    }
  }

  /** @throws UpstreamError where no further session can have one */
  #start(session: Session, { client }: ExchangeContext): Own {
    if (this.#own.size >= this.#limits.max) this.#makeRoom();
    const upstream = new StdioUpstream(this.#options, this.#host, this.#deps, client);
    const own: Own = {
      upstream,
      ready: upstream.recall().then(() => upstream.connect(new Cancellation())),
      detach: endWithSession(session, () => this.#end(session, own)),
      active: 0,
      silentLooks: 0,
      usedAt: performance.now(),
      idling: undefined,
    };
    this.#own.set(session, own);
    // The next request starts another, where this one does not start or ends by itself.
    own.ready.catch(() => this.#end(session, own));
    upstream.onEnd(() => this.#end(session, own));
    return own;
  }

  /** Ends the process that was called longest ago, of those that nobody waits for. */
  #makeRoom(): void {
    const free = [...this.#own].filter(([, { active }]) => active === 0);
    const [oldest] = free.toSorted(([, a], [, b]) => a.usedAt - b.usedAt);
    if (oldest !== undefined) return this.#end(...oldest);
    const why = `${this.#limits.max} sessions have a process of their own, and all of them are at work`;
    throw new UpstreamError("limited", why, { sent: false });
  }

  #idle(session: object, own: Own): void {
    own.idling = setTimeout(() => this.#end(session, own), this.#limits.idle);
    own.idling.unref();
  }

  /** Ends one that does not answer, as the supervisor does with the one for all. */
  async #look(session: object, own: Own): Promise<void> {
    const limit = new Cancellation();
    const timer = setTimeout(() => limit.cancel(new Error("no answer")), LOOK_MS);
    try {
      await own.ready;
      await own.upstream.check(limit);
      own.silentLooks = 0;
    } catch {
      if (++own.silentLooks >= MAX_SILENT_LOOKS) this.#end(session, own);
    } finally {
      clearTimeout(timer);
    }
  }

  #end(session: object, own: Own): void {
    if (this.#own.get(session) !== own) return;
    this.#own.delete(session);
    clearTimeout(own.idling);
    own.detach();
    const ending = own.upstream.close().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
