import { isIP } from "node:net";
import { RE2JS } from "re2js";

type Check = (args: readonly string[]) => string | undefined;

interface Matcher {
  readonly counts: readonly number[];
  readonly check?: Check;
}

const HTTP: Readonly<Record<string, Matcher>> = {
  ClientIP: { counts: [1], check: (args) => checkAddress(args[0] as string) },
  Method: { counts: [1] },
  Host: { counts: [1], check: (args) => checkAscii(args[0] as string, "Host") },
  HostRegexp: {
    counts: [1],
    check: (args) =>
      checkAscii(args[0] as string, "HostRegexp") ?? checkRegexp(args[0] as string, "compiling HostRegexp matcher"),
  },
  Path: { counts: [1], check: (args) => checkPath(args[0] as string) },
  PathPrefix: { counts: [1], check: (args) => checkPath(args[0] as string) },
  PathRegexp: { counts: [1], check: (args) => checkRegexp(args[0] as string, "compiling PathPrefix matcher") },
  Header: { counts: [2] },
  HeaderRegexp: { counts: [2], check: (args) => checkRegexp(args[1] as string, "compiling HeaderRegexp matcher") },
  Query: { counts: [1, 2] },
  QueryRegexp: {
    counts: [1, 2],
    check: (args) => (args[1] === undefined ? undefined : checkRegexp(args[1], "compiling QueryRegexp matcher")),
  },
};

const TCP: Readonly<Record<string, Matcher>> = {
  ClientIP: { counts: [1], check: (args) => checkAddress(args[0] as string) },
  HostSNI: { counts: [1], check: (args) => checkSni(args[0] as string) },
  HostSNIRegexp: {
    counts: [1],
    check: (args) =>
      checkAscii(args[0] as string, "HostSNIRegexp") ??
      checkRegexp(args[0] as string, "compiling HostSNIRegexp matcher"),
  },
  ALPN: {
    counts: [1],
    check: (args) =>
      args[0] === "acme-tls/1" ? `invalid protocol value for ALPN matcher, "acme-tls/1" is not allowed` : undefined,
  },
};

/** What Traefik says when it builds this matcher, or undefined when it takes it. */
export function checkMatcher(kind: "http" | "tcp", name: string, args: readonly string[]): string | undefined {
  const matcher = (kind === "http" ? HTTP : TCP)[name];
  if (matcher === undefined) return `unsupported function: ${name}`;
  if (args.length === 0) return `error while checking rule ${name}: no args for matcher ${name}`;
  if (args.includes(""))
    return `error while checking rule ${name}: empty args for matcher ${name}, [${args.join(" ")}]`;
  const wrong = matcher.counts.includes(args.length)
    ? matcher.check?.(args)
    : wrongCount(kind, args.length, matcher.counts);
  return wrong === undefined ? undefined : `error while adding rule ${name}: ${wrong}`;
}

function wrongCount(kind: "http" | "tcp", got: number, counts: readonly number[]): string {
  const expected = kind === "tcp" ? counts[0] : `one of [${counts.join(" ")}]`;
  return `unexpected number of parameters; got ${got}, expected ${expected}`;
}

/** Why RE2, the engine of Go, refuses a pattern; undefined when it compiles. JavaScript's own engine takes more. */
export function checkRe2(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function checkRegexp(pattern: string, doing: string): string | undefined {
  const wrong = checkRe2(pattern);
  return wrong === undefined ? undefined : `${doing}: ${wrong}`;
}

function checkAscii(value: string, matcher: string): string | undefined {
  if (value === "*") return undefined;
  // eslint-disable-next-line no-control-regex
  if (/^[\u0000-\u007F]*$/.test(value)) return undefined;
  return `invalid value ${JSON.stringify(value)} for ${matcher} matcher, non-ASCII characters are not allowed`;
}

function checkSni(value: string): string | undefined {
  if (value === "*" || /^(\*\.)?[\w.\-:]+$/.test(value)) return undefined;
  return `invalid value for HostSNI matcher, ${JSON.stringify(value)} is not a valid hostname`;
}

function checkPath(value: string): string | undefined {
  return value.startsWith("/") ? undefined : `path ${JSON.stringify(value)} does not start with a '/'`;
}

function checkAddress(value: string): string | undefined {
  return isAddressRange(value)
    ? undefined
    : `initializing IP checker for ClientIP matcher: parsing CIDR trusted IPs <nil>: invalid CIDR address: ${value}`;
}

/** An IP address, or a CIDR range as Go's net package reads it. */
export function isAddressRange(value: string): boolean {
  const [address, bits, ...rest] = value.split("/");
  const version = isIP(address as string);
  if (version === 0 || rest.length > 0 || (address as string).includes("%")) return false;
  if (bits === undefined) return true;
  return /^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}
