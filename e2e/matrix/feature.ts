// What a feature is, and what features are made of.
import { expect } from "vitest";
import type { Json } from "../fixture/surface.ts";
import { RpcError, type Peer } from "./peer.ts";

/** A connected client, and what the upstream's things are called where it is connected. */
export interface At {
  readonly peer: Peer;
  /** Whether the client speaks to this upstream alone. */
  readonly isAlone: boolean;
  /** Era that the upstream speaks. */
  readonly upstreamEra: "legacy" | "modern";
  /** Of a tool or prompt. */
  readonly named: (name: string) => string;
  readonly uri: (uri: string) => string;
  /** Another client of the same kind, which has asked for nothing and must hear nothing. */
  readonly bystander: Peer;
}

export interface Feature {
  readonly feature: string;
  readonly page: string;
  readonly works: (at: At) => Promise<void>;
}

/** How long news may take, for `vi.waitFor`. */
export const NEWS_MS = { timeout: 2_000, interval: 10 } as const;

export const call = ({ peer, named }: At, name: string, args: Json = {}, more: Json = {}): Promise<Json> =>
  peer.request("tools/call", { name: named(name), arguments: args, ...more });
/** A result of one text. */
export const saying = (text: string | RegExp) => ({
  content: [{ type: "text", text: typeof text === "string" ? text : expect.stringMatching(text) }],
});
/** The error of the protocol that a request came to. */
export const refused = async (work: Promise<unknown>): Promise<RpcError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RpcError);
  return error as RpcError;
};
/** All pages of a list. */
export async function listOf({ peer }: At, method: string, key: string): Promise<readonly Json[]> {
  const items: Json[] = [];
  for (let cursor: unknown; ;) {
    const page = await peer.request(method, cursor === undefined ? {} : { cursor });
    items.push(...((page[key] ?? []) as readonly Json[]));
    cursor = page["nextCursor"];
    if (cursor === undefined) return items;
  }
}
