import { type Era, Message } from "@shardgate/mcp-wire";

/** The result of a tool that says one text; `isError`: that nothing was done. */
export function say(request: Message, era: Era, text: string, more: { readonly isError?: true } = {}): Message {
  const head = era === "modern" ? { resultType: "complete" } : {};
  return Message.result(request.id as string, JSON.stringify({ ...head, content: [{ type: "text", text }], ...more }));
}
