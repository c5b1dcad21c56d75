/**
 * The two eras of MCP (2026-07-28 basic/versioning): *legacy* revisions open with `initialize` and may keep sessions,
 * *modern* ones carry everything with each request.
 */
export type Era = "legacy" | "modern";

/** Modern revisions we speak, newest first. */
export const MODERN_VERSIONS = ["2026-07-28"] as const;

/** Legacy revisions we speak over streamable HTTP, newest first. */
export const LEGACY_VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

export const LATEST_MODERN: string = MODERN_VERSIONS[0];
export const LATEST_LEGACY: string = LEGACY_VERSIONS[0];

/** What a request without a version header speaks (2025-11-25 basic/transports, "Protocol Version Header"). */
export const ASSUMED_LEGACY = "2025-03-26";

/** The one revision with JSON-RPC batches. */
export const BATCH_VERSION = "2025-03-26";

/** Keys of the per-request envelope in `_meta`; they end at the next hop, all others go end to end. */
export const MetaKey = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId",
} as const;

/** Headers of streamable HTTP, in the lower case that Node gives them. */
export const Header = {
  version: "mcp-protocol-version",
  session: "mcp-session-id",
  method: "mcp-method",
  name: "mcp-name",
  /** Prefix of headers that mirror arguments; an intermediary passes on those it does not know (SEP-2243). */
  paramPrefix: "mcp-param-",
} as const;

/** True for a revision that has no `initialize`: revisions are dates, so they compare as text. */
export function isModernVersion(version: string): boolean {
  return version === LATEST_MODERN || (/^\d{4}-\d{2}-\d{2}$/.test(version) && version >= "2026-07-28");
}

/** The revision a legacy server answers `initialize` with: the one asked for where we speak it, else our newest. */
export function negotiateLegacy(requested: unknown): string {
  return (LEGACY_VERSIONS as readonly unknown[]).includes(requested) ? (requested as string) : LATEST_LEGACY;
}
