import { Header, isModernVersion, MetaKey, MODERN_VERSIONS, type Era } from "./eras.ts";
import type { Message } from "./message.ts";
import { badRequest, RpcCode, WireError } from "./wire-error.ts";

/** What the edge finds out about a message once, so that nothing behind it has to ask again. */
export interface Classification {
  readonly era: Era;
  /** Revision the downstream named; undefined where a legacy message names none. */
  readonly version: string | undefined;
}

/** Where headers are looked up, by their lower-case names. */
export interface HeaderSource {
  header(name: string): string | undefined;
}

/** Which member of `params` the `Mcp-Name` header mirrors (SEP-2243), by method. */
const NAME_SOURCE = new Map<string, "name" | "uri">([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
]);

/** Methods that the modern era no longer has (2026-07-28 changelog). */
const REMOVED: ReadonlySet<string> = new Set([
  "initialize",
  "ping",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
]);

/**
 * Tells the era of a message by its body, with the headers as a cross-check, and validates the modern envelope
 * (2026-07-28 basic/index and basic/transports; SEP-2243).
 *
 * @param request gives its headers by their lower-case names
 * @throws WireError `-32602` for an envelope with parts missing, `-32022` for a revision we do not speak,
 *   `-32020` where header and body disagree; all with HTTP 400; `-32601` with HTTP 404 for a method of the legacy era only
 */
export function classify(message: Message, request: HeaderSource): Classification {
  const headerVersion = request.header(Header.version);
  const headerIsModern = headerVersion !== undefined && isModernVersion(headerVersion);
  const claimed = message.namedVersion;
  if (message.method === "initialize" && claimed === undefined) {
    if (headerIsModern)
      throw mismatch(Header.version, headerVersion, "initialize belongs to revisions before 2026-07-28");
    return { era: "legacy", version: headerVersion };
  }
  if (claimed === undefined && !headerIsModern) return { era: "legacy", version: headerVersion };
  if (message.isResponse)
    throw badRequest(RpcCode.invalidRequest, "Invalid request: 2026-07-28 has no client responses");
  if (headerVersion === undefined) throw mismatch(Header.version, headerVersion, `the body names ${String(claimed)}`);
  if (claimed !== undefined && claimed !== headerVersion) {
    throw mismatch(Header.version, headerVersion, `the body names ${String(claimed)}`);
  }
  if (!(MODERN_VERSIONS as readonly string[]).includes(headerVersion)) {
    const supported = [...MODERN_VERSIONS];
    const data = { supported, requested: headerVersion };
    throw badRequest(RpcCode.unsupportedVersion, `Unsupported protocol version ${headerVersion}`, data);
  }
  if (message.isRequest) checkEnvelope(message, claimed);
  checkHeaders(message, request);
  if (message.isRequest && REMOVED.has(message.method)) {
    throw new WireError(RpcCode.methodNotFound, `${headerVersion} has no method ${message.method}`, { status: 404 });
  }
  return { era: "modern", version: headerVersion };
}

function checkEnvelope(message: Message, claimed: unknown): void {
  const { hasCapabilities } = message;
  if (claimed !== undefined && hasCapabilities) return;
  const missing = [
    ...(claimed === undefined ? [MetaKey.protocolVersion] : []),
    ...(hasCapabilities ? [] : [MetaKey.clientCapabilities]),
  ];
  const what = missing.join(" and ");
  throw badRequest(RpcCode.invalidParams, `Invalid params: ${message.method} needs params._meta with ${what}`, {
    missing,
  });
}

function checkHeaders(message: Message, request: HeaderSource): void {
  const method = request.header(Header.method);
  if (message.isRequest && method === undefined)
    throw mismatch(Header.method, method, `the body's method is ${message.method}`);
  if (method !== undefined && method !== message.method) {
    throw mismatch(Header.method, method, `the body's method is ${message.method}`);
  }
  const source = NAME_SOURCE.get(message.method);
  if (source === undefined) return;
  const named = message[source];
  const raw = request.header(Header.name)?.trim();
  if (raw === undefined) {
    if (named !== undefined)
      throw mismatch(Header.name, raw, `the body's params.${source} is ${JSON.stringify(named)}`);
    return;
  }
  if (decodeHeaderValue(raw) !== named) {
    throw mismatch(Header.name, raw, `the body's params.${source} is ${JSON.stringify(named)}`);
  }
}

const SENTINEL = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;

/** The text of a header value that may be wrapped in the base64 sentinel of SEP-2243. */
export function decodeHeaderValue(value: string): string {
  const match = SENTINEL.exec(value);
  return match ? Buffer.from(match[1] as string, "base64").toString() : value;
}

/** A header value for any text: as it is where it is plain visible ASCII, else in the base64 sentinel of SEP-2243. */
export function encodeHeaderValue(text: string): string {
  if (/^[!-~](?:[ -~]*[!-~])?$/.test(text) && !SENTINEL.test(text)) return text;
  return `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

function mismatch(name: string, value: string | undefined, body: string) {
  const found = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
  const data = { mismatch: { header: name, value: value ?? null } };
  return badRequest(RpcCode.headerMismatch, `Header and body disagree: the header ${name} ${found}, but ${body}`, data);
}
