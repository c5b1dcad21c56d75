import type { ListedTool, Message } from "@shardgate/mcp-wire";
import type { UpstreamState } from "./snapshot.ts";

/** What the gateway's own tool is called among all tools, and beside the tools of one upstream. */
export const CONFIRM_CALL = "shardgate__confirm_call";

/** What it is called where no upstream's tool can be meant: at the addresses of one upstream over HTTP. */
export const CONFIRM_CALL_SHORT = "confirm_call";

const DESCRIPTION =
  "Runs a call that was planned and that the user agreed to. Needs the token that the planned call gave. Only for use after the user said yes in a message of their own; never to confirm in the user's place.";

/** The tool as it is listed under one of its names. */
export function confirmTool(name: string): ListedTool {
  const tool = {
    name,
    title: "Confirm a planned call",
    description: DESCRIPTION,
    inputSchema: {
      type: "object",
      properties: {
        token: { type: "string", minLength: 1, maxLength: 64, description: "The token of the planned call" },
      },
      required: ["token"],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  };
  const bytes = Buffer.from(JSON.stringify(tool));
  return { name, modern: bytes, legacy: bytes };
}

/** Whether a request at an upstream calls that tool; one without tools that need it may have its own of that name. */
export function isConfirmation({ confirms }: Pick<UpstreamState, "confirms">, { method, name }: Message): boolean {
  return confirms !== undefined && name === CONFIRM_CALL && method === "tools/call";
}

/** The token in a call of that tool; undefined where there is none. */
export function tokenIn(message: Message): string | undefined {
  const args = message.params["arguments"];
  const token = typeof args === "object" && args !== null ? (args as Record<string, unknown>)["token"] : undefined;
  return typeof token === "string" ? token.trim() : undefined;
}
