import type { Cancellation } from "../cancellation.ts";
import { encodeHeaderValue } from "../classify.ts";
import { LATEST_MODERN, MetaKey } from "../eras.ts";
import type { ExchangeContext, ListKind, ServerDescription } from "../exchange.ts";
import { memberOf } from "../json/edit.ts";
import type { Link } from "../link.ts";
import { Message } from "../message.ts";
import { requestToModern, responseToLegacy } from "../translate/translate.ts";
import { UpstreamError } from "../upstream-error.ts";
import { listTools } from "./list-tools.ts";
import { changedList, type ListedTool, type UpstreamClient } from "./upstream-client.ts";

/** An upstream of the modern era: no sessions, so every downstream is served alike. */
export class ModernClient implements UpstreamClient {
  readonly era = "modern";
  readonly version: string = LATEST_MODERN;
  readonly description: ServerDescription;
  readonly #link: Link;
  readonly #clientInfo: object;
  #wrapping: ReadonlySet<string> = new Set();
  #requests = 0;

  constructor(link: Link, clientInfo: object, description: ServerDescription) {
    this.#link = link;
    this.#clientInfo = clientInfo;
    this.description = description;
  }

  async listTools(cancellation: Cancellation): Promise<readonly ListedTool[]> {
    const { tools, wrapping } = await listTools((method, params) => this.#request(method, params, cancellation), true);
    this.#wrapping = wrapping;
    return tools;
  }

  async ping(cancellation: Cancellation): Promise<void> {
    await this.#request("server/discover", {}, cancellation);
  }

  exchange = async (message: Message, context: ExchangeContext): Promise<Message> => {
    const isLegacy = context.era === "legacy";
    const request = isLegacy ? requestToModern(message, context.client) : message;
    const version = isLegacy ? this.version : context.version;
    const { response } = await this.#link.post(request, {
      headers: headersOf(message, version, context.paramHeaders),
      passedHeaders: context.passedHeaders,
      cancellation: context.cancellation,
      onMessage: (early) => {
        // This era has no requests of the server's; one on its stream is the upstream's mistake.
        if (early.isNotification) context.notify(early);
      },
    });
    if (response === undefined) throw new UpstreamError("protocol", "it answered 202 to a request", { sent: true });
    return isLegacy ? responseToLegacy(response, this.#wrapping.has(message.name ?? "")) : response;
  };

  notify(): void {
    // The modern era has no notification that an upstream waits for: cancelling is closing the response.
  }

  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined {
    if (!announcesTools(this.description)) return undefined;
    const message = this.#message("subscriptions/listen", { notifications: { toolsListChanged: true } });
    const onMessage = (early: Message): void => {
      const list = changedList(early);
      if (list !== undefined) onChange(list);
    };
    return this.#link.stream(message, { headers: headersOf(message, this.version, []) }, onMessage, onEnd);
  }

  close(): void {
    // Nothing is kept for us upstream.
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
export function headersOf(message: Message, version: string, paramHeaders: readonly string[]): string[] {
  const headers = ["MCP-Protocol-Version", version, "Mcp-Method", message.method, ...paramHeaders];
  const name = message.method === "resources/read" ? message.uri : message.name;
  if (name !== undefined) headers.push("Mcp-Name", encodeHeaderValue(name));
  return headers;
}

/** True where a server says that it announces changes of its tool list. */
export function announcesTools({ capabilities }: ServerDescription): boolean {
  const tools = memberOf(Buffer.from(capabilities), "tools");
  return tools !== undefined && tools[0] === 0x7b && memberOf(tools, "listChanged")?.toString() === "true";
}
