import type { Cancellation } from "../cancellation.ts";
import { MetaKey } from "../eras.ts";
import type { ExchangeContext, ListKind, ServerDescription } from "../exchange.ts";
import { memberOf } from "../json/edit.ts";
import type { Link } from "../link.ts";
import { isLogged, isLogLevel } from "../log-level.ts";
import { Message } from "../message.ts";
import type { ClientDescription, Session } from "../sessions.ts";
import { mayAsk } from "../translate/input-required.ts";
import { refuseParamHeaders } from "../translate/param-headers.ts";
import { requestToLegacy, requestToShared, responseToModern, withProgressToken } from "../translate/translate.ts";
import { askable } from "./ask-downstream.ts";
import { AskedCall } from "./asked-call.ts";
import type { LegacySession } from "./legacy-session.ts";
import { OwnSessions } from "./own-sessions.ts";
import { ParkedCalls } from "./parked-calls.ts";
import { type ListRequest, type ReadLists, readLists, type ToolTraits } from "./read-lists.ts";
import { callIn, SharedSession } from "./shared-session.ts";
import { SharedSubscriptions } from "./shared-subscriptions.ts";
import { announcedLists, changedList, type UpstreamClient } from "./upstream-client.ts";

/** Most sets of client capabilities that have a session of their own. */
const MAX_ASKING = 8;

/**
 * An upstream of the legacy era. We hold one session of our own with it, for lists, pings and downstreams without a
 * session. Where the upstream keeps sessions, each downstream session gets one of its own; modern clients share ours,
 * those that can be asked the one for what they can be asked.
 */
export class LegacyClient implements UpstreamClient {
  readonly era = "legacy";
  readonly version: string;
  readonly description: ServerDescription;
  readonly #link: Link;
  readonly #client: ClientDescription;
  readonly #shared: SharedSession;
  /** False where the upstream keeps no sessions: what one client says means nothing for another. */
  readonly #hasSessions: boolean;
  readonly #own: OwnSessions;
  readonly #subscriptions: SharedSubscriptions;
  readonly #parked = new ParkedCalls();
  readonly #asking = new Map<string, SharedSession>();
  #traits: ReadonlyMap<string, ToolTraits> = new Map();

  constructor(link: Link, client: ClientDescription, session: LegacySession) {
    this.#link = link;
    this.#client = client;
    this.#shared = new SharedSession(link, client, session.version, session);
    this.#hasSessions = session.id !== undefined;
    this.#own = new OwnSessions(link, declares(session.description, "logging"));
    this.#subscriptions = new SharedSubscriptions(link, client, session.version, this.#shared);
    this.version = session.version;
    this.description = session.description;
  }

  async readLists(cancellation: Cancellation): Promise<ReadLists> {
    const request: ListRequest = (method, params) => this.#shared.request(method, params, cancellation);
    const read = await readLists(request, this.description.capabilities, this.era);
    this.#traits = read.traits;
    return read;
  }

  async ping(cancellation: Cancellation): Promise<void> {
    await this.#shared.request("ping", {}, cancellation);
  }

  exchange = (message: Message, context: ExchangeContext): Promise<Message> =>
    context.era === "modern" ? this.#exchangeForModern(message, context) : this.#exchangeForLegacy(message, context);

