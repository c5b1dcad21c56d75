const marker = Buffer.from('"name":"');

/**
 * Cuts `<upstream>__` off the first name in a message's bytes, without parsing it. As cheap as it can be, and only as right as the
 * bench's own messages need: it is a floor to compare with, not a product.
 */
export function spliceName(message: Buffer): { readonly body: Buffer; readonly name?: string } {
  const start = message.indexOf(marker);
  if (start === -1) return { body: message };
  const from = start + marker.length;
  const end = message.indexOf(0x22, from);
  const separator = message.indexOf("__", from);
  if (separator === -1 || separator > end) return { body: message };
  const name = message.toString("latin1", separator + 2, end);
  return { body: Buffer.concat([message.subarray(0, from), message.subarray(separator + 2)]), name };
}
