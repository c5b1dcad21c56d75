import { MetaKey, MODERN_VERSIONS, negotiateLegacy } from "../eras.ts";
import type { ServerDescription } from "../exchange.ts";
import type { Message } from "../message.ts";
import type { ClientDescription } from "../sessions.ts";

/** How long, in milliseconds, a modern client may use a list or description without asking again. */
export const LIST_TTL_MS = 5_000;

/** The result of `initialize`, as JSON (2025-11-25 basic/lifecycle). */
export function initializeResult(
  version: string,
  { serverInfo, capabilities, instructions }: ServerDescription,
): string {
  const text = instructions === undefined ? "" : `,"instructions":${JSON.stringify(instructions)}`;
  return `{"protocolVersion":"${version}","capabilities":${capabilities},"serverInfo":${serverInfo}${text}}`;
}

/** What `initialize` says: the revision we answer with and what the client says of itself. */
export function readInitialize(message: Message): { version: string; client: ClientDescription } {
  const { protocolVersion, clientInfo, capabilities } = message.params;
  const declared = typeof capabilities === "object" && capabilities !== null ? { ...capabilities } : {};
  return { version: negotiateLegacy(protocolVersion), client: { clientInfo, capabilities: declared } };
}

/** The result of `server/discover`, as JSON (2026-07-28 server/discover). */
export function discoverResult({ serverInfo, capabilities, instructions }: ServerDescription): string {
  const text = instructions === undefined ? "" : `"instructions":${JSON.stringify(instructions)},`;
  return (
    `{"resultType":"complete","supportedVersions":${JSON.stringify(MODERN_VERSIONS)},"capabilities":${capabilities},` +
    `${text}"ttlMs":${LIST_TTL_MS},"cacheScope":"private","_meta":{"${MetaKey.serverInfo}":${serverInfo}}}`
  );
}
