import { BlockList, isIP } from "node:net";

const blocked = new Map<string, BlockList>();

function block(reason: string, ...subnets: readonly string[]): void {
  const list = blocked.get(reason) ?? new BlockList();
  blocked.set(reason, list);
  for (const subnet of subnets) {
    const [address = "", bits] = subnet.split("/");
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
}

// Where clouds answer with credentials, among others (RFC 3927, RFC 4291 §2.5.6); the rest are theirs outside of link-local.
block("is link-local", "169.254.0.0/16", "fe80::/10");
block(
  "belongs to a cloud's metadata service",
  "100.100.100.200/32",
  "192.0.0.192/32",
  "168.63.129.16/32",
  "fd00:ec2::254/128",
);
block("is no single host", "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8");

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Why an address that came over a network must not be called; undefined where it may. Private networks are fine: the house
 * is in one.
 *
 * @param address IPv4 or IPv6, without brackets
 */
export function refuseAddress(address: string): string | undefined {
  const plain = unmapped(address);
  const family = isIP(plain);
  if (family === 0) return "is no address";
  const found = [...blocked].find(([, list]) => list.check(plain, family === 6 ? "ipv6" : "ipv4"));
  return found?.[0];
}

/** True for an address of the machine itself. */
export function isLoopback(address: string): boolean {
  const plain = unmapped(address);
  const family = isIP(plain);
  return family !== 0 && LOOPBACK.check(plain, family === 6 ? "ipv6" : "ipv4");
}

/** The IPv4 address inside of `::ffff:a.b.c.d`, however it is spelled (RFC 4291 §2.5.5.2), or of NAT64's `64:ff9b::` (RFC 6052). */
function unmapped(address: string): string {
  const bare = address.replace(/%.*$/, "");
  if (isIP(bare) !== 6) return bare;
  const spelled = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const [, high, low] = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(spelled) ?? [];
  if (high === undefined || low === undefined) return spelled;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join(".");
}
