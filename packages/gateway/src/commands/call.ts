import { nearest } from "../config/nearest.ts";
import { durationSchema } from "../config/duration.ts";
import { GatewayClient, type Tool, type ToolResult } from "./client/gateway-client.ts";
import { readTarget, TARGET_OPTIONS } from "./client/target.ts";
import { toolArguments } from "./client/tool-arguments.ts";
import { CommandError } from "./command-error.ts";
import type { Command } from "./command.ts";

/** The tool ran and says that it failed. */
const TOOL_FAILED = 5;

export const call: Command = {
  name: "call",
  summary: "call a tool of a running gateway; exit code 5 where the tool says that it failed",
  options: [
    ...TARGET_OPTIONS,
    { flags: "--timeout <duration>", description: "how long to wait, such as 90s or 5m (default 60s)" },
    { flags: "--json", description: "the whole result, as JSON" },
  ],
  arguments: [
    { name: "<tool>", description: "qualified name, as `shardgate list` shows it" },
    {
      name: "[arguments...]",
      description: "key=value (typed by the tool's schema), key:=JSON, one JSON object, or - for one on standard input",
    },
  ],
  async run([name = "", ...words], options, io) {
    const timeoutMs = readTimeout(options["timeout"] as string | undefined);
    const client = await GatewayClient.connect(readTarget(options, io), io);
    try {
      const tool = findTool(await client.listTools(), name);
      const args = await toolArguments(words, tool.inputSchema, io);
      const onProgress = (text: string): void => {
        if (text !== "") io.writeError(`… ${text}\n`);
      };
      const result = await client.callTool(name, args, { timeoutMs, onProgress });
      io.write(options["json"] === true ? `${JSON.stringify(result, undefined, 2)}\n` : resultText(result));
      return result.isError === true ? TOOL_FAILED : 0;
    } finally {
      client.close();
    }
  },
};

function readTimeout(text: string | undefined): number {
  const parsed = durationSchema.safeParse(text ?? "60s");
  if (parsed.success) return parsed.data;
  throw new CommandError(`--timeout must be a number with its unit, such as 90s or 5m, not ${JSON.stringify(text)}`);
}

function findTool(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((one) => one.name === name);
  if (tool !== undefined) return tool;
  const names = tools.map((one) => one.name);
  // People leave out the upstream, or type something near.
  const meant = names.filter((one) => one.endsWith(`__${name}`));
  const near = nearest(name, names);
  const hint = meant.length > 0 ? meant.join(" or ") : near;
  throw new CommandError(
    `There is no tool ${name}${hint === undefined ? "; `shardgate list` shows them" : `; did you mean ${hint}?`}`,
  );
}

/** What a person reads: texts as they are, of everything else what it is. */
function resultText({ content, structuredContent }: ToolResult): string {
  const parts = content.map((part) => {
    if (typeof part["text"] === "string") return part["text"];
    if (part["type"] === "resource") return JSON.stringify(part["resource"]);
    const { type, mimeType, data, uri } = part as Record<string, string | undefined>;
    const size = data === undefined ? "" : `, ${Math.floor((data.length * 3) / 4)} bytes`;
    return `[${type} ${uri ?? mimeType ?? ""}${size}]`;
  });
  if (parts.length === 0 && structuredContent !== undefined)
    parts.push(JSON.stringify(structuredContent, undefined, 2));
  return parts.map((part) => (part.endsWith("\n") ? part : `${part}\n`)).join("");
}
