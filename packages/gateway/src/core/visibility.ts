import type { Message } from "@shardgate/mcp-wire";
import type { Catalog } from "./catalog.ts";

/** Which tools somebody may see, by the headers of their request, name and value in turn. */
export interface Visibility {
  /** The part of a catalog that they may see; the catalog itself where that is all of it. */
  visible(catalog: Catalog, headers: readonly string[] | undefined): Catalog;
  /** The same of a result of `tools/list` as an upstream gave it. */
  narrow(response: Message, upstream: string, headers: readonly string[] | undefined): Message;
  /** Calls `listener` when somebody may see other tools than before; returns the way to stop it. */
  onChange(listener: () => void): () => void;
}

/** Everybody sees everything. */
export const OPEN: Visibility = {
  visible: (catalog) => catalog,
  narrow: (response) => response,
  onChange: () => () => undefined,
};
