/** What can go wrong between a downstream's request and the upstream's answer, each with its code (reliability §1.4). */
export const GATEWAY_ERRORS = {
  upstream_unavailable: { code: -31010, status: 503, retryable: true },
  upstream_timeout: { code: -31011, status: 504, retryable: false },
  upstream_crashed: { code: -31012, status: 502, retryable: false },
  upstream_limited: { code: -31013, status: 429, retryable: true },
  overloaded: { code: -31013, status: 503, retryable: true },
  draining: { code: -31014, status: 503, retryable: true },
  policy_denied: { code: -31015, status: 403, retryable: false },
  tool_quarantined: { code: -31016, status: 403, retryable: false },
  payload_too_large: { code: -31017, status: 413, retryable: false },
  upstream_protocol_error: { code: -31018, status: 502, retryable: false },
  cancelled: { code: -31019, status: 499, retryable: false },
  unknown_tool: { code: -32602, status: 404, retryable: false },
  unknown_prompt: { code: -32602, status: 404, retryable: false },
  unknown_resource: { code: -32602, status: 404, retryable: false },
  unknown_method: { code: -32601, status: 404, retryable: false },
  invalid_request: { code: -32602, status: 400, retryable: false },
  internal: { code: -32603, status: 500, retryable: false },
} as const;

export type GatewayErrorKind = keyof typeof GATEWAY_ERRORS;

/** Where on its way a call failed. */
export type Phase = "downstream" | "route" | "queue" | "connect" | "call" | "answer";

export interface GatewayErrorDetails {
  readonly upstream?: string | undefined;
  readonly phase: Phase;
  /** Whether the upstream may have run the call: false means that repeating it runs it once. */
  readonly sent: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A failure of the gateway's own making or finding. A tool that failed is no such thing: it is a result. */
export class GatewayError extends Error {
  readonly kind: GatewayErrorKind;
  readonly details: GatewayErrorDetails;
  /** The call it ended, once that is known. */
  requestId: string | undefined;

  constructor(kind: GatewayErrorKind, message: string, details: GatewayErrorDetails) {
    super(message, { cause: details.cause });
    this.name = "GatewayError";
    this.kind = kind;
    this.details = details;
  }

  get code(): number {
    return GATEWAY_ERRORS[this.kind].code;
  }

  /** HTTP status, for fronts that answer with one. */
  get status(): number {
    return GATEWAY_ERRORS[this.kind].status;
  }

  /** True where repeating the call can help and cannot run it twice. */
  get retryable(): boolean {
    return GATEWAY_ERRORS[this.kind].retryable && !this.details.sent;
  }

  /** The `data` of the JSON-RPC error; holds no text of the upstream's, which might hold a secret. */
  get data(): Record<string, unknown> {
    const { upstream, phase, sent, retryAfterMs } = this.details;
    return {
      ...(upstream === undefined ? {} : { upstream }),
      phase,
      sent,
      retryable: this.retryable,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(this.requestId === undefined ? {} : { requestId: this.requestId }),
    };
  }
}
