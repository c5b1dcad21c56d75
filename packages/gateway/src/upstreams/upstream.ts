import type {
  Cancellation,
  Exchange,
  HttpSender,
  ListedTool,
  ListKind,
  Message,
  SenderOptions,
  ServerDescription,
} from "@shardgate/mcp-wire";

/** What is known of an upstream once it is connected. */
export interface UpstreamProfile {
  /** Name it gives itself; counts where its definition has none. */
  readonly name?: string;
  readonly version?: string;
  readonly description: ServerDescription;
  readonly tools: readonly ListedTool[];
}

/** What a look at a connected upstream found. */
export interface Checkup {
  /** What it says is wrong with it though it answers. */
  readonly degraded?: string;
  /** Its tools may have changed. */
  readonly changed?: boolean;
}

/** One server the gateway calls, whatever way it is spoken to. Made without side effects; `connect` begins. */
export interface Upstream {
  /** Shakes hands and reads everything; may be called again, which starts anew. @throws UpstreamError */
  connect(cancellation: Cancellation): Promise<UpstreamProfile>;
  /** Asks a connected upstream how it is. @throws UpstreamError when it does not answer */
  check(cancellation: Cancellation): Promise<Checkup>;
  /** Reads its tools again. @throws UpstreamError */
  listTools(cancellation: Cancellation): Promise<readonly ListedTool[]>;
  /** @throws UpstreamError when there is no answer */
  readonly exchange: Exchange;
  notify(message: Message, session: object | undefined): void;
  /** Listens for changes of its lists; undefined where it announces none. */
  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined;
  /** Idempotent; fine after a failed connect. */
  close(): Promise<void>;
}

/** What upstreams are made with. */
export interface UpstreamDeps {
  createSender(origin: string, options?: SenderOptions): HttpSender;
  /** How we introduce ourselves. */
  readonly clientInfo: { readonly name: string; readonly version: string };
}

/** How often an upstream is looked at, in milliseconds. */
export interface HealthPolicy {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}
