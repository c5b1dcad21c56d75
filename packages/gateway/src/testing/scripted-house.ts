import { fetchSender } from "@shardgate/mcp-wire";
import { DEFAULT_CONFIG } from "../config/schema.ts";
import type { Fetch } from "../core/fetch.ts";
import { createHouse, type House } from "../house.ts";
import { upstreamOptionsSchema } from "../upstreams/index.ts";
import { memoryLogger } from "./calls.ts";
import { FakeTimers } from "./fake-timers.ts";

export type Json = Record<string, unknown>;

export const MODERN = "2026-07-28";
export const LEGACY = "2025-11-25";

/** A tool call as an upstream got it. */
export interface Got {
  readonly text: string;
  readonly params: Json;
  readonly headers: Headers;
  readonly id: unknown;
}

export interface ScriptedTools {
  readonly era: "modern" | "legacy";
  readonly tools: readonly Json[];
  readonly instructions?: string;
  /** More of its definition. */
  readonly options?: Json;
  /** The result of a call, or all of its answer; a plain text by default. */
  answer?: (got: Got) => Json | Response | Promise<Json>;
}

const WITHOUT_BODY = 202;

/** A house in one process in front of upstreams that a test scripts, with time that it moves. */
export async function startScriptedHouse(
  upstreams: Readonly<Record<string, ScriptedTools>>,
  config: Partial<typeof DEFAULT_CONFIG> = {},
  fetch?: Fetch,
) {
  const timers = new FakeTimers();
  const logger = memoryLogger();
  const got: Got[] = [];
  const isDown = new Set<string>();
  const serve = (name: string) => async (request: Request) => {
    const { era, tools, instructions, answer } = upstreams[name] as ScriptedTools;
    if (isDown.has(name)) throw new Error("refused");
    const text = await request.text();
    const {
      id,
      method,
      params = {},
    } = (text === "" ? {} : JSON.parse(text)) as { id?: unknown; method?: string; params?: Json };
    const modern = era === "modern" ? { resultType: "complete", ttlMs: 0, cacheScope: "private" } : {};
    const about = {
      capabilities: { tools: {} },
      serverInfo: { name, version: "1" },
      ...(instructions && { instructions }),
    };
    const reply = (result: Json) => Response.json({ jsonrpc: "2.0", id, result: { ...modern, ...result } });
    if (method === (era === "modern" ? "server/discover" : "initialize")) {
      return reply({ ...about, ...(era === "modern" ? { supportedVersions: [MODERN] } : { protocolVersion: LEGACY }) });
    }
    if (method === "tools/list") return reply({ tools });
    if (method === "tools/call") {
      const call = { id, text, params, headers: request.headers };
      got.push(call);
      const given = (await answer?.(call)) ?? { content: [{ type: "text", text: "It is gone." }] };
      return given instanceof Response ? given : reply(given);
    }
    if (id === undefined) return new Response(null, { status: WITHOUT_BODY });
    return Response.json({ jsonrpc: "2.0", id, error: { code: -32601, message: "no" } }, { status: 404 });
  };
  const definitions = Object.entries(upstreams).map(([name, { options }]) => ({
    id: name,
    name,
    options: upstreamOptionsSchema.parse({ kind: "mcp-http", url: `http://${name}/mcp`, ...options }),
  }));
  const house = createHouse({
    config: { ...DEFAULT_CONFIG, ...config },
    providers: [{ name: "test", watch: async (emit) => emit(definitions) }],
    logger,
    timers,
    ...(fetch && { fetch }),
    createSender: (origin) => fetchSender(origin, (request) => serve(new URL(origin).hostname)(request)),
  });
  await house.start();
  const isReady = () => house.gateway.status().upstreams.every(({ state }) => state === "up");
  for (let turn = 0; turn < 50 && !isReady(); turn++) await timers.advance(20);
  await timers.advance(50);
  return { house, timers, logger, got, isDown };
}

/** What a client of the house says of itself. */
export interface Caller {
  readonly era: "modern" | "legacy";
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly capabilities?: Json;
}

/** Open WebUI, in a message of a chat. */
export const openWebUi = (message: string, chat = "chat-1"): Record<string, string> => ({
  "X-OpenWebUI-User-Id": "ada",
  "X-OpenWebUI-Chat-Id": chat,
  "X-OpenWebUI-Message-Id": message,
});

/** One request of a client without a session. */
export async function ask(house: House, caller: Caller, method: string, params: Json = {}): Promise<Json> {
  const { era, path = "/mcp", headers = {}, capabilities = {} } = caller;
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": { name: "mcp", version: "0.1.0" },
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
  const name = typeof params["name"] === "string" ? { "Mcp-Name": params["name"] } : {};
  const modern = { "MCP-Protocol-Version": MODERN, "Mcp-Method": method, ...name };
  const response = await post(
    house,
    path,
    { ...headers, ...(era === "modern" && modern) },
    {
      id: 1,
      method,
      params: era === "modern" ? { ...params, _meta } : params,
    },
  );
  const body = (await response.json()) as Json;
  return (body["result"] ?? body) as Json;
}

export function post(house: House, path: string, headers: Record<string, string>, message: Json): Promise<Response> {
  const request = new Request(`http://localhost:9100${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", ...message }),
  });
  return house.app.fetch(request);
}

/** The one text of a result. */
export const textOf = (result: Json): string => String((result["content"] as Json[] | undefined)?.[0]?.["text"]);

/** The token that a planned call gave. */
export const tokenOf = (text: string): string => /"token":"(\w+)"/.exec(text)?.[1] ?? "none";
