import type { ExchangeContext } from "../exchange.ts";
import type { Message } from "../message.ts";
import { parseBatch } from "../message-batch.ts";
import type { PostExchange } from "./post-exchange.ts";

/** Most messages of a batch. */
const BATCH_LIMIT = 100;

/**
 * Serves the messages of one batch side by side and answers them together (JSON-RPC 2.0 §6, as 2025-03-26 has it).
 *
 * @param answer serves one message; gives undefined for what has no response, and never rejects
 * @throws WireError when the batch is malformed
 */
export async function serveBatch(
  body: Buffer,
  exchange: PostExchange,
  answer: (message: Message, context: ExchangeContext) => Promise<Message | undefined>,
): Promise<void> {
  const responses = await Promise.all(parseBatch(body, BATCH_LIMIT).map((message) => answer(message, exchange.part())));
  const late = responses.filter((response) => response !== undefined && !exchange.sendEarly(response)) as Message[];
  if (late.length === 0) return exchange.end();
  exchange.complete(Buffer.from(`[${late.map((response) => response.bytes.toString()).join(",")}]`), 200);
}
