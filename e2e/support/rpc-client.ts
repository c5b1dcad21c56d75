// MCP by hand, in both eras: requests spelled out, so that a test decides every byte of them.
import { send, type RawAnswer, type RawRequest } from "./raw-client.ts";

export const MODERN = "2026-07-28";
export const LEGACY = "2025-11-25";

/** What every modern request carries in `_meta`. */
export const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientInfo": { name: "e2e", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
} as const;

type Params = Readonly<Record<string, unknown>>;

export function rpc(method: string, params: Params = {}, id: unknown = 1): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

/** The headers of a modern request. */
export function modernHeaders(method: string, name?: string): Record<string, string> {
  return {
    "MCP-Protocol-Version": MODERN,
    "Mcp-Method": method,
    ...(name !== undefined && { "Mcp-Name": name }),
  };
}

/** A modern request, to be sent or opened as a stream. */
export function modernRequest(method: string, params: Params = {}): { headers: Record<string, string>; body: string } {
  const meta = { ...(params["_meta"] as object | undefined), ...ENVELOPE };
  const named = params["name"] ?? params["uri"];
  const name = typeof named === "string" ? named : undefined;
  return { headers: modernHeaders(method, name), body: rpc(method, { ...params, _meta: meta }) };
}

/** Sends one modern request. */
export function modern(url: string, method: string, params: Params = {}, options: RawRequest = {}): Promise<RawAnswer> {
  const { headers, body } = modernRequest(method, params);
  return send(url, { body, ...options, headers: { ...headers, ...options.headers } });
}

/** Calls a tool as a modern client. */
export function callModern(url: string, name: string, args: Params = {}, options: RawRequest = {}): Promise<RawAnswer> {
  return modern(url, "tools/call", { name, arguments: args }, options);
}

/** A legacy client's session. */
export interface RawSession {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly post: (body: string | Buffer, options?: RawRequest) => Promise<RawAnswer>;
  readonly call: (name: string, args?: Params, options?: RawRequest) => Promise<RawAnswer>;
  readonly end: () => Promise<RawAnswer>;
}

/** Shakes hands as a legacy client does. */
export async function openSession(url: string, version = LEGACY, capabilities: object = {}): Promise<RawSession> {
  const params = { protocolVersion: version, capabilities, clientInfo: { name: "e2e", version: "1" } };
  const answer = await send(url, { body: rpc("initialize", params, 0) });
  const id = answer.header("mcp-session-id");
  if (answer.status !== 200 || id === undefined) throw new Error(`initialize: HTTP ${answer.status} ${answer.text}`);
  const headers = { "MCP-Protocol-Version": version, "Mcp-Session-Id": id };
  const post = (body: string | Buffer, options: RawRequest = {}) =>
    send(url, { body, ...options, headers: { ...headers, ...options.headers } });
  await post(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
  let calls = 0;
  return {
    id,
    headers,
    post,
    call: (name, args = {}, options = {}) => post(rpc("tools/call", { name, arguments: args }, ++calls), options),
    end: () => send(url, { method: "DELETE", headers }),
  };
}
