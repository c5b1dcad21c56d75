/** Which names and web pages may reach the gateway. */
export interface EdgeOptions {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

/** A request the edge turns away before anything looks at it. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Suffixes that no one can register, so that no foreign page can point such a name at us (RFC 6762, RFC 8375, ICANN). */
const PRIVATE_SUFFIXES = [".localhost", ".local", ".lan", ".home.arpa", ".internal"];

/** Well below the number beyond which Node silently drops the later ones, an Origin among them. */
const MAX_HEADERS = 200;

/**
 * Checks headers as they came, name and value in turn: that none was dropped, and that there is one Host at most, of which
 * Node would show the first and something in front of us may have looked at the last (RFC 9112 §3.2).
 *
 * @returns undefined when the request may pass
 */
export function guardHeaders(raw: readonly string[]): Refusal | undefined {
  if (raw.length / 2 > MAX_HEADERS) return { status: 431, message: `A request may have ${MAX_HEADERS} headers` };
  let hosts = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts > 1 ? { status: 400, message: "A request names one Host" } : undefined;
}

/**
 * Checks Host and Origin (2025-11-25 basic/transports, "Security Warning"). A web page can make a browser call us only
 * under a name its owner controls; addresses, single-label names and private suffixes are none, so they pass.
 *
 * @returns undefined when the request may pass
 */
export function guard(host: string | undefined, origin: string | undefined, options: EdgeOptions): Refusal | undefined {
  const name = hostname(host);
  if (name === undefined || !isOwnName(name, options.allowedHosts)) {
    const shown = JSON.stringify(host ?? "");
    return { status: 403, message: `Host ${shown} is not served here; add it to listen.allowed_hosts if it is yours` };
  }
  if (origin === undefined || options.allowedOrigins.includes(origin)) return undefined;
  const from = /^https?:\/\/([^/,\s]+)$/.exec(origin)?.[1];
  const fromName = hostname(from);
  if (fromName !== undefined && (LOOPBACK.has(fromName) || from === host)) return undefined;
  return {
    status: 403,
    message: `Origin ${JSON.stringify(origin)} may not call; add it to listen.allowed_origins if it is yours`,
  };
}

function hostname(host: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(host ?? "")?.[1]?.toLowerCase();
}

function isOwnName(name: string, allowed: readonly string[]): boolean {
  if (LOOPBACK.has(name) || allowed.includes(name)) return true;
  const isAddress = name.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
  return isAddress || !name.includes(".") || PRIVATE_SUFFIXES.some((suffix) => name.endsWith(suffix));
}
