import { randomUUID } from "node:crypto";
import type { Cancellation } from "../cancellation.ts";
import type { ExchangeContext, ListKind, ServerDescription } from "../exchange.ts";
import { MetaKey } from "../eras.ts";
import type { Link } from "../link.ts";
import { Message } from "../message.ts";
import { requestToLegacy, requestToShared, responseToModern, withProgressToken } from "../translate/translate.ts";
import { UpstreamError } from "../upstream-error.ts";
import { type LegacySession, openLegacySession, type SessionPostOptions } from "./legacy-session.ts";
import { listTools } from "./list-tools.ts";
import { announcesTools } from "./modern-client.ts";
import { changedList, type ListedTool, type UpstreamClient } from "./upstream-client.ts";
import type { ClientDescription } from "../sessions.ts";

/**
 * An upstream of the legacy era. We hold one session of our own with it, for lists, pings and downstreams
 * without a session. Where the upstream keeps sessions, each downstream session gets one of its own, so that ids,
 * progress tokens and whatever the upstream remembers never mix; its messages then pass untouched.
 */
export class LegacyClient implements UpstreamClient {
  readonly era = "legacy";
  readonly version: string;
  readonly description: ServerDescription;
  readonly #link: Link;
  readonly #client: ClientDescription;
  #shared: LegacySession;
  #reopening: Promise<LegacySession> | undefined;
  #requests = 0;

  constructor(link: Link, client: ClientDescription, shared: LegacySession) {
    this.#link = link;
    this.#client = client;
    this.#shared = shared;
    this.version = shared.version;
    this.description = shared.description;
  }

  async listTools(cancellation: Cancellation): Promise<readonly ListedTool[]> {
    const { tools } = await listTools((method, params) => this.#request(method, params, cancellation), false);
    return tools;
  }

  async ping(cancellation: Cancellation): Promise<void> {
    await this.#request("ping", {}, cancellation);
  }

  exchange = async (message: Message, context: ExchangeContext): Promise<Message> => {
    if (context.era === "legacy" && this.#shared.id === undefined)
      return await this.#relay(this.#shared, message, context);
    if (context.era === "legacy" && context.session !== undefined) {
      return await this.#exchangeInOwnSession(message, context);
    }
    const id = this.#nextId();
    const request = context.era === "modern" ? requestToLegacy(message, id) : requestToShared(message, id);
    const onMessage = (early: Message): void => {
      if (early.isRequest) this.#decline(this.#shared, early);
      else notifyShared(early, request, message, context);
    };
    const response = await this.#onShared(request, {
      cancellation: context.cancellation,
      passedHeaders: context.passedHeaders,
      onMessage,
    });
    const answer = response.withId(message.id as string);
    return context.era === "modern" ? responseToModern(answer) : answer;
  };

  notify(message: Message, sessionKey: object | undefined): void {
    const session = sessionKey === undefined ? undefined : this.#owned.get(sessionKey);
    void session?.then((open) => open.post(message)).catch(ignore);
  }

  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined {
    // Without a session there is nobody an upstream over HTTP could tell.
    const isHeard = this.#shared.id !== undefined || this.#link.isShared;
    if (!isHeard || !announcesTools(this.description)) return undefined;
    const onMessage = (message: Message): void => {
      const list = changedList(message);
      if (list !== undefined) onChange(list);
      else if (message.isRequest) this.#decline(this.#shared, message);
    };
    return this.#link.stream(null, this.#shared.envelope, onMessage, onEnd);
  }

  close(): void {
    this.#shared.close();
  }

  readonly #owned = new WeakMap<object, Promise<LegacySession>>();

