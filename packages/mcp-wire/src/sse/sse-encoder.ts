const DATA = Buffer.from("event: message\ndata: ");
const NEXT_LINE = Buffer.from("\ndata: ");
const END = Buffer.from("\n\n");

/** A comment line: bytes that keep a connection open and that every reader skips (WHATWG HTML §9.2.7). */
export const SSE_COMMENT: Buffer = Buffer.from(": keep-alive\n\n");

/**
 * One server-sent event that carries `data`. Line ends inside it, which JSON allows between its tokens only, become
 * line feeds, so a reader gets the same JSON.
 */
export function encodeSseEvent(data: Buffer): Buffer {
  if (!data.includes(0x0a) && !data.includes(0x0d)) return Buffer.concat([DATA, data, END]);
  const parts: Buffer[] = [DATA];
  let start = 0;
  for (let at = 0; at < data.length; at++) {
    const byte = data[at];
    if (byte !== 0x0a && byte !== 0x0d) continue;
    parts.push(data.subarray(start, at), NEXT_LINE);
    if (byte === 0x0d && data[at + 1] === 0x0a) at++;
    start = at + 1;
  }
  return Buffer.concat([...parts, data.subarray(start), END]);
}
