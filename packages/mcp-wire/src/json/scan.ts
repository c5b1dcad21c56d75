/**
 * A JSON scanner over bytes (RFC 8259): it finds where values begin and end and refuses what is not JSON, without
 * building anything. UTF-8 validity is the caller's to check (`buffer.isUtf8`), once for the whole text.
 */

/**
 * Deepest nesting we take, in containers. Every JSON library we know of survives it (Python's gives up near 1,000), so
 * a text that passes here does not blow a stack behind us.
 */
export const MAX_DEPTH = 512;

/** Thrown where a text is not JSON; `offset` is the byte at fault. */
export class JsonScanError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.name = "JsonScanError";
    this.offset = offset;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** First byte at or after `at` that is not JSON white space; the length of the text where only that follows. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  const length = bytes.length;
  while (at < length) {
    const byte = bytes[at] as number;
    // All white space is below every other byte that JSON may have here.
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return at;
    at++;
  }
  return at;
}

/** Called for each member of an object: spans of the key (between its quotes) and of the value. */
export type MemberVisitor = (keyStart: number, keyEnd: number, valueStart: number, valueEnd: number) => void;

/**
 * Walks the members of the object that begins at `at` (its `{`).
 *
 * @param skip how to pass a value: given its first byte, the first byte behind it; lets a caller look inside on the way
 * @returns the first byte behind the object
 * @throws JsonScanError where the text is not JSON
 */
export function scanMembers(
  bytes: Uint8Array,
  at: number,
  visit: MemberVisitor,
  skip: (bytes: Uint8Array, at: number, keyStart: number, keyEnd: number) => number = skipValue,
): number {
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === CLOSE_OBJECT) return at + 1;
  for (;;) {
    if (bytes[at] !== QUOTE) throw new JsonScanError("expected a property name", at);
    const keyStart = at + 1;
    at = skipString(bytes, at);
    const keyEnd = at - 1;
    at = skipSpace(bytes, at);
    if (bytes[at] !== COLON) throw new JsonScanError("expected ':'", at);
    const valueStart = skipSpace(bytes, at + 1);
    const valueEnd = skip(bytes, valueStart, keyStart, keyEnd);
    visit(keyStart, keyEnd, valueStart, valueEnd);
    at = skipSpace(bytes, valueEnd);
    const byte = bytes[at];
    if (byte === CLOSE_OBJECT) return at + 1;
    if (byte !== COMMA) throw new JsonScanError("expected ',' or '}'", at);
    at = skipSpace(bytes, at + 1);
  }
}

/** Calls `visit` with the span of each element of the array at `at` (its `[`); returns the first byte behind it. */
export function scanElements(bytes: Uint8Array, at: number, visit: (start: number, end: number) => void): number {
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === CLOSE_ARRAY) return at + 1;
  for (;;) {
    const end = skipValue(bytes, at);
    visit(at, end);
    at = skipSpace(bytes, end);
    const byte = bytes[at];
    if (byte === CLOSE_ARRAY) return at + 1;
    if (byte !== COMMA) throw new JsonScanError("expected ',' or ']'", at);
    at = skipSpace(bytes, at + 1);
  }
}

// One bit of state per open container: 1 for an object, 0 for an array. Shared, because a scan never yields.
const containers = new Uint8Array(MAX_DEPTH + 1);

/**
 * Passes the value that begins at `at`; returns the first byte behind it. Iterative, so depth costs no stack.
 *
 * @throws JsonScanError where the text is not JSON, or is nested deeper than {@link MAX_DEPTH}
 */
export function skipValue(bytes: Uint8Array, at: number): number {
  let depth = 0;
  for (;;) {
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++depth > MAX_DEPTH) throw new JsonScanError(`nested deeper than ${MAX_DEPTH} levels`, at);
      containers[depth] = byte === OPEN_OBJECT ? 1 : 0;
      at = skipSpace(bytes, at + 1);
      if (byte === OPEN_OBJECT) {
        if (bytes[at] !== CLOSE_OBJECT) {
          at = skipKey(bytes, at);
          continue;
        }
      } else if (bytes[at] !== CLOSE_ARRAY) continue;
      depth--;
      at++;
    } else if (byte === QUOTE) at = skipString(bytes, at);
    else at = skipLiteral(bytes, at);

    // A value ended: go on to the next one, closing what ends here.
    for (;;) {
      if (depth === 0) return at;
      at = skipSpace(bytes, at);
      const next = bytes[at];
      const inObject = containers[depth] === 1;
      if (next === COMMA) {
        at = skipSpace(bytes, at + 1);
        if (inObject) at = skipKey(bytes, at);
        break;
      }
      if (next !== (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        throw new JsonScanError(inObject ? "expected ',' or '}'" : "expected ',' or ']'", at);
      }
      depth--;
      at++;
    }
  }
}

function skipKey(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) throw new JsonScanError("expected a property name", at);
  at = skipSpace(bytes, skipString(bytes, at));
  if (bytes[at] !== COLON) throw new JsonScanError("expected ':'", at);
  return skipSpace(bytes, at + 1);
}

/** Passes the string whose opening quote is at `at`. */
function skipString(bytes: Uint8Array, at: number): number {
  const length = bytes.length;
  for (at++; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at = skipEscape(bytes, at);
    else if (byte < 0x20) throw new JsonScanError("control character in a string", at);
  }
  throw new JsonScanError("string without an end", length);
}

/** Passes an escape; returns its last byte. */
function skipEscape(bytes: Uint8Array, at: number): number {
  switch (bytes[at + 1]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75: // u
      for (let digit = at + 2; digit < at + 6; digit++) {
        if (!isHex(bytes[digit])) throw new JsonScanError("\\u needs four hexadecimal digits", at);
      }
      return at + 5;
    default:
      throw new JsonScanError("unknown escape", at);
  }
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Passes a number, `true`, `false` or `null`. */
function skipLiteral(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === 0x2d || isDigit(first)) return skipNumber(bytes, at);
  const word = first === 0x74 ? "true" : first === 0x66 ? "false" : "null";
  let length = 0;
  while (length < word.length && bytes[at + length] === word.charCodeAt(length)) length++;
  if (length === word.length) return at + length;
  throw new JsonScanError(at >= bytes.length ? "the text ends too early" : "expected a value", at);
}

function skipNumber(bytes: Uint8Array, at: number): number {
  if (bytes[at] === 0x2d) at++;
  if (bytes[at] === 0x30) at++;
  else at = skipDigits(bytes, at);
  if (bytes[at] === 0x2e) at = skipDigits(bytes, at + 1);
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    at++;
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++;
    at = skipDigits(bytes, at);
  }
  return at;
}

function skipDigits(bytes: Uint8Array, at: number): number {
  if (!isDigit(bytes[at])) throw new JsonScanError("expected a digit", at);
  while (isDigit(bytes[at])) at++;
  return at;
}
