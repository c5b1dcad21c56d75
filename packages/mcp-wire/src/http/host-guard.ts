import { isIP } from "node:net";

/** Further names that may pass: `mcp.example.com`, `*.example.com`, `*` for any; an origin may stand in full. */
export interface AllowedNames {
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
}

/** A check of one request's Host and Origin: why it is refused (with HTTP 403), or undefined when it may pass. */
export type HostGuard = (host: string | undefined, origin: string | undefined) => string | undefined;

/** Suffixes that no one can register, so that no foreign page can point such a name at us (RFC 6761, 6762, 8375, ICANN). */
const PRIVATE_SUFFIXES = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];

/**
 * Refuses requests that a foreign web page made a browser send (2025-11-25 and 2026-07-28 basic/transports, "Security
 * Warning"). A page reaches us only under a name its owner controls: addresses, names without a dot (a container's, a
 * neighbour's) and private suffixes are none, so they pass as Host. An Origin passes when it is the Host itself or
 * loopback.
 */
export function createHostGuard({ hosts, origins }: AllowedNames): HostGuard {
  // Clients name the same host again and again.
  let passed: string | undefined;
  return (host, origin) => {
    if (origin === undefined && host !== undefined && host === passed) return undefined;
    const authority = host?.toLowerCase();
    const name = nameOf(authority);
    if (name === undefined || !(isOwn(name) || isAllowed(name, hosts))) {
      return `Host ${JSON.stringify(host ?? "")} is not served here; add it to the allowed hosts if it is yours`;
    }
    passed = host;
    if (origin === undefined || origins.includes(origin)) return undefined;
    const from = /^https?:\/\/([^/,\s]+)$/.exec(origin.toLowerCase())?.[1];
    const fromName = nameOf(from);
    if (fromName !== undefined && (from === authority || isLoopback(fromName) || isAllowed(fromName, origins)))
      return undefined;
    return `Origin ${JSON.stringify(origin)} may not call; add it to the allowed origins if it is yours`;
  };
}

/** The name of a `host[:port]`, without a final dot or the brackets of an address. */
function nameOf(authority: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+?)\.?)(?::\d{1,5})?$/.exec(authority ?? "");
  return match?.[1] ?? match?.[2];
}

function isOwn(name: string): boolean {
  return !name.includes(".") || isIP(name) !== 0 || PRIVATE_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

function isAllowed(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const wanted = pattern.toLowerCase();
    return wanted === "*" || wanted === name || (wanted.startsWith("*.") && name.endsWith(wanted.slice(1)));
  });
}

function isLoopback(name: string): boolean {
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    name === "::1" ||
    (isIP(name) === 4 && name.startsWith("127."))
  );
}
