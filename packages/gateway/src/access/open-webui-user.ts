import { createHmac, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { LogFields } from "../core/logger.ts";
import { openWebUiHeaders } from "../core/open-webui.ts";
import type { Principal } from "./principal.ts";

export interface OpenWebUiSettings {
  /** Whether the plain headers are believed, of requests that gave the key: anybody can write them. */
  readonly trust_headers: boolean;
  /** Open WebUI's FORWARD_USER_INFO_HEADER_JWT_SECRET: then its signed token counts, and the plain headers do not. */
  readonly jwt_secret?: string | undefined;
}

/** What a request of Open WebUI's says of who is behind it. */
export interface Identity {
  /** Undefined where nobody is named, or nobody who is believed. */
  readonly principal?: Principal | undefined;
  /** Why the token of the request is not believed. */
  readonly refused?: string | undefined;
  readonly chat?: string | undefined;
  readonly chatMessage?: string | undefined;
}

/** Reads the headers of a request, name and value in turn; undefined where they say nothing that counts. */
export type Identify = (headers: readonly string[]) => Identity | undefined;

const MAX_FIELD = 128;
const MAX_TOKEN = 4096;
/** Tokens that were looked at lately: a client sends the same one with every request of a message. */
const MAX_TOKENS = 1000;
/** How far the clocks of the two may be apart, in seconds. */
const LEEWAY_S = 30;

/** Header (without its prefix) or claim, and what it is called here. */
const FIELDS = [
  ["user-id", "sub", "id"],
  ["user-name", "name", "name"],
  ["user-email", "email", "email"],
  ["user-role", "role", "role"],
] as const;

/** True where something is believed of what Open WebUI says. */
export function believesOpenWebUi({ trust_headers, jwt_secret }: OpenWebUiSettings): boolean {
  // Empty is what `${SECRET:-}` gives where there is none.
  return trust_headers || (jwt_secret ?? "") !== "";
}

/**
 * Reads the identity headers of Open WebUI (openwebui §1.2, "Identity headers").
 *
 * @param isKeyAsked whether requests gave the gateway's key; without one, plain headers say nothing
 * @returns undefined where the settings trust nothing, so that no call pays for it
 */
export function createIdentify(
  settings: OpenWebUiSettings,
  { isKeyAsked, now }: { readonly isKeyAsked: () => boolean; readonly now: () => Date },
): Identify | undefined {
  if (!believesOpenWebUi(settings)) return undefined;
  const secret = settings.jwt_secret || undefined;
  const readToken = secret === undefined ? undefined : tokenReader(secret, now);
  return (headers) => {
    const named = openWebUiHeaders(headers);
    if (named === undefined || (readToken === undefined && !isKeyAsked())) return undefined;
    const who = readToken === undefined ? plainIdentity(named) : readToken(named.get("user-jwt"));
    return { ...who, chat: named.get("chat-id"), chatMessage: named.get("message-id") };
  };
}

/** The same as fields of a log line. */
export function identityFields({ principal, refused, chat, chatMessage }: Identity): LogFields {
  const fields = [
    ["user", refused === undefined ? principal && cleaned(principal) : { refused }],
    ["chat", clean(chat)],
    ["chatMessage", clean(chatMessage)],
  ] as const;
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

/** A principal as people read it: in a log, in a message. */
export function cleaned(principal: Principal): Principal {
  return Object.fromEntries(Object.entries(principal).map(([key, value]) => [key, clean(value as string)]));
}

function plainIdentity(named: ReadonlyMap<string, string>): Identity {
  return { principal: principalOf((header) => decoded(named.get(header))) };
}

/** Reads tokens, each once: what came of it is kept until the token ends. */
function tokenReader(secret: string, now: () => Date): (token: string | undefined) => Identity {
  const read = new LRUCache<string, Verdict>({ max: MAX_TOKENS });
  return (token) => {
    if (token === undefined) return {};
    const seconds = now().getTime() / 1000;
    let verdict = token.length > MAX_TOKEN ? { refused: "no token" } : read.get(token);
    if (verdict === undefined) read.set(token, (verdict = verify(token, secret)));
    const { from = -Infinity, until = Infinity, ...identity } = verdict;
    if (identity.refused !== undefined) return identity;
    if (until + LEEWAY_S < seconds) return { refused: "expired" };
    return from - LEEWAY_S > seconds ? { refused: "not valid yet" } : identity;
  };
}

function principalOf(read: (header: string, claim: string) => unknown): Principal | undefined {
  const fields = FIELDS.flatMap(([header, claim, shown]) => {
    const value = read(header, claim);
    return typeof value === "string" && value !== "" ? [[shown, value]] : [];
  });
  return fields.length === 0 ? undefined : (Object.fromEntries(fields) as Principal);
}

/** What a token says, and between which times, in seconds since 1970. */
interface Verdict extends Identity {
  readonly from?: number;
  readonly until?: number;
}

/** Checks a token signed with HS256 (RFC 7515, RFC 7519 §7.2), but for the time. */
function verify(token: string, secret: string): Verdict {
  const [head = "", body = "", signature = "", ...more] = token.split(".");
  const header = objectIn(head);
  if (header === undefined || more.length > 0) return { refused: "no token" };
  if (header["alg"] !== "HS256") return { refused: "signed in another way than HS256" };
  const wanted = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return { refused: "signature does not fit" };
  const claims = objectIn(body);
  if (claims === undefined || claims["iss"] !== "open-webui") return { refused: "not from Open WebUI" };
  const { exp, nbf } = claims;
  if (typeof exp !== "number") return { refused: "without an end" };
  const principal = principalOf((_, claim) => claims[claim]);
  return { principal, until: exp, ...(typeof nbf === "number" && { from: nbf }) };
}

function objectIn(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Open WebUI writes what is no plain text in percent signs. */
function decoded(value: string | undefined): string | undefined {
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A value as a log may have it: short, and without characters that a terminal obeys. */
function clean(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  return value.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\ufffd").slice(0, MAX_FIELD);
}