  async #exchangeForLegacy(message: Message, context: ExchangeContext): Promise<Message> {
    if (context.session !== undefined && this.#hasSessions) return await this.#own.exchange(message, context);
    if (this.#link.isShared && SharedSubscriptions.serves(message)) {
      return await this.#subscriptions.serve(message, context);
    }
    // Of many, none sets the level for all.
    if (message.method === "logging/setLevel" && (this.#hasSessions || this.#link.isShared)) {
      if (this.#link.isShared) await this.#wantAll(this.#shared);
      return Message.result(message.id as string, "{}");
    }
    if (!this.#hasSessions) return await this.#relay(message, context);
    const request = requestToShared(message, this.#shared.nextId());
    const response = await this.#callShared(this.#shared, request, message, context);
    return response.withId(message.id as string);
  }

  notify(message: Message, session: object | undefined): void {
    if (session !== undefined) this.#own.notify(message, session);
  }

  watchResources(uris: readonly string[], onUpdated: (uri: string) => void): Promise<(() => void) | undefined> {
    return this.#subscriptions.watch(uris, onUpdated);
  }

  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined {
    const session = this.#shared.current;
    // Without a session there is nobody an upstream over HTTP could tell.
    const isHeard = this.#hasSessions || this.#link.isShared;
    if (session === undefined || !isHeard || announcedLists(this.description).length === 0) return undefined;
    const onMessage = (message: Message): void => {
      const list = changedList(message);
      if (list !== undefined) onChange(list);
      else if (message.isRequest) this.#shared.decline(message);
    };
    return this.#link.stream(null, session.envelope, onMessage, onEnd);
  }

  close(): void {
    this.#parked.close();
    this.#subscriptions.close();
    for (const session of this.#asking.values()) session.close();
    this.#shared.close();
  }

  /** Passes the bytes on as they are to an upstream that keeps no sessions, and whatever comes before the response back. */
  #relay(message: Message, context: ExchangeContext): Promise<Message> {
    const { cancellation, passedHeaders, requestId, session: owner } = context;
    const onMessage = (early: Message): void => {
      if (!early.isRequest) return this.#isWanted(early, owner) ? context.notify(early) : undefined;
      context
        .request(early)
        .catch((error: Error) => Message.error(early.id, { code: -32603, message: error.message }))
        .then((answer) => this.#shared.send(answer, { passedHeaders }))
        .catch(() => undefined);
    };
    const session = this.#shared.current;
    const large = message.method === "resources/read" ? context.large : undefined;
    const options = { cancellation, passedHeaders, requestId, owner, large, onMessage };
    const call = (): Promise<Message> =>
      session === undefined ? this.#shared.call(message, options) : callIn(this.#link, session, message, options);
    // Who told another process of the same program what to log means this one too.
    const isSilent = owner?.logLevel !== undefined && this.#link.isShared && !this.#chatty.has(this.#shared);
    return isSilent ? this.#wantAll(this.#shared).then(call) : call();
  }

  /** Without a step that waits where nothing has to be waited for: most calls of Open WebUI come this way. */
  #exchangeForModern(message: Message, context: ExchangeContext): Promise<Message> {
    const traits = message.method === "tools/call" ? this.#traits.get(message.name ?? "") : undefined;
    const refusal = traits && refuseParamHeaders(message, traits.paramHeaders, context.paramHeaders);
    if (refusal !== undefined) return Promise.resolve(refusal);
    const capabilities = mayAsk(message) ? askable(context.client.capabilities) : {};
    const asking = Object.keys(capabilities).length > 0 ? this.#askingSession(capabilities) : undefined;
    const response =
      asking === undefined
        ? this.#callShared(this.#shared, requestToLegacy(message, this.#shared.nextId()), message, context)
        : this.#parked.serve(message, context, () => this.#startAsked(asking, message, context));
    return response.then((answer) => responseToModern(answer, message.method, message.id as string));
  }

  #startAsked(session: SharedSession, message: Message, context: ExchangeContext): AskedCall {
    const request = requestToLegacy(message, session.nextId());
    const { passedHeaders } = context;
    return new AskedCall({
      capabilities: askable(context.client.capabilities),
      send: async (options) => {
        await this.#setLevel(session, message);
        return session.call(request, { ...options, passedHeaders });
      },
      answer: (response) => session.send(response, { passedHeaders }),
      notify: (early, waiting) => notifyShared(early, request, message, waiting),
    });
  }

  /** The session in which the upstream may ask for what these capabilities stand for; undefined where none can be had. */
  #askingSession(capabilities: Record<string, unknown>): SharedSession | undefined {
    if (this.#link.isShared) return this.#shared;
    // Without a session an answer could not be told from anybody else's.
    if (!this.#hasSessions) return undefined;
    const key = JSON.stringify(Object.entries(capabilities).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    let session = this.#asking.get(key);
    if (session === undefined && this.#asking.size < MAX_ASKING) {
      session = new SharedSession(this.#link, { ...this.#client, capabilities }, this.version);
      this.#asking.set(key, session);
    }
    return session;
  }

  #callShared(session: SharedSession, request: Message, asked: Message, context: ExchangeContext): Promise<Message> {
    const { cancellation, passedHeaders, requestId } = context;
    const onMessage = (early: Message): void => {
      if (early.isRequest) session.decline(early);
      else notifyShared(early, request, asked, context);
    };
    const call = (): Promise<Message> => session.call(request, { cancellation, passedHeaders, requestId, onMessage });
    return this.#setLevel(session, asked)?.then(call) ?? call();
  }

  readonly #chatty = new WeakSet<SharedSession>();

  /** Undefined where the request wants no log messages, as most. */
  #setLevel(session: SharedSession, asked: Message): Promise<void> | undefined {
    const meta = asked.metaBytes;
    if (meta === undefined || memberOf(meta, MetaKey.logLevel) === undefined) return undefined;
    return isLogLevel(asked.meta?.[MetaKey.logLevel]) ? this.#wantAll(session) : undefined;
  }

  /** Somebody wants log messages of a session that is for many: it gets all, and hands each its own part. */
  async #wantAll(session: SharedSession): Promise<void> {
    if (this.#chatty.has(session) || !declares(this.description, "logging")) return;
    this.#chatty.add(session);
    await session.request("logging/setLevel", { level: "debug" });
  }

  /** Whether a message is for a downstream with a session: of those to the log only what it asked for, or is usual. */
  #isWanted(early: Message, session: Session | undefined): boolean {
    if (early.method !== "notifications/message" || !this.#chatty.has(this.#shared)) return true;
    return isLogged(early.params["level"], session?.logLevel ?? USUAL_LEVEL);
  }
}

/** What a client gets that never said what it wants, where others want more. */
const USUAL_LEVEL = "info";

function declares({ capabilities }: ServerDescription, capability: string): boolean {
  return memberOf(Buffer.from(capabilities), capability) !== undefined;
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
    const wanted = meta?.[MetaKey.logLevel];
    const isWanted = isLogLevel(wanted) && isLogged(early.params["level"], wanted);
    if (context.era === "legacy" || isWanted) context.notify(early);
  }
}
