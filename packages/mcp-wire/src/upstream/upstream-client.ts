import type { Cancellation } from "../cancellation.ts";
import type { Era } from "../eras.ts";
import type { Exchange, ListKind, ServerDescription } from "../exchange.ts";
import { memberOf } from "../json/edit.ts";
import type { Message } from "../message.ts";

/** A tool as an upstream lists it, in the words of both eras; its bytes are the upstream's own. */
export interface ListedTool {
  readonly name: string;
  readonly modern: Buffer;
  readonly legacy: Buffer;
}

/** What else an upstream lists, which is the same in both eras; its bytes are the upstream's own. */
export interface ListedItem {
  /** What it is asked for by: name of a prompt, URI of a resource, URI template of a resource template. */
  readonly key: string;
  readonly bytes: Buffer;
}

/** All that an upstream lists. */
export interface Lists {
  readonly tools: readonly ListedTool[];
  readonly prompts: readonly ListedItem[];
  readonly resources: readonly ListedItem[];
  readonly templates: readonly ListedItem[];
}

export const NO_LISTS: Lists = { tools: [], prompts: [], resources: [], templates: [] };

/** An upstream we have shaken hands with. Which era it speaks ends here: callers of both eras are served. */
export interface UpstreamClient {
  readonly era: Era;
  /** Revision it speaks with us. */
  readonly version: string;
  readonly description: ServerDescription;
  /** Every page of its lists, and what could not be listed. @throws UpstreamError */
  readLists(cancellation: Cancellation): Promise<{ readonly lists: Lists; readonly problems: readonly string[] }>;
  /** Asks for a sign of life. @throws UpstreamError */
  ping(cancellation: Cancellation): Promise<void>;
  /** @throws UpstreamError when there is no answer */
  readonly exchange: Exchange;
  /** Passes on a notification of a downstream, where the upstream has a use for it. */
  notify(message: Message, sessionKey: object | undefined): void;
  /**
   * Calls `onUpdated` with the URI of each of these resources that changes, for who has no session of the legacy era.
   *
   * @returns the way to stop it; undefined where the upstream cannot tell
   * @throws UpstreamError when it does not answer
   */
  watchResources(uris: readonly string[], onUpdated: (uri: string) => void): Promise<(() => void) | undefined>;
  /**
   * Listens for changes of its lists, where it announces them.
   *
   * @param onEnd called once when the upstream ends the stream
   * @returns how to stop; undefined where it does not announce changes
   */
  watch(onChange: (list: ListKind) => void, onEnd: (reason: Error) => void): (() => void) | undefined;
  close(): void;
}

const LISTS = new Map<string, ListKind>([
  ["notifications/tools/list_changed", "tools"],
  ["notifications/prompts/list_changed", "prompts"],
  ["notifications/resources/list_changed", "resources"],
]);

/** The lists whose changes a server says it announces. */
export function announcedLists({ capabilities }: ServerDescription): ListKind[] {
  const declared = Buffer.from(capabilities);
  return [...LISTS.values()].filter((list) => {
    const capability = memberOf(declared, list);
    return capability !== undefined && memberOf(capability, "listChanged")?.toString() === "true";
  });
}

/** The list a `list_changed` notification speaks of; undefined for any other message. */
export function changedList(message: Message): ListKind | undefined {
  return LISTS.get(message.method);
}
