import type { Cancellation } from "../cancellation.ts";
import type { Era } from "../eras.ts";
import type { Exchange, ListKind, ServerDescription } from "../exchange.ts";
import type { Message } from "../message.ts";

/** A tool as an upstream lists it, in the words of both eras; its bytes are the upstream's own. */
export interface ListedTool {
  readonly name: string;
  readonly modern: Buffer;
  readonly legacy: Buffer;
}

/** An upstream we have shaken hands with. Which era it speaks ends here: callers of both eras are served. */
export interface UpstreamClient {
  readonly era: Era;
  /** Revision it speaks with us. */
  readonly version: string;
  readonly description: ServerDescription;
  /** Every page of its tools. @throws UpstreamError */
  listTools(cancellation: Cancellation): Promise<readonly ListedTool[]>;
  /** Asks for a sign of life. @throws UpstreamError */
  ping(cancellation: Cancellation): Promise<void>;
  /** @throws UpstreamError when there is no answer */
  readonly exchange: Exchange;
  /** Passes on a notification of a downstream, where the upstream has a use for it. */
  notify(message: Message, sessionKey: object | undefined): void;
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

/** The list a `list_changed` notification speaks of; undefined for any other message. */
export function changedList(message: Message): ListKind | undefined {
  return LISTS.get(message.method);
}
