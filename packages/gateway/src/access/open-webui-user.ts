import { createHmac, timingSafeEqual } from "node:crypto";
import type { LogFields } from "../core/logger.ts";

export interface OpenWebUiSettings {
  /** Whether the plain headers are believed, of requests that gave the key: anybody can write them. */
  readonly trust_headers: boolean;
  /** Open WebUI's FORWARD_USER_INFO_HEADER_JWT_SECRET: then its signed token counts, and the plain headers do not. */
  readonly jwt_secret?: string | undefined;
}

/** Says who is behind a request of Open WebUI's, as fields of a log line; undefined where nobody is named. */
export type DescribeUser = (headers: readonly string[]) => LogFields | undefined;

const MAX_FIELD = 128;
const MAX_TOKEN = 4096;
/** How far the clocks of the two may be apart, in seconds. */
const LEEWAY_S = 30;

/** Header or claim, and what it is called in the log. */
const FIELDS = [
  ["x-openwebui-user-id", "sub", "id"],
  ["x-openwebui-user-name", "name", "name"],
  ["x-openwebui-user-email", "email", "email"],
  ["x-openwebui-user-role", "role", "role"],
] as const;

/**
 * Reads the identity headers of Open WebUI (openwebui §1.2, "Identity headers").
 *
 * @param isKeyAsked whether requests gave the gateway's key; without one, plain headers say nothing
 * @returns undefined where the settings trust nothing, so that no call pays for it
 */
export function describeUser(
  { trust_headers: trustsHeaders, jwt_secret }: OpenWebUiSettings,
  { isKeyAsked, now }: { readonly isKeyAsked: () => boolean; readonly now: () => Date },
): DescribeUser | undefined {
  // Empty is what `${SECRET:-}` gives where there is none.
  const secret = jwt_secret || undefined;
  if (secret === undefined && !trustsHeaders) return undefined;
  return (headers) => {
    const named = openWebUiHeaders(headers);
    if (named.size === 0 || (secret === undefined && !isKeyAsked())) return undefined;
    const user = secret === undefined ? plainUser(named) : signedUser(named.get("x-openwebui-user-jwt"), secret, now());
    const [chat, message] = [clean(named.get("x-openwebui-chat-id")), clean(named.get("x-openwebui-message-id"))];
    return {
      ...(user !== undefined && { user }),
      ...(chat !== undefined && { chat }),
      ...(message !== undefined && { chatMessage: message }),
    };
  };
}

/** By name in lower case; the first of each counts. */
function openWebUiHeaders(headers: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    if (name.startsWith("x-openwebui-") && !found.has(name)) found.set(name, headers[index + 1] as string);
  }
  return found;
}

function plainUser(named: ReadonlyMap<string, string>): LogFields | undefined {
  return fieldsOf((header) => decoded(named.get(header)));
}

function signedUser(token: string | undefined, secret: string, now: Date): LogFields | undefined {
  if (token === undefined) return undefined;
  const claims = verify(token, secret, now);
  return typeof claims === "string" ? { refused: claims } : fieldsOf((_, claim) => claims[claim]);
}

function fieldsOf(read: (header: string, claim: string) => unknown): LogFields | undefined {
  const fields = FIELDS.flatMap(([header, claim, shown]) => {
    const value = clean(read(header, claim));
    return value === undefined ? [] : [[shown, value]];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

/**
 * Checks a token signed with HS256 (RFC 7515, RFC 7519 §7.2).
 *
 * @returns its claims, or why it is not believed
 */
function verify(token: string, secret: string, now: Date): Readonly<Record<string, unknown>> | string {
  const [head = "", body = "", signature = "", ...more] = token.length > MAX_TOKEN ? [] : token.split(".");
  const header = objectIn(head);
  if (header === undefined || more.length > 0) return "no token";
  if (header["alg"] !== "HS256") return "signed in another way than HS256";
  const wanted = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return "signature does not fit";
  const claims = objectIn(body);
  if (claims === undefined || claims["iss"] !== "open-webui") return "not from Open WebUI";
  const { exp, nbf } = claims;
  const seconds = now.getTime() / 1000;
  if (typeof exp !== "number" || exp + LEEWAY_S < seconds) return "expired";
  if (typeof nbf === "number" && nbf - LEEWAY_S > seconds) return "not valid yet";
  return claims;
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
