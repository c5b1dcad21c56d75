// Open WebUI's "MCP (Streamable HTTP)" tool servers (openwebui §1.3): names, arguments and results as the language model sees them.
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { McpWire, type OnForm } from "./mcp-wire.ts";
import {
  failed,
  isJson,
  shown,
  succeeded,
  type Connection,
  type Json,
  type ModelTool,
  type Outcome,
  type Release,
} from "./outcome.ts";

const MAX_NAME = 64;

export interface McpSettings {
  readonly key?: string;
  /** `info.id` of the connection. */
  readonly id?: string;
  readonly release?: Release;
  /** Headers that say who asks (`identity.ts`); none where Open WebUI is not set to send them. */
  readonly identity?: Readonly<Record<string, string>>;
  /** The message of the chat that it is made for: there is one for each. */
  readonly chatMessage?: string;
  /** The person at the page; without one a server cannot ask. */
  readonly onForm?: OnForm;
}

export interface McpConnection extends Connection {
  /** Methods that were sent, in order. */
  readonly sent: readonly string[];
}

interface Listed extends Json {
  readonly name: string;
  readonly inputSchema: Json;
  readonly outputSchema?: Json;
}

/** @throws Error: the page says "Failed to connect to MCP server" */
export async function connectMcp(url: string, settings: McpSettings = {}): Promise<McpConnection> {
  const { key = "", id = "homelab", release = "0.12.4", identity = {}, chatMessage, onForm } = settings;
  const wire = new McpWire(url, { key, identity, chatMessage, onForm });
  const said = await wire.connect(release);
  const listed: Listed[] = [];
  for (let cursor: unknown, page = 0; page === 0 || cursor !== undefined; page++) {
    const result = await wire.request("tools/list", cursor === undefined ? {} : { cursor });
    listed.push(...(result["tools"] as Listed[]));
    cursor = result["nextCursor"];
  }
  const byName = new Map(listed.map((tool) => [nameFor(id, tool.name, release), tool]));
  const tools: ModelTool[] = [...byName].map(([name, { description, inputSchema }]) => ({
    name,
    description: String(description ?? ""),
    parameters: inputSchema,
  }));
  return {
    instructions: release === "0.11.4" ? undefined : said,
    tools,
    sent: wire.sent,
    async call(name, args = {}) {
      const tool = byName.get(name);
      if (tool === undefined) throw new Error(`the language model was not given ${name}`);
      const named = (tool.inputSchema["properties"] ?? {}) as Json;
      const kept =
        release === "0.11.4" ? Object.entries(args).filter(([argument]) => argument in named) : Object.entries(args);
      try {
        const result = await wire.request("tools/call", { name: tool.name, arguments: Object.fromEntries(kept) });
        return outcomeOf(result, tool, release);
      } catch (error) {
        return failed((error as Error).message);
      }
    },
    stop: () => wire.close(),
  };
}

function nameFor(id: string, tool: string, release: Release): string {
  const name = `${id}_${tool}`;
  if (release === "0.11.4" || name.length <= MAX_NAME) return name;
  return `${name.slice(0, 55)}_${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

interface Block extends Json {
  readonly type: string;
}

function outcomeOf(result: Json, tool: Listed, release: Release): Outcome {
  const blocks = (result["content"] ?? []) as readonly Block[];
  const { structuredContent: structured } = result;
  if (result["isError"] === true) {
    const texts = blocks.flatMap(({ text }) => (typeof text === "string" ? [text] : []));
    return failed(texts.join("\n"));
  }
  const wrong = refusalOf(structured, tool);
  if (wrong !== undefined) return failed(wrong);
  const items: unknown[] = [];
  const images: string[] = [];
  for (const { type, text, data, mimeType, resource } of blocks) {
    if (type === "text") items.push(parsed(String(text)));
    else if (type === "image" && release === "0.11.4") continue;
    else if (type === "image") images.push(`data:${String(mimeType)};base64,${String(data)}`);
    else if (type === "resource" && isJson(resource)) {
      if (typeof resource["text"] === "string") items.push(parsed(resource["text"]));
      else if (String(resource["mimeType"]).startsWith("image/")) {
        images.push(`data:${String(resource["mimeType"])};base64,${String(resource["blob"])}`);
      } else items.push(`[Resource: ${String(resource["uri"])}] (binary data)`);
    }
  }
  if (release !== "0.11.4" && structured !== undefined) {
    const isSaid =
      items.length === 1 &&
      [structured, (structured as Json)["result"]].some((one) => isDeepStrictEqual(one, items[0]));
    if (!isSaid) items.push(structured);
  }
  return succeeded(shown(items.length === 1 ? items[0] : items), { images });
}

/** The client checks what the list promised, and a good text does not help. */
function refusalOf(structured: unknown, { name, outputSchema }: Listed): string | undefined {
  if (outputSchema === undefined) return undefined;
  if (structured === undefined) return `Tool ${name} has an output schema but did not return structured content`;
  const { success } = z.fromJSONSchema(outputSchema as never).safeParse(structured);
  return success ? undefined : `Invalid structured content returned by tool ${name}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
