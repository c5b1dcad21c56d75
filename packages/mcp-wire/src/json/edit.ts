import { scanElements, scanMembers } from "./scan.ts";
import { splice, stringAt } from "./text.ts";

/**
 * A copy of the JSON object with members changed: a JSON text replaces the member or adds it in front, `undefined`
 * removes it. Every other member keeps its bytes and its place among the others.
 */
export function editObject(object: Buffer, changes: Readonly<Record<string, string | Buffer | undefined>>): Buffer {
  const parts: Buffer[] = [];
  const open = Buffer.from("{");
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    parts.push(parts.length === 0 ? open : COMMA, Buffer.from(`${JSON.stringify(key)}:`), bytesOf(value));
  }
  scanMembers(object, 0, (keyStart, keyEnd, _, valueEnd) => {
    if (Object.hasOwn(changes, stringAt(object, keyStart, keyEnd))) return;
    parts.push(parts.length === 0 ? open : COMMA, object.subarray(keyStart - 1, valueEnd));
  });
  if (parts.length === 0) parts.push(open);
  return Buffer.concat([...parts, CLOSE]);
}

/**
 * The bytes of one member's value, the first where there are several; undefined where there is none, or where the JSON is
 * no object.
 */
export function memberOf(object: Buffer, key: string): Buffer | undefined {
  if (object[0] !== 0x7b) return undefined;
  let found: Buffer | undefined;
  scanMembers(object, 0, (keyStart, keyEnd, start, end) => {
    if (found === undefined && stringAt(object, keyStart, keyEnd) === key) found = object.subarray(start, end);
  });
  return found;
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

const COMMA = Buffer.from(",");
const CLOSE = Buffer.from("}");

function bytesOf(value: string | Buffer): Buffer {
  return typeof value === "string" ? Buffer.from(value) : value;
}
