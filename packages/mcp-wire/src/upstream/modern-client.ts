import type { Cancellation } from "../cancellation.ts";
import { encodeHeaderValue } from "../classify.ts";
import { LATEST_MODERN, MetaKey } from "../eras.ts";
import type { ExchangeContext, ListKind, ServerDescription } from "../exchange.ts";
import { LIST_FILTERS } from "../http/subscription.ts";
import type { Link } from "../link.ts";
import { Message } from "../message.ts";
import { mayAsk } from "../translate/input-required.ts";
import { paramHeaders, refuseParamHeaders } from "../translate/param-headers.ts";
import { requestToModern, responseToLegacy } from "../translate/translate.ts";
import { UpstreamError } from "../upstream-error.ts";
import { askable, askDownstream } from "./ask-downstream.ts";
import { type ListRequest, type ReadLists, readLists, type ToolTraits } from "./read-lists.ts";
import { type OpenListen, ResourceListen } from "./resource-listen.ts";
import { SessionSubscriptions } from "./session-subscriptions.ts";
import { announcedLists, changedList, type UpstreamClient } from "./upstream-client.ts";

/** An upstream of the modern era: no sessions, so every downstream is served alike. */
export class ModernClient implements UpstreamClient {
  readonly era = "modern";
  readonly version: string = LATEST_MODERN;
  readonly description: ServerDescription;
  readonly #link: Link;
  readonly #clientInfo: object;
  readonly #subscriptions = new SessionSubscriptions((...listen) => this.#listen(...listen));
  #traits: ReadonlyMap<string, ToolTraits> = new Map();
  #requests = 0;

  constructor(link: Link, clientInfo: object, description: ServerDescription) {
    this.#link = link;
    this.#clientInfo = clientInfo;
    this.description = description;
  }

  async readLists(cancellation: Cancellation): Promise<ReadLists> {
    const request: ListRequest = (method, params) => this.#request(method, params, cancellation);
    const read = await readLists(request, this.description.capabilities, this.era);
    this.#traits = read.traits;
    return read;
  }

  async ping(cancellation: Cancellation): Promise<void> {
    await this.#request("server/discover", {}, cancellation);
  }

  exchange = (message: Message, context: ExchangeContext): Promise<Message> => {
    if (context.era === "legacy") return this.#exchangeForLegacy(message, context);
    const refusal = this.#link.isShared ? this.#refuse(message, context) : undefined;
    if (refusal !== undefined) return Promise.resolve(refusal);
    return this.#post(message, context, context.version, context.paramHeaders);
  };

  /** Over a pipe the upstream sees no headers, so they are compared here. */
  #refuse(message: Message, context: ExchangeContext): Message | undefined {
    const traits = message.method === "tools/call" ? this.#traits.get(message.name ?? "") : undefined;
    return traits && refuseParamHeaders(message, traits.paramHeaders, context.paramHeaders);
  }

  /** What this era has no request for is done here; the rest gets its words, and questions are put to the client. */
  async #exchangeForLegacy(message: Message, context: ExchangeContext): Promise<Message> {
    const { session, client } = context;
    if (message.method === "logging/setLevel") return Message.result(message.id as string, "{}");
    if (SessionSubscriptions.serves(message)) return this.#subscriptions.serve(message, context);
    const canAsk = session !== undefined && mayAsk(message);
    const request = requestToModern(message, {
      clientInfo: client.clientInfo,
      capabilities: canAsk ? askable(client.capabilities) : {},
      logLevel: session?.logLevel,
    });
    const traits = message.method === "tools/call" ? this.#traits.get(message.name ?? "") : undefined;
    const headers = traits === undefined ? [] : paramHeaders(message, traits.paramHeaders);
    const post = (one: Message): Promise<Message> => this.#post(one, context, this.version, headers);
    let response = await post(request);
    if (canAsk) response = await askDownstream(request, response, context, post);
    return responseToLegacy(response, traits?.wrapsOutput === true);
  }

  async #post(
    request: Message,
    context: ExchangeContext,
    version: string,
    mirrored: readonly string[],
  ): Promise<Message> {
    const { response } = await this.#link.post(request, {
      headers: headersOf(request, version, mirrored),
      passedHeaders: context.passedHeaders,
      cancellation: context.cancellation,
      owner: context.session,
      requestId: context.requestId,
      large: context.era === "modern" && request.method === "resources/read" ? context.large : undefined,
      onMessage: (early) => {
        // This era has no requests of the server's; one on its stream is the upstream's mistake.
        if (early.isNotification) context.notify(early);
      },
    });
    if (response === undefined) throw new UpstreamError("protocol", "it answered 202 to a request", { sent: true });
    return response;
  }

  notify(): void {
    // The modern era has no notification that an upstream waits for: cancelling is closing the response.
  }

  async watchResources(uris: readonly string[], onUpdated: (uri: string) => void): Promise<(() => void) | undefined> {
    const listen = new ResourceListen(
      (...args) => this.#listen(...args),
      ({ uri }) => uri !== undefined && onUpdated(uri),
    );
    await listen.watch(uris);
    return () => listen.close();
  }

  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined {
    const lists = announcedLists(this.description);
    if (lists.length === 0) return undefined;
    const filter = Object.fromEntries(lists.map((list) => [LIST_FILTERS[list], true]));
    const onMessage = (early: Message): void => {
      const list = changedList(early);
      if (list !== undefined) onChange(list);
    };
    return this.#subscribe(filter, onMessage, onEnd);
  }

  close(): void {
    // Nothing is kept for us upstream; subscriptions belong to their sessions, and outlast a connection.
  }

  readonly #listen: OpenListen = (uris, onMessage, onEnd) =>
    this.#subscribe({ resourceSubscriptions: uris }, onMessage, onEnd);

  #subscribe(notifications: object, onMessage: (message: Message) => void, onEnd: (reason: Error) => void): () => void {
    const message = this.#message("subscriptions/listen", { notifications });
    return this.#link.stream(message, { headers: headersOf(message, this.version, []) }, onMessage, onEnd);
  }

  async #request(method: string, params: Record<string, unknown>, cancellation: Cancellation): Promise<Message> {
    const message = this.#message(method, params);
    const { response } = await this.#link.post(message, {
      headers: headersOf(message, this.version, []),
      cancellation,
    });
    if (response === undefined) throw new UpstreamError("protocol", `it answered 202 to ${method}`, { sent: true });
    return response;
  }

  #message(method: string, params: Record<string, unknown>): Message {
    return modernRequest(++this.#requests, method, params, this.#clientInfo);
  }
}

/** A modern request of our own; `more` goes to its `_meta`. */
export function modernRequest(
  id: number,
  method: string,
  params: Record<string, unknown>,
  clientInfo: object,
  more: object = {},
): Message {
  const meta = {
    ...more,
    [MetaKey.protocolVersion]: LATEST_MODERN,
    [MetaKey.clientInfo]: clientInfo,
    [MetaKey.clientCapabilities]: {},
  };
  return Message.of({ id, method, params: { ...params, _meta: meta } });
}

/** The headers that mirror a modern request (SEP-2243). */
export function headersOf(message: Message, version: string, mirrored: readonly string[]): string[] {
  const headers = ["MCP-Protocol-Version", version, "Mcp-Method", message.method, ...mirrored];
  const name = message.method === "resources/read" ? message.uri : message.name;
  if (name !== undefined) headers.push("Mcp-Name", encodeHeaderValue(name));
  return headers;
}
