import type { Cancellation } from "./cancellation.ts";
import type { Era } from "./eras.ts";
import type { LargeAnswer } from "./http/large-answer.ts";
import type { Message } from "./message.ts";
import type { ClientDescription, Session } from "./sessions.ts";

/** Everything around one request that the one who answers it may need. */
export interface ExchangeContext {
  readonly era: Era;
  /** Revision the downstream speaks. */
  readonly version: string;
  /** The downstream's session; undefined in the modern era and for legacy requests without one. */
  readonly session: Session | undefined;
  readonly client: ClientDescription;
  readonly cancellation: Cancellation;
  /** Names the request in logs here and upstream; undefined where it has no name. */
  readonly requestId?: string | undefined;
  /** Headers that mirror arguments (`mcp-param-*`), to be passed on as they are; name and value in turn. */
  readonly paramHeaders: readonly string[];
  /** All headers of the downstream's request, name and value in turn. */
  readonly headers?: readonly string[] | undefined;
  /** Those of them that go along to the upstream, in place of ours of the same name; none unless somebody says so. */
  readonly passedHeaders?: readonly string[] | undefined;
  /** Sends a notification that belongs to this request (progress, logging) downstream, before the answer. */
  notify(message: Message): void;
  /**
   * Sends a request of the server's (sampling, elicitation, roots) downstream and resolves with the response, which
   * carries the request's own id.
   *
   * @throws WireError when the downstream cannot be asked
   */
  request(message: Message): Promise<Message>;
  /**
   * Begins the answer to this request where it is too large to be held: its bytes go downstream as they come in, and the
   * response that the exchange then gives stands for them. Undefined where it has to be held, or nobody can take it.
   */
  readonly large?: (() => LargeAnswer | undefined) | undefined;
  /**
   * Where messages go that belong to no request but to what this one began (a subscription); the session's own stream
   * where it is undefined.
   */
  readonly push?: ((message: Message) => void) | undefined;
}

/**
 * Answers one request of any method. The one shape of a call, from the front to the upstream.
 *
 * @returns the response, with the id of the request
 * @throws WireError, or what else the layer documents
 */
export type Exchange = (message: Message, context: ExchangeContext) => Promise<Message>;

/** The lists of a server that can change while a client is connected. */
export type ListKind = "tools" | "prompts" | "resources";

/** What a server says of itself, each part as JSON text so that it passes unread. */
export interface ServerDescription {
  readonly serverInfo: string;
  readonly capabilities: string;
  readonly instructions: string | undefined;
}

/** Resources that are watched. */
export interface ResourceWatch {
  readonly uris: readonly string[];
  stop(): void;
}

/** A server as the wire sees it: the wire does handshakes, sessions and streams, this does the rest. */
export interface Endpoint {
  describe(): ServerDescription;
  readonly exchange: Exchange;
  /** Takes a notification of the client that the wire itself has no use for. */
  notify(message: Message, context: ExchangeContext): void;
  /**
   * Calls `onUpdated` with the URI of each of these resources that changes. What it does not have is not watched.
   *
   * @returns what is watched, and the way to stop it
   */
  watchResources?(uris: readonly string[], onUpdated: (uri: string) => void): Promise<ResourceWatch>;
  /** Calls `listener` whenever a list changed; returns the way to stop it. */
  onListChanged(listener: (list: ListKind) => void): () => void;
}
