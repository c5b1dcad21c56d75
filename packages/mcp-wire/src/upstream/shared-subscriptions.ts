import type { ExchangeContext } from "../exchange.ts";
import type { Link } from "../link.ts";
import { Message } from "../message.ts";
import type { ClientDescription, Session } from "../sessions.ts";
import { UpstreamError } from "../upstream-error.ts";
import { type LegacySession, openLegacySession } from "./legacy-session.ts";
import type { SharedSession } from "./shared-session.ts";

/** Most resources that are watched at one upstream over one connection, and most sessions opened to watch some. */
const MAX_RESOURCES = 1_024;
const MAX_SESSIONS = 64;

type Listener = (message: Message) => void;

/**
 * Subscriptions to resources of a legacy upstream for those who have no session of their own there. Where one connection
 * carries everything, each resource is subscribed to once, for all who want it; over HTTP each gets a session for it.
 */
export class SharedSubscriptions {
  readonly #link: Link;
  readonly #client: ClientDescription;
  readonly #version: string;
  readonly #shared: SharedSession;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #bySession = new WeakMap<Session, Map<string, () => void>>();
  #stopStream: (() => void) | undefined;
  #sessions = 0;

  constructor(link: Link, client: ClientDescription, version: string, shared: SharedSession) {
    this.#link = link;
    this.#client = client;
    this.#version = version;
    this.#shared = shared;
  }

  static serves({ method }: Message): boolean {
    return method === "resources/subscribe" || method === "resources/unsubscribe";
  }

  /** `resources/subscribe` and `resources/unsubscribe` of a downstream session, over a connection that all share. */
  async serve(message: Message, context: ExchangeContext): Promise<Message> {
    const id = message.id as string;
    const { session } = context;
    const { uri } = message;
    if (uri === undefined) return Message.error(id, { code: -32602, message: "Invalid params: params.uri is missing" });
    if (session === undefined) return Message.result(id, "{}");
    let own = this.#bySession.get(session);
    if (message.method === "resources/unsubscribe") {
      own?.get(uri)?.();
      own?.delete(uri);
      return Message.result(id, "{}");
    }
    if (own === undefined) {
      const all = (own = new Map<string, () => void>());
      this.#bySession.set(session, all);
      const close = (): void => {
        for (const stop of all.values()) stop();
      };
      session.attachments.set(this, { close });
    }
    if (own.has(uri)) return Message.result(id, "{}");
    const push = context.push ?? ((update: Message) => session.send(update));
    const added = await this.#add(uri, push);
    if (added instanceof Message) return added.withId(id);
    own.set(uri, added);
    return Message.result(id, "{}");
  }

  /** Watches resources for who has no session at all; undefined where the upstream has nobody to tell. @throws UpstreamError */
  async watch(uris: readonly string[], onUpdated: (uri: string) => void): Promise<(() => void) | undefined> {
    const listener: Listener = ({ uri }) => uri !== undefined && onUpdated(uri);
    if (!this.#link.isShared) return this.#watchInSession(uris, listener);
    const stops: (() => void)[] = [];
    for (const uri of uris) {
      const added = await this.#add(uri, listener);
      if (!(added instanceof Message)) stops.push(added);
    }
    return () => {
      for (const stop of stops) stop();
    };
  }

  close(): void {
    this.#stopStream?.();
    this.#stopStream = undefined;
    this.#listeners.clear();
  }

  /** Subscribes for one more; gives the way to stop it, or the upstream's error. */
  async #add(uri: string, listener: Listener): Promise<(() => void) | Message> {
    let listeners = this.#listeners.get(uri);
    if (listeners === undefined) {
      if (this.#listeners.size >= MAX_RESOURCES) {
        return Message.error("0", { code: -32602, message: `${MAX_RESOURCES} resources are subscribed to already` });
      }
      this.#listen();
      this.#listeners.set(uri, (listeners = new Set()));
      const response = await this.#shared.request("resources/subscribe", { uri }).catch((error: unknown) => {
        this.#listeners.delete(uri);
        throw error;
      });
      if (response.isError) {
        this.#listeners.delete(uri);
        return response;
      }
    }
    // One function may listen to a resource twice, so each time counts by itself.
    const one: Listener = (message) => listener(message);
    listeners.add(one);
    return () => {
      listeners.delete(one);
      if (listeners.size > 0 || this.#listeners.get(uri) !== listeners) return;
      this.#listeners.delete(uri);
      // Whether the upstream forgets it or not, nobody hears of it any more.
      this.#shared.request("resources/unsubscribe", { uri }).catch(() => undefined);
    };
  }

  #listen(): void {
    this.#stopStream ??= this.#link.stream(
      null,
      { headers: [] },
      (message) => {
        if (message.method !== "notifications/resources/updated") return;
        for (const listener of this.#listeners.get(message.uri ?? "") ?? []) listener(message);
      },
      () => (this.#stopStream = undefined),
    );
  }

  async #watchInSession(uris: readonly string[], listener: Listener): Promise<(() => void) | undefined> {
    if (this.#sessions >= MAX_SESSIONS) return undefined;
    this.#sessions++;
    let session: LegacySession | undefined;
    let stop = (): void => undefined;
    const end = (): void => {
      this.#sessions--;
      stop();
      session?.close();
    };
    try {
      session = await openLegacySession(this.#link, this.#client, this.#version, undefined);
      if (session.id === undefined) throw new UpstreamError("protocol", "it keeps no sessions", { sent: true });
      stop = this.#link.stream(
        null,
        session.envelope,
        (message) => message.method === "notifications/resources/updated" && listener(message),
        // What is missed until the client reads again is no more than the transport promises.
        () => undefined,
      );
      for (const [index, uri] of uris.entries()) {
        const id = `sg-subscribe-${index}`;
        await session.post(Message.of({ id, method: "resources/subscribe", params: { uri } }));
      }
      return end;
    } catch (error) {
      end();
      if (error instanceof UpstreamError && error.failure === "protocol") return undefined;
      throw error;
    }
  }
}
