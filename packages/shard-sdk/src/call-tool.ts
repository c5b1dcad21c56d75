import type { SurfaceResult } from "@shardgate/mcp-wire/server";
import type { JsonObject } from "./json-schema.ts";
import { describeError, ToolError } from "./tool-error.ts";
import type { Tool, ToolContext } from "./tool.ts";

/** How a call ended: `failed` is a {@link ToolError}, `bug` anything else that was thrown or a result against its schema. */
export const outcomes = ["ok", "failed", "invalid", "timeout", "cancelled", "busy", "bug"] as const;
export type Outcome = (typeof outcomes)[number];

export interface CallReport {
  readonly outcome: Outcome;
  readonly result: SurfaceResult;
  /** For the log of the shard, never for the client. */
  readonly error?: unknown;
}

/** How long a tool may take to end after its signal aborted, in milliseconds, before nobody waits for it any more. */
const ABORT_GRACE = 2000;

/** Runs a tool from arguments to result. Never throws: what goes wrong becomes an `isError` result and an outcome. */
export async function callTool(tool: Tool, args: JsonObject, context: ToolContext): Promise<CallReport> {
  const input = tool.read(args);
  if (!input.ok) return failure("invalid", input.problem);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), tool.timeout);
  const signal = AbortSignal.any([context.signal, deadline.signal]);
  try {
    const written = tool.write(await settled(tool, input.value, { ...context, signal }));
    if (!written.ok)
      return bug(tool, context, new Error(`Result of ${tool.name} against its schema: ${written.problem}`));
    const { structured, text } = written.value;
    const result = { content: [{ type: "text", text }], ...(structured && { structuredContent: structured }) };
    return { outcome: "ok", result };
  } catch (error) {
    if (error instanceof ToolError) return { ...failure("failed", describeError(error)), error: error.cause };
    if (context.signal.aborted) return failure("cancelled", `${tool.name} was stopped: ${reasonOf(context.signal)}`);
    if (deadline.signal.aborted) {
      const next = "It may have done part of its work: look before you call it again.";
      return failure("timeout", `${tool.name} did not end within ${tool.timeout / 1000} s and was stopped.\n${next}`);
    }
    return bug(tool, context, error);
  } finally {
    clearTimeout(timer);
  }
}

/** An `isError` result with one text (2026-07-28 server/tools, "Error Handling"). */
export function failure(outcome: Outcome, text: string): CallReport {
  return { outcome, result: { isError: true, content: [{ type: "text", text }] } };
}

function bug(tool: Tool, { requestId }: ToolContext, error: unknown): CallReport {
  const text = `${tool.name} failed because of a bug in it, not because of the arguments.\nThe log of the shard has the detail (request ${requestId}).`;
  return { ...failure("bug", text), error };
}

/** What the tool returns; after its signal aborted it has {@link ABORT_GRACE} to end in its own way. */
async function settled(tool: Tool, input: unknown, context: ToolContext): Promise<unknown> {
  const { promise: gaveUp, reject } = Promise.withResolvers<never>();
  let grace: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    grace = setTimeout(() => reject(context.signal.reason), ABORT_GRACE);
  };
  if (context.signal.aborted) onAbort();
  else context.signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([(async () => tool.run(input, context))(), gaveUp]);
  } finally {
    clearTimeout(grace);
    context.signal.removeEventListener("abort", onAbort);
  }
}

function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof ToolError ? describeError(signal.reason) : "the client went away";
}
