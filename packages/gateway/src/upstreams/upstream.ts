import type {
  Cancellation,
  Era,
  Exchange,
  HttpSender,
  ListKind,
  Lists,
  Message,
  SenderOptions,
  ServerDescription,
} from "@shardgate/mcp-wire";
import type { SignIns } from "../oauth/sign-ins.ts";
import type { ProgramHost } from "./stdio/program-host.ts";

/** What an upstream lists, and what it could not, in words for the log. */
export interface ReadLists {
  readonly lists: Lists;
  readonly problems: readonly string[];
}

/** What is known of an upstream once it is connected. */
export interface UpstreamProfile extends ReadLists {
  /** Name it gives itself; counts where its definition has none. */
  readonly name?: string;
  readonly version?: string;
  /** The era it is spoken to in. */
  readonly era?: Era;
  readonly description: ServerDescription;
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
  /** Reads its lists again. @throws UpstreamError */
  readLists(cancellation: Cancellation): Promise<ReadLists>;
  /** @throws UpstreamError when there is no answer */
  readonly exchange: Exchange;
  notify(message: Message, session: object | undefined): void;
  /** Tells of changes of resources; undefined where it cannot. @throws UpstreamError */
  watchResources(uris: readonly string[], onUpdated: (uri: string) => void): Promise<(() => void) | undefined>;
  /** Listens for changes of its lists; undefined where it announces none. */
  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined;
  /** Idempotent; fine after a failed connect. */
  close(): Promise<void>;
  /** What it said of itself when it last ran, shown until it is reached; undefined where nothing is kept. */
  recall?(): Promise<UpstreamProfile | undefined>;
  /** Calls `listener` whenever it ended by itself; of an upstream without this only a look can tell. */
  onEnd?(listener: (reason: Error) => void): void;
  /** What an operator may want to know besides; holds no secrets. */
  details?(): UpstreamDetails;
}

export interface UpstreamDetails {
  /** Id of its process, while it runs. */
  readonly pid?: number;
  /** How many sessions have a process of their own, where they have. */
  readonly sessions?: number;
  /** Last lines it wrote for people, oldest first. */
  readonly log?: readonly string[];
  /** When a person signed in at it, ISO 8601. */
  readonly signed_in?: string;
}

/** What upstreams are made with. */
export interface UpstreamDeps {
  /** What to call it in errors and commands, as far as that is known before it was reached. */
  readonly name: string;
  createSender(origin: string, options?: SenderOptions): HttpSender;
  /** What programs share; undefined where none may be started. */
  readonly programs?: ProgramHost | undefined;
  /** How the gateway is signed in; undefined where it cannot be. */
  readonly signIns?: SignIns | undefined;
  /** How we introduce ourselves. */
  readonly clientInfo: { readonly name: string; readonly version: string };
}

/** How often an upstream is looked at, in milliseconds. */
export interface HealthPolicy {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** How long it may take to connect, in milliseconds; 10 s unless said. */
  readonly connectTimeoutMs?: number;
  /** Where an attempt to connect starts a program: how often that is done. Calls wait for a start that is under way. */
  readonly restarts?: RestartPolicy;
  /** True: it is reached at its first call where it is known what it lists. */
  readonly isLazy?: boolean;
}

/** How often a program that ends by itself is started again, in milliseconds. */
export interface RestartPolicy {
  /** Pause before each further start in a row. */
  readonly pausesMs: readonly number[];
  /** Pause before each start after those. */
  readonly slowMs: number;
  /** A program that ran this long begins a new row. */
  readonly stableMs: number;
}
