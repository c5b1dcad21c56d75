import { defineTool, ToolError, type Tool } from "@shardgate/shard-sdk";
import * as z from "zod";
import type { Client } from "../client.ts";

export const checkStatus = (client: Client): Tool =>
  defineTool({
    name: "check_status",
    title: "Check status",
    description: "Tells whether Dozzle answers, and how fast. Use it when something about Dozzle does not work.",
    input: z.object({}),
    output: z.object({
      reachable: z.boolean(),
      http_status: z.int().optional().describe("Absent when there was no answer"),
      milliseconds: z.int(),
      problem: z.string().optional().describe("Why there was no answer"),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    text: ({ http_status: status, milliseconds, problem }) =>
      problem ?? `Dozzle answers HTTP ${status} after ${milliseconds} ms.`,
    async run(_, { signal }) {
      const started = performance.now();
      const taken = (): number => Math.round(performance.now() - started);
      try {
        const { status } = await client.send("/", { signal });
        return { reachable: true, http_status: status, milliseconds: taken() };
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        return { reachable: false, milliseconds: taken(), problem: error.message };
      }
    },
  });
