const COMMA = Buffer.from(",");

/** A JSON array of items that are JSON already. */
export function joinArray(items: readonly Buffer[]): Buffer {
  const parts = items.flatMap((item, index) => (index === 0 ? [item] : [COMMA, item]));
  return Buffer.concat([Buffer.from("["), ...parts, Buffer.from("]")]);
}
