import { matcher } from "./pattern.ts";

/**
 * Headers that are between two neighbours, or that we say ourselves (RFC 9110 §7.6.1): never passed on, whatever the
 * configuration says.
 */
const OURS =
  "connection keep-alive proxy-* te trailer transfer-encoding upgrade expect host origin content-* accept accept-encoding mcp-* last-event-id sec-* forwarded".split(
    " ",
  );

/** Whoever these are meant for is named: a pattern that happens to match gives nobody the key to the gateway. */
const CREDENTIALS: ReadonlySet<string> = new Set(["authorization", "cookie"]);

export interface HeaderPolicy {
  readonly allow: readonly string[];
  readonly deny?: readonly string[] | undefined;
}

/**
 * Chooses the headers of a downstream's request that go along with its call; name and value in turn, both ways.
 *
 * @param isKeyOurs whether Authorization holds the key to the gateway, which nobody else gets
 */
export function passHeaders(
  { allow, deny = [] }: HeaderPolicy,
  isKeyOurs: () => boolean,
): (headers: readonly string[]) => readonly string[] {
  const wanted = allow.map((name) => name.toLowerCase());
  const isWanted = matcher(wanted);
  const isDenied = matcher([...OURS, ...deny.map((name) => name.toLowerCase())]);
  const isPassed = (name: string): boolean =>
    isWanted(name) &&
    !isDenied(name) &&
    (!CREDENTIALS.has(name) || wanted.includes(name)) &&
    !(name === "authorization" && isKeyOurs());
  return (headers) => {
    const passed: string[] = [];
    for (let index = 0; index + 1 < headers.length; index += 2) {
      const name = headers[index] as string;
      if (isPassed(name.toLowerCase())) passed.push(name, headers[index + 1] as string);
    }
    return passed;
  };
}
