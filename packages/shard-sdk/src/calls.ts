import type { SurfaceCall, SurfaceResult } from "@shardgate/mcp-wire/server";
import { callTool, failure } from "./call-tool.ts";
import type { JsonObject } from "./json-schema.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { OpenShard } from "./shard.ts";
import { ToolError } from "./tool-error.ts";
import type { Tool } from "./tool.ts";

/** Calls that run at once; more are told to come back, so that a flood does not exhaust memory. */
const MAX_RUNNING = 256;

/** The calls of a shard: runs them, counts and logs each once, and ends them when the shard stops. */
export interface Calls {
  /** `name` must be one of the shard's tools. Never throws. */
  run(name: string, args: JsonObject, call: SurfaceCall): Promise<SurfaceResult>;
  /** Waits up to `grace` milliseconds for what runs, then stops the rest. */
  stop(grace: number): Promise<void>;
}

export interface CallsDeps {
  readonly metrics: Metrics;
  readonly log: Log;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

export function createCalls(shard: { readonly name: string }, { tools }: OpenShard, deps: CallsDeps): Calls {
  const { metrics, log, now } = deps;
  const stopping = new AbortController();
  const running = new Set<Promise<unknown>>();

  async function run(tool: Tool, args: JsonObject, call: SurfaceCall): Promise<SurfaceResult> {
    const fields = { tool: tool.name, requestId: call.requestId };
    const ended = metrics.started(tool.name);
    const start = now();
    const { outcome, result, error } =
      running.size >= MAX_RUNNING
        ? failure("busy", `${shard.name} runs ${MAX_RUNNING} calls already.\nCall again in a few seconds.`)
        : await callTool(tool, args, {
            requestId: call.requestId,
            signal: AbortSignal.any([call.signal, stopping.signal]),
            log: log.child(fields),
            progress: (progress, total, message) =>
              call.progress({
                progress,
                ...(total !== undefined && { total }),
                ...(message !== undefined && { message }),
              }),
          });
    ended(outcome);
    const line = {
      ...fields,
      outcome,
      ms: Math.round((now() - start) * 10) / 10,
      ...(error !== undefined && { err: error }),
    };
    log[outcome === "bug" ? "error" : "info"](line, `${tool.name} ${outcome}`);
    return result;
  }

  return {
    async run(name, args, call) {
      const promise = run(tools.get(name)!, args, call);
      running.add(promise);
      return promise.finally(() => running.delete(promise));
    },
    async stop(grace) {
      const { promise: over, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, grace);
      await Promise.race([idle(running), over]);
      clearTimeout(timer);
      if (running.size > 0) log.warn({ calls: running.size }, "Stopping calls that did not end in time");
      stopping.abort(new ToolError(`${shard.name} is shutting down.`, { next: "Call again in a few seconds." }));
      await idle(running);
    },
  };
}

/** Resolves when nothing runs, what began meanwhile included. */
async function idle(running: ReadonlySet<Promise<unknown>>): Promise<void> {
  while (running.size > 0) await Promise.allSettled(running);
}
