import { createShardApp } from "../app.ts";
import type { JsonObject } from "../json-schema.ts";
import type { Env } from "../settings.ts";
import type { Shard } from "../shard.ts";
import { request } from "./rpc.ts";

export interface CallToolOptions {
  /** The shard's settings, as its environment would hold them. */
  readonly config?: Env;
}

/** A tool's result as a client sees it. */
export interface ToolResult {
  readonly isError: boolean;
  /** The text blocks, joined by line feeds. */
  readonly text: string;
  /** The structured result; undefined for a tool without output schema, and for errors. */
  readonly structured: JsonObject | undefined;
  readonly content: readonly JsonObject[];
}

/**
 * Opens a shard in process, calls one of its tools over MCP, and closes the shard.
 *
 * @throws SettingsError when `config` does not fit the shard
 * @throws Error when there is no such tool
 */
export async function callTool(
  shard: Shard,
  name: string,
  args: JsonObject = {},
  { config = {} }: CallToolOptions = {},
): Promise<ToolResult> {
  const app = createShardApp(shard, { env: config });
  try {
    return toolResult(await request(app, "modern", "tools/call", { name, arguments: args }));
  } finally {
    await app.close();
  }
}

export function toolResult(result: JsonObject): ToolResult {
  const content = result["content"] as readonly JsonObject[];
  return {
    isError: result["isError"] === true,
    text: content.flatMap((block) => (block["type"] === "text" ? [block["text"]] : [])).join("\n"),
    structured: result["structuredContent"] as JsonObject | undefined,
    content,
  };
}
