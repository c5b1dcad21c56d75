import { goNumberText, type GoValue } from "./go-value.ts";

type Scalar = Exclude<GoValue, { kind: "list" | "map" }>;

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * Resolves a plain (unquoted, untagged) scalar as go-yaml v3 does when the target is `interface{}`: YAML 1.2 words,
 * but numbers with Go's prefixes and underscores, octal by a leading zero, and timestamps.
 */
export function resolvePlain(source: string): Scalar {
  switch (source) {
    case "":
    case "~":
    case "null":
    case "Null":
    case "NULL":
      return { kind: "null" };
    case "true":
    case "True":
    case "TRUE":
      return { kind: "bool", text: "true" };
    case "false":
    case "False":
    case "FALSE":
      return { kind: "bool", text: "false" };
  }
  if (/^[+-]?\.(inf|Inf|INF)$/.test(source)) return { kind: "number", text: source.startsWith("-") ? "-Inf" : "+Inf" };
  if (/^\.(nan|NaN|NAN)$/.test(source)) return { kind: "number", text: "NaN" };
  if (isTimestamp(source)) return { kind: "time" };
  return resolveNumber(source) ?? { kind: "string", text: source };
}

function resolveNumber(source: string): Scalar | undefined {
  if (!/^[-+.0-9]/.test(source)) return undefined;
  const plain = source.replaceAll("_", "");
  const integer = parseInteger(plain);
  if (integer !== undefined) return { kind: "number", text: goNumberText(integer) };
  if (/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(plain)) {
    const value = Number(plain);
    // Go's ParseFloat reports a range error, and go-yaml then leaves the scalar a string.
    if (Number.isFinite(value)) return { kind: "number", text: goNumberText(value) };
  }
  return undefined;
}

/** Go's ParseInt(text, 0, 64), then ParseUint. */
function parseInteger(text: string): bigint | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)$/.exec(text);
  if (match === null) return undefined;
  const digits = (match[2] as string).toLowerCase();
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const signed = match[1] === "-" ? -value : value;
  // ParseUint takes no sign, so `+` and a value above int64 is no integer.
  const limit = match[1] === "" ? UINT64_MAX : 2n ** 63n - 1n;
  return signed >= INT64_MIN && signed <= limit ? signed : undefined;
}

/**
 * The four layouts go-yaml tries: date, date and time with `T`, `t` or a blank. Month and day may have one digit.
 * Only a date that exists counts.
 */
function isTimestamp(source: string): boolean {
  const match =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])\s*(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(
      source,
    );
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return false;
  if (match[4] === undefined) return true;
  if (Number(match[5]) > 23 || Number(match[6]) > 59 || Number(match[7]) > 59) return false;
  return (match[4] === " ") === (match[8] === undefined);
}
