import { isIP } from "node:net";

/**
 * Names that no page on the internet can make a browser resolve to this machine, so a Host with them is no DNS rebinding:
 * those reserved for private use (RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`).
 */
const PRIVATE_SUFFIXES = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];

/**
 * Refuses requests that a foreign web page made a browser send (2026-07-28 basic/transports, "Security Warning"): a
 * public Host name (DNS rebinding) or a foreign Origin. Addresses, names without a dot (a container's, a neighbour's)
 * and private suffixes pass by themselves.
 *
 * @param allowed more names that pass, as Host and as Origin: `shard.example.com`, `*.example.com`, or `*` for any
 * @returns a check that gives the 403 to answer with, or undefined when the request may pass
 */
export function createEdge(allowed: readonly string[] = []): (request: Request) => Response | undefined {
  const names = allowed.map((name) => name.toLowerCase());
  const isAllowed = (host: string): boolean =>
    names.some((name) => name === "*" || name === host || (name.startsWith("*.") && host.endsWith(name.slice(1))));
  return (request) => {
    const host = hostnameOf(`http://${request.headers.get("host") ?? new URL(request.url).host}`);
    if (host === undefined || !(isOwn(host) || isAllowed(host))) {
      return refused(`Host ${host ?? "header"} is not served here; name it in ALLOWED_HOSTS if it should be`);
    }
    const origin = request.headers.get("origin");
    if (origin === null) return undefined;
    const from = hostnameOf(origin);
    const passes = from !== undefined && (from === host || isLoopback(from) || isAllowed(from));
    return passes ? undefined : refused("Requests from pages of another origin are not served here; see ALLOWED_HOSTS");
  };
}

function isOwn(host: string): boolean {
  return !host.includes(".") || isIP(host) !== 0 || PRIVATE_SUFFIXES.some((suffix) => host.endsWith(suffix));
}

/** The host of a URL in lower case, an IPv6 address without brackets; undefined when it is none. */
function hostnameOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "") || undefined;
}

function isLoopback(host: string): boolean {
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host === "::1" ||
    (isIP(host) === 4 && host.startsWith("127."))
  );
}

function refused(error: string): Response {
  return Response.json({ error }, { status: 403 });
}
