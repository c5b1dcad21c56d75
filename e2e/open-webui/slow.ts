// An upstream with a tool that takes its time and says how far it is.
import { setTimeout as sleep } from "node:timers/promises";
import { resultFor, startRawUpstream, type RawUpstream } from "../support/raw-upstream.ts";

export const COPIED = "All of it is there.";

export function startSlow(era: "legacy" | "modern"): Promise<RawUpstream> {
  const head = era === "modern" ? { resultType: "complete" } : {};
  const result = JSON.stringify({ ...head, content: [{ type: "text", text: COPIED }] });
  return startRawUpstream({
    era,
    tools: {
      async copy(request, response) {
        const { progressToken } = (request.message.params?.["_meta"] ?? {}) as { progressToken?: unknown };
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        const params = { progressToken, progress: 1, total: 2, message: "half of it" };
        const progress = { jsonrpc: "2.0", method: "notifications/progress", params };
        if (progressToken !== undefined) response.write(`data: ${JSON.stringify(progress)}\n\n`);
        // Longer than what a chat shows nothing of, and than a person takes to look.
        await sleep(2_000);
        response.end(`data: ${resultFor(request, result)}\n\n`);
      },
    },
  });
}
