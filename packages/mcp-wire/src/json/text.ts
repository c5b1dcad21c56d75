/** Text of the JSON string whose bytes between its quotes are `start` to `end`. */
export function stringAt(bytes: Buffer, start: number, end: number): string {
  if (isPlain(bytes, start, end)) return bytes.toString("latin1", start, end);
  // Rare, and only JSON's own reader knows every escape and surrogate pair.
  return JSON.parse(bytes.toString("utf8", start - 1, end + 1)) as string;
}

/** True when the string between `start` and `end` is `text`. */
export function stringEquals(bytes: Buffer, start: number, end: number, text: string): boolean {
  const length = end - start;
  // Longer and yet the same is only what is written with escapes, or in characters of several bytes.
  if (length !== text.length) {
    return length > text.length && !isPlain(bytes, start, end) && stringAt(bytes, start, end) === text;
  }
  for (let index = 0; index < length; index++) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** True where each byte is a character. */
function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0x5c || byte > 0x7f) return false;
  }
  return true;
}

/** A copy of `bytes` in which `start` to `end` is `replacement`; everything else is the same to the byte. */
export function splice(bytes: Buffer, start: number, end: number, replacement: Uint8Array): Buffer {
  const tail = start + replacement.length;
  const result = Buffer.allocUnsafe(bytes.length - (end - start) + replacement.length);
  bytes.copy(result, 0, 0, start);
  result.set(replacement, start);
  bytes.copy(result, tail, end);
  return result;
}

/** The same with two places changed, of which the first ends before the second begins. */
export function spliceTwo(
  bytes: Buffer,
  start: number,
  end: number,
  replacement: Uint8Array,
  nextStart: number,
  nextEnd: number,
  next: Uint8Array,
): Buffer {
  const gone = end - start + (nextEnd - nextStart);
  const result = Buffer.allocUnsafe(bytes.length - gone + replacement.length + next.length);
  bytes.copy(result, 0, 0, start);
  result.set(replacement, start);
  let at = start + replacement.length;
  bytes.copy(result, at, end, nextStart);
  at += nextStart - end;
  result.set(next, at);
  bytes.copy(result, at + next.length, nextEnd);
  return result;
}
