/** JSON-RPC and MCP error codes that the wire itself answers with (JSON-RPC 2.0 §5.1; MCP 2026-07-28 basic/index). */
export const RpcCode = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
} as const;

/**
 * A request that cannot be served, with everything an answer needs. `status` is the HTTP status where the answer is
 * still free to choose one.
 */
export class WireError extends Error {
  readonly code: number;
  readonly status: number;
  readonly data: unknown;

  constructor(code: number, message: string, options: { status?: number; data?: unknown; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "WireError";
    this.code = code;
    this.status = options.status ?? 200;
    this.data = options.data;
  }
}

/** The request is malformed: HTTP 400 and the code given. */
export function badRequest(code: number, message: string, data?: unknown): WireError {
  return new WireError(code, message, { status: 400, ...(data === undefined ? {} : { data }) });
}
