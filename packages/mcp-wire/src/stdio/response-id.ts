/** `{"jsonrpc":"2.0","id":7,` */
const AT_START = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*"?(\d{1,16})"?\s*[,}]/;
/** `,"jsonrpc":"2.0","id":7}` or `,"id":7,"jsonrpc":"2.0"}` */
const AT_END = /,\s*"id"\s*:\s*"?(\d{1,16})"?\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;

/**
 * Which of our requests a line answers that cannot be read as a whole, because it is too long or damaged. Libraries write
 * the id at one end of a message; a request or notification of the upstream's answers none.
 *
 * @returns the id, which is a number as all of ours are; undefined where it cannot be told
 */
export function responseIdOf(head: Buffer, tail: Buffer): number | undefined {
  const start = head.toString("latin1");
  if (/^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?(?:"id"\s*:[^,]*,\s*)?"method"\s*:/.test(start)) return undefined;
  const found = AT_START.exec(start) ?? AT_END.exec(tail.toString("latin1"));
  return found === null ? undefined : Number(found[1]);
}
