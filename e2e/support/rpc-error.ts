import { expect } from "vitest";
import type { RawAnswer } from "./raw-client.ts";

/** A JSON-RPC error and the HTTP status it came with. */
export interface RpcProblem {
  readonly status: number;
  readonly id: unknown;
  readonly code: number;
  readonly message: string;
  readonly data: unknown;
}

/** The error in an answer. @throws Error when there is none, or when it tells of the gateway's inside */
export function errorOf(answer: RawAnswer): RpcProblem {
  const { id, error, result } = answer.json();
  const shown = `HTTP ${answer.status} ${answer.text.slice(0, 500)}`;
  if (error === undefined || result !== undefined) throw new Error(`no JSON-RPC error: ${shown}`);
  if (!/^(application\/json|text\/event-stream)/.test(answer.header("content-type") ?? "")) throw new Error(shown);
  // No stack, no path, no secret.
  if (/node_modules|\.[mc]?[jt]s\b|file:\/\/|s3cret/.test(answer.text)) throw new Error(`it tells too much: ${shown}`);
  return { status: answer.status, id, code: error.code, message: error.message, data: error.data };
}

/** The `data` of an error of the gateway's own table. */
export const gatewayData = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  requestId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-z]+$/),
  phase: expect.stringMatching(/^(downstream|route|queue|connect|call|answer)$/),
  ...fields,
});
