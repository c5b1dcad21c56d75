import type { ShardApp } from "../app.ts";
import type { JsonObject } from "../json-schema.ts";

/** A protocol era as a client speaks it; see the MCP specification 2026-07-28, basic/versioning. */
export type Era = "legacy" | "modern";
export const eras: readonly Era[] = ["legacy", "modern"];

const versions = { legacy: "2025-11-25", modern: "2026-07-28" } as const;
const clientInfo = { name: "shard-test", version: "0" };

/**
 * Sends one request to a shard as a client of the era would, and returns its result.
 *
 * @throws Error with the code and message of a JSON-RPC error
 */
export async function request(app: ShardApp, era: Era, method: string, params: JsonObject = {}): Promise<JsonObject> {
  const version = versions[era];
  const envelope = {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientInfo": clientInfo,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const named = typeof params["name"] === "string" ? { "mcp-name": params["name"] } : {};
  const response = await app.fetch(
    new Request("http://localhost/mcp", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": version,
        ...(era === "modern" && { "mcp-method": method, ...named }),
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method,
        params: { ...params, ...(era === "modern" && { _meta: envelope }) },
      }),
    }),
  );
  const text = await response.text();
  const { result, error } = JSON.parse(text) as { result?: JsonObject; error?: { code: number; message: string } };
  if (result === undefined) throw new Error(`${method}: ${error ? `${error.code} ${error.message}` : text}`);
  return result;
}

/** What a legacy client does first. */
export function initialize(app: ShardApp): Promise<JsonObject> {
  return request(app, "legacy", "initialize", { protocolVersion: versions.legacy, capabilities: {}, clientInfo });
}