  /** Exchanges in the upstream session that belongs to the downstream's; one that the upstream forgot is opened anew. */
  async #exchangeInOwnSession(message: Message, context: ExchangeContext): Promise<Message> {
    const opening = this.#ownSession(context);
    try {
      return await this.#relay(await opening, message, context);
    } catch (error) {
      // The upstream says that it did not run the request, so once more is safe.
      if (!(error instanceof UpstreamError) || error.failure !== "session-lost") throw error;
      this.#forget(context, opening);
      return this.#relay(await this.#ownSession(context), message, context);
    }
  }

  #ownSession(context: ExchangeContext): Promise<LegacySession> {
    const session = context.session as object;
    let opening = this.#owned.get(session);
    if (opening === undefined) {
      opening = openLegacySession(this.#link, context.client, context.version, undefined, context.passedHeaders);
      this.#owned.set(session, opening);
      const opened = opening;
      opened.catch(() => this.#forget(context, opened));
      const close = (): void => void opened.then((open) => open.close()).catch(ignore);
      context.session?.attachments.set(this, { close });
    }
    return opening;
  }

  /** Of several calls that lost a session together, the first has the next one opened, which stays. */
  #forget(context: ExchangeContext, opening: Promise<LegacySession>): void {
    if (this.#owned.get(context.session as object) !== opening) return;
    this.#owned.delete(context.session as object);
    context.session?.attachments.delete(this);
  }

  /** Passes the bytes on as they are, and whatever comes before the response back. */
  #relay(session: LegacySession, message: Message, context: ExchangeContext): Promise<Message> {
    const { cancellation, passedHeaders, session: owner } = context;
    const onMessage = (early: Message): void => {
      if (!early.isRequest) return context.notify(early);
      // A session that all share declared for each of them what only some can do.
      if (this.#link.isShared && !canBeAsked(early.method, context)) return this.#decline(session, early);
      context
        .request(early)
        .catch((error: Error) => Message.error(early.id, { code: -32603, message: error.message }))
        .then((answer) => session.post(answer, { passedHeaders }))
        .catch(ignore);
    };
    return this.#call(session, message, { cancellation, passedHeaders, owner, onMessage });
  }

  async #call(session: LegacySession, message: Message, options: SessionPostOptions): Promise<Message> {
    let isOver = false;
    options.cancellation?.onCancel((reason) => {
      if (isOver || this.#link.isShared) return;
      // Closing a connection means nothing in this era, so the upstream has to be told.
      const params = { requestId: JSON.parse(message.id as string) as unknown, reason: reason.message };
      session.post(Message.of({ method: "notifications/cancelled", params })).catch(ignore);
    });
    try {
      const { response } = await session.post(message, options);
      if (response === undefined) throw new UpstreamError("protocol", "it answered 202 to a request", { sent: true });
      return response;
    } finally {
      isOver = true;
    }
  }

  /** Calls in our own session, which is opened anew once where the upstream forgot it. */
  async #onShared(message: Message, options: SessionPostOptions): Promise<Message> {
    const session = this.#shared;
    try {
      return await this.#call(session, message, options);
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.failure !== "session-lost") throw error;
      if (session === this.#shared) await this.#reopen();
      return this.#call(this.#shared, message, options);
    }
  }

  async #reopen(): Promise<void> {
    this.#reopening ??= openLegacySession(this.#link, this.#client, this.version, undefined);
    try {
      this.#shared = await this.#reopening;
    } finally {
      this.#reopening = undefined;
    }
  }

  #request(method: string, params: Record<string, unknown>, cancellation: Cancellation): Promise<Message> {
    const message = Message.of({ id: JSON.parse(this.#nextId()) as unknown, method, params });
    return this.#onShared(message, { cancellation });
  }

  /** We declared no capability in our own session, so a request there is the upstream's mistake. */
  #decline(session: LegacySession, request: Message): void {
    const error = { code: -32601, message: `${request.method} is not supported in this session` };
    session.post(Message.error(request.id, error)).catch(ignore);
  }

  /** Unique over restarts of ours too: an upstream may still remember an id of the last run. */
  #nextId(): string {
    return JSON.stringify(`${this.#prefix}-${++this.#requests}`);
  }
  readonly #prefix = `sg-${randomUUID().slice(0, 8)}`;
}

/**
 * Hands on what a request in our own session brought before its answer. The session is for many downstreams, so each
 * gets only what belongs to its request and what it asked for: a token that a client did not choose ends its connection.
 */
function notifyShared(early: Message, request: Message, asked: Message, context: ExchangeContext): void {
  const meta = asked.meta;
  if (early.method === "notifications/progress") {
    const token = meta?.["progressToken"];
    const isOurs = request.hasId(JSON.stringify(early.params["progressToken"] ?? null));
    if (token !== undefined && isOurs) context.notify(withProgressToken(early, token));
  } else if (early.method === "notifications/message") {
    if (context.era === "legacy" || meta?.[MetaKey.logLevel] !== undefined) context.notify(early);
  }
}

const CAPABILITY_OF = new Map([
  ["sampling/createMessage", "sampling"],
  ["elicitation/create", "elicitation"],
  ["roots/list", "roots"],
]);

function canBeAsked(method: string, { client, session }: ExchangeContext): boolean {
  const capability = CAPABILITY_OF.get(method);
  return session !== undefined && (capability === undefined || client.capabilities[capability] !== undefined);
}

function ignore(): void {
  // What a legacy upstream says to a notification changes nothing.
}
