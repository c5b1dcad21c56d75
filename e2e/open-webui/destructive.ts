// An upstream with a tool that says that it destroys something: what has to be agreed to first.
import { resultFor, sendJson, startRawUpstream, type RawUpstream } from "../support/raw-upstream.ts";

export const WIPED = "The disk is empty.";

/** What its `wipe` was called with, in order, is in `of("tools/call")`. */
export function startDestructive(era: "legacy" | "modern"): Promise<RawUpstream> {
  const head = era === "modern" ? { resultType: "complete" } : {};
  const result = JSON.stringify({ ...head, content: [{ type: "text", text: WIPED }] });
  const list = [
    {
      name: "wipe",
      description: "Empties a disk",
      inputSchema: { type: "object", properties: { disk: { type: "string" } }, required: ["disk"] },
      annotations: { readOnlyHint: false, destructiveHint: true },
    },
  ];
  return startRawUpstream({
    era,
    tools: { wipe: (request, response) => sendJson(response, resultFor(request, result)) },
    list: JSON.stringify(list),
  });
}
