import type { Era, Exchange, Message, ServerDescription } from "@shardgate/mcp-wire";
import type { Catalog } from "./catalog.ts";
import type { ConfirmRule } from "./confirm-rule.ts";
import type { PromptCatalog } from "./prompt-catalog.ts";
import type { ResourceCatalog } from "./resource-catalog.ts";

/**
 * How an upstream is:
 * - `starting`: never reached so far, first attempt under way
 * - `up`: answers
 * - `degraded`: answers, but says that something it needs does not
 * - `down`: does not answer; its tools stay listed
 * - `idle`: a program that its first call starts; its tools are those of its last run
 * - `crash-loop`: a program that ended again and again; it is started once in a while
 */
export type UpstreamStatus = "starting" | "up" | "degraded" | "down" | "idle" | "crash-loop";

/** The live side of an upstream, the same object for as long as it is defined: how a call reaches it. */
export interface UpstreamHandle {
  readonly exchange: Exchange;
  /** Passes on a notification of a downstream. */
  notify(message: Message, session: object | undefined): void;
  /** True where a call waits for a start that is under way, or begins it. */
  readonly waits?: boolean;
  /**
   * Calls `onUpdated` with the URI of each of these resources that changes.
   *
   * @returns the way to stop it; undefined where the upstream cannot tell
   * @throws UpstreamError
   */
  watchResources(uris: readonly string[], onUpdated: (uri: string) => void): Promise<(() => void) | undefined>;
  /** Tells of a call that failed, so that the upstream is looked after at once. */
  suspect(): void;
  /** The calls it works on, and those that wait for their turn. */
  readonly load: UpstreamLoad;
}

/** Counted by the bulkhead; whoever closes an upstream waits until there are none. */
export interface UpstreamLoad {
  active: number;
  readonly queue: (() => void)[];
}

/** How much may be asked of an upstream at once, where its definition says so. */
export interface UpstreamLimits {
  readonly active?: number | undefined;
  readonly queued?: number | undefined;
  /** Milliseconds. */
  readonly wait?: number | undefined;
}

/** One upstream at the moment of a snapshot. */
export interface UpstreamState {
  readonly name: string;
  readonly kind: string;
  readonly url: string | undefined;
  /** What its file calls it, where that is not its name. */
  readonly original: string | undefined;
  readonly group: string | undefined;
  readonly status: UpstreamStatus;
  /** When `status` became what it is. */
  readonly since: Date;
  readonly error: string | undefined;
  /** Version the upstream gives itself. */
  readonly version: string | undefined;
  readonly description: ServerDescription | undefined;
  /** The era it is spoken to in; undefined while it was never reached. */
  readonly era: Era | undefined;
  /** Counts its connections, so that what was learnt of an earlier one can be told apart. */
  readonly connection: number;
  readonly handle: UpstreamHandle;
  /** Deadline of its calls in milliseconds. */
  readonly timeoutMs: number;
  readonly limits: UpstreamLimits | undefined;
  /** Chooses the headers of a downstream's request that go along; undefined where none do. */
  readonly passHeaders: ((headers: readonly string[]) => readonly string[]) | undefined;
  /** Which of its tools that are offered need the agreement of a person, by their own names; undefined where none do. */
  readonly confirms: ReadonlyMap<string, ConfirmRule> | undefined;
}

/** True where an upstream is out of service, so that a call to it is refused at once. */
export function isOutOfService({ status, handle }: UpstreamState): boolean {
  return (status === "starting" && handle.waits !== true) || status === "down" || status === "crash-loop";
}

/** What exists at one moment: immutable, replaced as a whole, read once by each request. */
export interface Snapshot {
  /** Counts the snapshots. */
  readonly generation: number;
  readonly catalog: Catalog;
  readonly prompts: PromptCatalog;
  readonly resources: ResourceCatalog;
  readonly upstreams: ReadonlyMap<string, UpstreamState>;
}

/** Where snapshots come from: the registry, or a profile that shows a part of what is there. */
export interface Snapshots {
  readonly current: Snapshot;
  /** Calls `listener` with each new snapshot; returns the way to stop it. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void;
}
