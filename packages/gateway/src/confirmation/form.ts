import { Message, type Question } from "@shardgate/mcp-wire";
import { type Described, describeCall } from "./words.ts";

/** What the question goes by in a result of the modern era. */
export const QUESTION = "shardgate-confirm";

const FIELD = "confirm";
const ELICIT = "elicitation/create";

/** The form for a person (2025-11-25 and 2026-07-28 client/elicitation): what would happen, and one field to agree with. */
export function confirmationForm(described: Described): Question {
  const params = {
    message: describeCall(described),
    requestedSchema: {
      type: "object",
      properties: {
        [FIELD]: { type: "boolean", title: "Run it", description: "Yes: it runs, once. No: nothing happens." },
      },
      required: [FIELD],
    },
  };
  return { key: QUESTION, method: ELICIT, params: Buffer.from(JSON.stringify(params)) };
}

/** The same as a request to a client of the legacy era. */
export function formRequest(described: Described): Message {
  const { method, params } = confirmationForm(described);
  return Message.of({ id: 0, method }).withParams(params as Buffer);
}

/** Whether a person agreed; undefined where the answer is none that a form has. @param answer its JSON */
export function agreement(answer: Buffer | undefined): boolean | undefined {
  if (answer === undefined) return undefined;
  const { action, content } = Object(JSON.parse(answer.toString())) as { action?: unknown; content?: unknown };
  if (action === "decline" || action === "cancel") return false;
  if (action !== "accept") return undefined;
  return (Object(content) as Record<string, unknown>)[FIELD] === true;
}
