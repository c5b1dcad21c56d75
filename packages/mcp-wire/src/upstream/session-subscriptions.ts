import type { ExchangeContext } from "../exchange.ts";
import { editObject, memberOf } from "../json/edit.ts";
import { Message } from "../message.ts";
import type { Session } from "../sessions.ts";
import { RpcCode } from "../wire-error.ts";
import { type OpenListen, ResourceListen } from "./resource-listen.ts";

/** Most resources one session may subscribe to at one upstream, and most sessions with subscriptions at it. */
const MAX_RESOURCES = 256;
const MAX_SESSIONS = 64;

/**
 * `resources/subscribe` and `resources/unsubscribe` of legacy sessions at a modern upstream, which has one subscription
 * for all resources of a session instead (2026-07-28 basic/patterns/subscriptions).
 */
export class SessionSubscriptions {
  readonly #open: OpenListen;
  readonly #bySession = new Map<Session, { readonly listen: ResourceListen; push: (message: Message) => void }>();
  /** The last change of each session's subscription: one is made after the other. */
  readonly #turns = new WeakMap<Session, Promise<unknown>>();

  constructor(open: OpenListen) {
    this.#open = open;
  }

  static serves({ method }: Message): boolean {
    return method === "resources/subscribe" || method === "resources/unsubscribe";
  }

  /** @throws UpstreamError when the upstream does not take it */
  async serve(message: Message, context: ExchangeContext): Promise<Message> {
    const id = message.id as string;
    const { session } = context;
    const { uri } = message;
    if (uri === undefined) return refusal(id, "Invalid params: params.uri is missing");
    // Without a session there is no stream that an update could come on.
    if (session === undefined) return Message.result(id, "{}");
    const before = this.#turns.get(session) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.#change(message, uri, session, context));
    this.#turns.set(session, turn);
    return turn;
  }

  async #change(message: Message, uri: string, session: Session, context: ExchangeContext): Promise<Message> {
    const id = message.id as string;
    let entry = this.#bySession.get(session);
    if (message.method === "resources/unsubscribe") {
      if (entry?.listen.uris.includes(uri) === true)
        await entry.listen.watch(entry.listen.uris.filter((one) => one !== uri));
      if (entry?.listen.uris.length === 0) this.#end(session);
      return Message.result(id, "{}");
    }
    const push = context.push ?? ((update: Message) => session.send(update));
    if (entry === undefined) {
      if (this.#bySession.size >= MAX_SESSIONS) return refusal(id, `${MAX_SESSIONS} sessions subscribe to it already`);
      const listen = new ResourceListen(this.#open, (update) => this.#bySession.get(session)?.push(toLegacy(update)));
      this.#bySession.set(session, (entry = { listen, push }));
      session.attachments.set(this, { close: () => this.#end(session) });
    }
    const { listen } = entry;
    entry.push = push;
    if (listen.uris.includes(uri)) return Message.result(id, "{}");
    if (listen.uris.length >= MAX_RESOURCES)
      return refusal(id, `a session may subscribe to ${MAX_RESOURCES} resources`);
    try {
      await listen.watch([...listen.uris, uri]);
    } finally {
      if (listen.uris.length === 0) this.#end(session);
    }
    return Message.result(id, "{}");
  }

  #end(session: Session): void {
    this.#bySession.get(session)?.listen.close();
    this.#bySession.delete(session);
    session.attachments.delete(this);
  }
}

/** An update without the tag that says which of several subscriptions it belongs to. */
function toLegacy(update: Message): Message {
  const params = update.paramsBytes;
  if (params === undefined || memberOf(params, "_meta") === undefined) return update;
  return update.withParams(editObject(params, { _meta: undefined }));
}

function refusal(id: string, message: string): Message {
  return Message.error(id, { code: RpcCode.invalidParams, message });
}
