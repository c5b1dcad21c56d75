import { ToolError } from "@shardgate/shard-sdk";
import { BlockList, isIP, type IPVersion } from "node:net";
import type { ApiEntryPoint } from "../client/api-types.ts";

/** What decides which backends are allowed. */
export interface BackendPolicy {
  /** Ranges that IP addresses must be in; empty: any but the reserved ones. */
  readonly allowed: readonly string[];
  /** Base URL of Traefik's API. */
  readonly apiUrl: string;
  readonly entryPoints: readonly ApiEntryPoint[];
}

const RESERVED: readonly (readonly [range: string, what: string])[] = [
  ["127.0.0.0/8", "loopback: Traefik would call itself"],
  ["::1/128", "loopback: Traefik would call itself"],
  ["0.0.0.0/8", "no address to send to"],
  ["::/128", "no address to send to"],
  ["169.254.0.0/16", "link-local, where cloud metadata is served"],
  ["fe80::/10", "link-local"],
  ["224.0.0.0/4", "multicast"],
  ["ff00::/8", "multicast"],
  ["255.255.255.255/32", "broadcast"],
];

const RESERVED_NAMES = /^(localhost|.*\.localhost|metadata|metadata\.google\.internal|instance-data)\.?$/i;

/**
 * Reads a backend as people write it (`192.168.1.20:8096` gets `http://`) and checks that a route may lead there.
 *
 * @returns the URL Traefik is given: scheme, host and port
 * @throws ToolError naming what is wrong with it
 */
export function readBackend(text: string, policy: BackendPolicy): string {
  const spelled = /^[a-z][a-z0-9+.-]*:\/\//i.test(text.trim()) ? text.trim() : `http://${text.trim()}`;
  const scheme = (/^[a-z][a-z0-9+.-]*/i.exec(spelled) as RegExpExecArray)[0].toLowerCase();
  const refuse = (why: string, next = "Write it like http://192.168.1.20:8096."): ToolError =>
    new ToolError(`\`backend\`: ${JSON.stringify(text)} ${why}.`, { next });
  if (!["http", "https", "h2c"].includes(scheme))
    throw refuse(`has the scheme ${scheme}; Traefik speaks http, https and h2c to backends`);
  // h2c is parsed as http, so that odd spellings of an address (0x7f.1) are recognised for it too.
  const url = URL.parse(spelled.replace(/^h2c:/i, "http:"));
  if (url === null || url.hostname === "") throw refuse("is no URL");
  if (url.username !== "" || url.password !== "")
    throw refuse("holds a user name or password; Traefik would not send it");
  if (url.search !== "" || url.hash !== "") throw refuse("has a query or fragment");
  if (url.pathname !== "/")
    throw refuse(
      `has the path ${url.pathname}, which Traefik ignores`,
      "Leave the path out; use path_prefix to choose requests by path.",
    );
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || (scheme === "https" ? 443 : 80));
  const forbidden = forbiddenHost(host, policy.allowed);
  if (forbidden !== undefined)
    throw refuse(`is not allowed: ${forbidden}`, "Give the address of the service itself, as Traefik reaches it.");
  if (isTraefik(host, port, policy)) throw refuse("is Traefik itself", "Give the address of the service behind it.");
  return `${scheme}://${url.host}`;
}

/** Why nothing may be sent to a host; undefined when it may. */
export function forbiddenHost(host: string, allowed: readonly string[]): string | undefined {
  if (RESERVED_NAMES.test(host)) return "that name means Traefik's own machine or its metadata service";
  const address = unmap(host);
  const version = isIP(address);
  // A name is resolved where Traefik runs, which cannot be seen from here.
  if (version === 0) return undefined;
  if (allowed.length > 0)
    return within(address, allowed) ? undefined : `only addresses in ${allowed.join(", ")} are (ALLOWED_BACKEND_CIDRS)`;
  return RESERVED.find(([range]) => within(address, [range]))?.[1];
}

/** The IPv4 address inside an IPv4-mapped IPv6 one, in the form WHATWG URLs give it (`::ffff:7f00:1`). */
function unmap(host: string): string {
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(host);
  if (match === null) return host.replace(/^::ffff:(?=\d+\.)/i, "");
  const [high, low] = [Number.parseInt(match[1] as string, 16), Number.parseInt(match[2] as string, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

function within(address: string, ranges: readonly string[]): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network, bits] = range.split("/") as [string, string | undefined];
    const type: IPVersion = isIP(network) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(network, type);
    else list.addSubnet(network, Number(bits), type);
  }
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** Whether a backend is Traefik's API or one of its entrypoints, which would make a loop or open the API. */
function isTraefik(host: string, port: number, { apiUrl, entryPoints }: BackendPolicy): boolean {
  const api = new URL(apiUrl);
  const ports = new Set([
    Number(api.port || (api.protocol === "https:" ? 443 : 80)),
    ...entryPoints.map(({ address }) => portOf(address)),
  ]);
  const own = new Set([
    api.hostname.replace(/^\[|\]$/g, ""),
    ...entryPoints.map(({ address }) => address.split(":").slice(0, -1).join(":")),
  ]);
  own.delete("");
  return ports.has(port) && (own.has(host) || host === "traefik");
}

/** The port in an entrypoint's address (`:443`, `127.0.0.1:80`, `:53/udp`). */
export function portOf(address: string): number {
  return Number(/:(\d+)(?:\/\w+)?$/.exec(address)?.[1] ?? 0);
}
