import type { ExchangeContext } from "../exchange.ts";
import type { Link } from "../link.ts";
import { Message } from "../message.ts";
import type { Session } from "../sessions.ts";
import { UpstreamError } from "../upstream-error.ts";
import { type LegacySession, openLegacySession } from "./legacy-session.ts";
import { callIn } from "./shared-session.ts";
import { changedList } from "./upstream-client.ts";

/** Most streams of sessions that one upstream holds open for us: each takes one of its connections. */
const MAX_STREAMS = 64;

interface Own {
  readonly opening: Promise<LegacySession>;
  /** Where what belongs to no request goes. */
  push: (message: Message) => void;
  stopStream: (() => void) | undefined;
}

/**
 * For each downstream session a session of its own at a legacy upstream that keeps some, opened at its first request and
 * ended with it. Its messages pass as they are, so ids, progress tokens and what the upstream remembers never mix.
 */
export class OwnSessions {
  readonly #link: Link;
  readonly #logs: boolean;
  readonly #bySession = new WeakMap<object, Own>();
  #streams = 0;

  /** @param logs whether the upstream takes a level for its log messages */
  constructor(link: Link, logs: boolean) {
    this.#link = link;
    this.#logs = logs;
  }

  /** Exchanges in the upstream session that belongs to the downstream's; one that the upstream forgot is opened anew. */
  async exchange(message: Message, context: ExchangeContext): Promise<Message> {
    const session = context.session as Session;
    // The level is remembered and set when there is a session to set it in, so that idle clients cost nothing here.
    const isLevel = message.method === "logging/setLevel" && this.#logs;
    if (isLevel && !this.#bySession.has(session)) return Message.result(message.id as string, "{}");
    const own = this.#own(session, context);
    try {
      return await this.#relay(await own.opening, own, message, context);
    } catch (error) {
      // The upstream says that it did not run the request, so once more is safe.
      if (!(error instanceof UpstreamError) || error.failure !== "session-lost") throw error;
      this.#forget(session, own);
      const next = this.#own(session, context);
      return this.#relay(await next.opening, next, message, context);
    }
  }

  /** Passes a notification on, where the downstream session has one here. */
  notify(message: Message, session: object): void {
    const own = this.#bySession.get(session);
    void own?.opening.then((open) => open.post(message)).catch(() => undefined);
  }

  #own(session: Session, context: ExchangeContext): Own {
    let own = this.#bySession.get(session);
    if (own === undefined) {
      const opened: Own = {
        opening: this.#open(session, context),
        push: (message) => session.send(message),
        stopStream: undefined,
      };
      own = opened;
      this.#bySession.set(session, opened);
      opened.opening.catch(() => this.#forget(session, opened));
      const close = (): void => {
        opened.stopStream?.();
        void opened.opening.then((open) => open.close()).catch(() => undefined);
      };
      session.attachments.set(this, { close });
    }
    return own;
  }

  async #open(session: Session, context: ExchangeContext): Promise<LegacySession> {
    const { client, version, passedHeaders } = context;
    const open = await openLegacySession(this.#link, client, version, undefined, passedHeaders);
    const { logLevel: level } = session;
    if (level !== undefined && this.#logs) {
      await open.post(Message.of({ id: "sg-level", method: "logging/setLevel", params: { level } }));
    }
    return open;
  }

  /** Of several calls that lost a session together, the first has the next one opened, which stays. */
  #forget(session: Session, own: Own): void {
    if (this.#bySession.get(session) !== own) return;
    own.stopStream?.();
    this.#bySession.delete(session);
    session.attachments.delete(this);
  }

  /** Passes the bytes on as they are, and whatever comes before the response back. */
  #relay(open: LegacySession, own: Own, message: Message, context: ExchangeContext): Promise<Message> {
    const session = context.session as Session;
    const isSubscribing = message.method === "resources/subscribe";
    if (isSubscribing && context.push !== undefined) own.push = context.push;
    // What the upstream says outside of requests can reach nobody before there is somebody who listens.
    if (isSubscribing || session.stream !== undefined) this.#listen(open, own, session);
    const { cancellation, passedHeaders, requestId } = context;
    const onMessage = (early: Message): void => {
      if (!early.isRequest) return context.notify(early);
      this.#ask(open, early, (request) => context.request(request), passedHeaders);
    };
    return callIn(this.#link, open, message, {
      cancellation,
      passedHeaders,
      requestId,
      owner: session,
      large: message.method === "resources/read" ? context.large : undefined,
      onMessage,
    });
  }

  #listen(open: LegacySession, own: Own, session: Session): void {
    if (own.stopStream !== undefined || open.id === undefined || this.#streams >= MAX_STREAMS) return;
    this.#streams++;
    let isOpen = true;
    const leave = (): void => {
      if (isOpen) this.#streams--;
      isOpen = false;
    };
    const onMessage = (message: Message): void => {
      if (message.isRequest) this.#ask(open, message, (request) => askAnywhere(session, request));
      // Changes of lists are told once the lists were read, for all.
      else if (changedList(message) === undefined) own.push(message);
    };
    const stop = this.#link.stream(null, open.envelope, onMessage, (reason) => {
      leave();
      // One that broke may be opened again by the next request; one that was refused is not asked for again.
      if (!(reason instanceof UpstreamError)) own.stopStream = undefined;
    });
    const stopStream = (): void => {
      leave();
      stop();
    };
    own.stopStream = stopStream;
  }

  #ask(
    open: LegacySession,
    request: Message,
    ask: (request: Message) => Promise<Message>,
    passedHeaders?: readonly string[] | undefined,
  ): void {
    ask(request)
      .catch((error: Error) => Message.error(request.id, { code: -32603, message: error.message }))
      .then((answer) => open.post(answer, { passedHeaders }))
      // The upstream asked and went away.
      .catch(() => undefined);
  }
}

/** Asks on the session's own stream, or where it has none on that of a call under way in it. */
function askAnywhere(session: Session, request: Message): Promise<Message> {
  if (session.stream !== undefined) return session.request(request);
  for (const { ask } of session.calls) if (ask !== undefined) return ask(request);
  return session.request(request);
}
