import { scanElements, scanMembers, skipSpace } from "./scan.ts";
import { splice, stringEquals } from "./text.ts";

/**
 * A copy of the JSON object with members changed: a JSON text replaces the member or adds it in front, `undefined`
 * removes it. Every other member keeps its bytes and its place among the others; the object itself where nothing changes.
 */
export function editObject(object: Buffer, changes: Readonly<Record<string, string | Buffer | undefined>>): Buffer {
  const keys = Object.keys(changes);
  const parts: Buffer[] = [];
  for (const key of keys) {
    const value = changes[key];
    if (value === undefined) continue;
    parts.push(parts.length === 0 ? OPEN : COMMA, keyBytes(key), bytesOf(value));
  }
  const isAdding = parts.length > 0;
  let isRemoving = false;
  // Members that stay and stand side by side are copied together: from the first of them to the last.
  let from = -1;
  let to = -1;
  const keep = (): void => {
    if (from >= 0) parts.push(parts.length === 0 ? OPEN : COMMA, object.subarray(from, to));
    from = -1;
  };
  scanMembers(object, 0, (keyStart, keyEnd, _, valueEnd) => {
    if (keys.some((key) => stringEquals(object, keyStart, keyEnd, key))) {
      isRemoving = true;
      return keep();
    }
    if (from < 0) from = keyStart - 1;
    to = valueEnd;
  });
  if (!isAdding && !isRemoving) return object;
  keep();
  if (parts.length === 0) parts.push(OPEN);
  parts.push(CLOSE);
  return Buffer.concat(parts);
}

const keyTexts = new Map<string, Buffer>();

/** `"key":`, made once: they are names of the protocol's, a few dozen. */
function keyBytes(key: string): Buffer {
  let bytes = keyTexts.get(key);
  if (bytes === undefined) {
    bytes = Buffer.from(`${JSON.stringify(key)}:`);
    if (keyTexts.size < 256) keyTexts.set(key, bytes);
  }
  return bytes;
}

/**
 * The bytes of one member's value, the first where there are several; undefined where there is none, or where the JSON is
 * no object.
 */
export function memberOf(object: Buffer, key: string): Buffer | undefined {
  if (object[0] !== 0x7b) return undefined;
  let found: Buffer | undefined;
  scanMembers(object, 0, (keyStart, keyEnd, start, end) => {
    if (found === undefined && stringEquals(object, keyStart, keyEnd, key)) found = object.subarray(start, end);
  });
  return found;
}

/**
 * Where a member stands whose value is known to stand from `start` to `end`, with the comma that goes with it; undefined
 * where its key is not spelled as it is said to be.
 */
export function memberRange(object: Buffer, start: number, end: number, key: string): [number, number] | undefined {
  const colon = skipSpaceBack(object, start - 1);
  const keyEnd = skipSpaceBack(object, colon - 1);
  const keyStart = keyEnd - key.length - 1;
  const isQuoted = object[colon] === 0x3a && object[keyEnd] === 0x22 && object[keyStart] === 0x22;
  if (!isQuoted || !stringEquals(object, keyStart + 1, keyEnd, key)) return undefined;
  const before = skipSpaceBack(object, keyStart - 1);
  if (object[before] === 0x2c) return [before, end];
  const after = skipSpace(object, end);
  return [keyStart, object[after] === 0x2c ? after + 1 : end];
}

/** The last byte at or before `at` that is no white space. */
function skipSpaceBack(bytes: Buffer, at: number): number {
  let index = at;
  while (bytes[index] === 0x20 || bytes[index] === 0x0a || bytes[index] === 0x0d || bytes[index] === 0x09) index--;
  return index;
}

/** The bytes of each element of an array; none where the JSON is no array. */
export function elementsOf(array: Buffer): Buffer[] {
  const found: Buffer[] = [];
  if (array[0] === 0x5b) scanElements(array, 0, (start, end) => found.push(array.subarray(start, end)));
  return found;
}

/** A copy of the object in which the value of `key` is `value`, in its place; the object must have that member. */
export function replaceMember(object: Buffer, key: string, value: Buffer): Buffer {
  const found = memberOf(object, key);
  if (found === undefined) throw new RangeError(`the object has no member ${key}`);
  const start = found.byteOffset - object.byteOffset;
  return splice(object, start, start + found.length, value);
}

const OPEN = Buffer.from("{");
const COMMA = Buffer.from(",");
const CLOSE = Buffer.from("}");

function bytesOf(value: string | Buffer): Buffer {
  return typeof value === "string" ? Buffer.from(value) : value;
}
