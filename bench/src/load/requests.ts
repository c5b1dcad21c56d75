// The bytes of the requests that a client sends in either era.

export type Era = "legacy" | "modern";

/** Where a load goes and what it calls there. */
export interface Target {
  readonly port: number;
  readonly path: string;
  readonly era: Era;
  /** The tool's name as this target offers it. */
  readonly tool: string;
  /** The arguments alone are sent, to the tool's own address. */
  readonly isPlain?: boolean;
  /** The path is that of an event stream, on which the answers come (HTTP+SSE of 2024-11-05). */
  readonly isSse?: boolean;
}

export const versions: Readonly<Record<Era, string>> = { legacy: "2025-11-25", modern: "2026-07-28" };
const clientInfo = { name: "shardgate-bench", version: "1" };
/** Ids keep their width, so that a request can be counted up in place; each caller has a range of its own, as a shared session needs. */
const lowestId = 1_000_000_000;
const idsPerCaller = 1_000_000;

/** A tools/call whose id counts up in place: no allocation per request. */
export interface CallRequest {
  readonly bytes: Buffer;
  /** Moves on to the next id; what the answer to this request must contain. */
  next(): string;
}

/** The call of a target's tool, for the n-th caller, in the given session (legacy era). */
export function callRequest(target: Target, caller: number, session?: string): CallRequest {
  const firstId = lowestId + caller * idsPerCaller;
  if (target.isPlain === true) return plainRequest(target, firstId);
  const params = { name: target.tool, arguments: { text: "The quick brown fox jumps over the lazy dog." } };
  const bytes =
    target.era === "modern"
      ? modernRequest(target, firstId, params)
      : httpRequest(target, legacyHeaders(session), { jsonrpc: "2.0", id: firstId, method: "tools/call", params });
  const at = bytes.indexOf(String(firstId));
  let id = firstId;
  return {
    bytes,
    next: () => {
      id += 1;
      bytes.write(String(id), at, "latin1");
      return `"id":${id}`;
    },
  };
}

/** A plain call: what tells one from the next is in the text that comes back. */
function plainRequest(target: Target, firstId: number): CallRequest {
  const bytes = httpRequest(target, {}, { text: `${firstId} The quick brown fox jumps over the lazy dog.` });
  const at = bytes.indexOf(`"${firstId}`) + 1;
  let id = firstId;
  return {
    bytes,
    next: () => {
      id += 1;
      bytes.write(String(id), at, "latin1");
      return `"${id} The`;
    },
  };
}

function modernRequest(target: Target, id: number, params: { readonly name: string }): Buffer {
  const method = "tools/call";
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": versions.modern,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": clientInfo,
  };
  const headers = { "MCP-Protocol-Version": versions.modern, "Mcp-Method": method, "Mcp-Name": params.name };
  return httpRequest(target, headers, { jsonrpc: "2.0", id, method, params: { ...params, _meta } });
}

const legacyHeaders = (session: string | undefined): Record<string, string> => ({
  "MCP-Protocol-Version": versions.legacy,
  ...(session === undefined ? {} : { "Mcp-Session-Id": session }),
});

/** The two messages with which a legacy client begins: `initialize`, then the notification in the session that it got. */
export function initializeRequest(target: Target): Buffer {
  const params = { protocolVersion: versions.legacy, capabilities: {}, clientInfo };
  return httpRequest(target, {}, { jsonrpc: "2.0", id: 1, method: "initialize", params });
}

export function initializedNotification(target: Target, session: string | undefined): Buffer {
  return httpRequest(target, legacyHeaders(session), { jsonrpc: "2.0", method: "notifications/initialized" });
}

function httpRequest({ port, path }: Target, headers: Readonly<Record<string, string>>, message: unknown): Buffer {
  const body = JSON.stringify(message);
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Content-Type: application/json",
    "Accept: application/json, text/event-stream",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
