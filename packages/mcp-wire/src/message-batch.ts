import { JsonScanError, scanElements, skipSpace } from "./json/scan.ts";
import { Message } from "./message.ts";
import { asParseError, invalid } from "./message-head.ts";

/** True when the text is an array at its top: a JSON-RPC batch (JSON-RPC 2.0 §6). */
export function isBatch(bytes: Buffer): boolean {
  return bytes[skipSpace(bytes, 0)] === 0x5b;
}

/**
 * Splits a batch into its messages.
 *
 * @param limit most messages it may hold
 * @throws WireError `-32700` or `-32600` when it is malformed, empty or too long
 */
export function parseBatch(bytes: Buffer, limit: number): Message[] {
  const messages: Message[] = [];
  try {
    const end = scanElements(bytes, skipSpace(bytes, 0), (start, stop) => {
      if (messages.length >= limit) throw invalid(`a batch may hold ${limit} messages`);
      messages.push(Message.parse(bytes.subarray(start, stop)));
    });
    if (skipSpace(bytes, end) !== bytes.length) throw new JsonScanError("unexpected text behind the batch", end);
  } catch (error) {
    throw asParseError(error);
  }
  if (messages.length === 0) throw invalid("the batch is empty");
  return messages;
}
