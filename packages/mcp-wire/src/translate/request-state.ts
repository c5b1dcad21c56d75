import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { editObject } from "../json/edit.ts";
import type { Message } from "../message.ts";

/** Longest state we look at, in characters; ours have less than 200. */
const MAX_LENGTH = 512;

/**
 * Seals what a client has to bring back (2026-07-28 basic/patterns/mrtr: a state is the attacker's input). What is sealed
 * counts for the same request of the same caller until its time is over; another process cannot open it.
 */
export class StateSeal {
  readonly #key = randomBytes(32);
  readonly #now: () => number;

  /** @param now clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param ticket says which call waits; letters, digits, `-` and `_` */
  seal(ticket: string, request: Message, caller: string, ttlMs: number): string {
    const until = Math.ceil(this.#now() + ttlMs).toString(36);
    return `sg1.${ticket}.${until}.${this.#mac(ticket, until, request, caller)}`;
  }

  /** The ticket that was sealed; undefined for a state that is not ours, not this request's, not this caller's, or too old. */
  open(state: string, request: Message, caller: string): string | undefined {
    if (state.length > MAX_LENGTH) return undefined;
    const [version, ticket, until, mac, ...rest] = state.split(".");
    if (version !== "sg1" || ticket === undefined || until === undefined || mac === undefined) return undefined;
    const given = Buffer.from(mac);
    const right = Buffer.from(this.#mac(ticket, until, request, caller));
    if (rest.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    return Number.parseInt(until, 36) >= this.#now() ? ticket : undefined;
  }

  #mac(ticket: string, until: string, request: Message, caller: string): string {
    const hmac = createHmac("sha256", this.#key);
    for (const part of [ticket, until, caller, requestDigest(request)]) hmac.update(part).update("\0");
    return hmac.digest("base64url");
  }
}

/** What is the same in a request and its retries: everything but the envelope and what the retry adds. */
export function requestDigest(request: Message): string {
  const params = request.paramsBytes ?? Buffer.from("{}");
  const asked = editObject(params, { _meta: undefined, inputResponses: undefined, requestState: undefined });
  // By value: a client may well write its members in another order when it calls again.
  const canonical = JSON.stringify(sorted(JSON.parse(asked.toString())));
  return createHash("sha256").update(`${request.method}\0${canonical}`).digest("base64url");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { members: entries.map(([key, member]) => [key, sorted(member)]) };
}
