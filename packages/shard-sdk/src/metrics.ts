import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Outcome } from "./call-tool.ts";

/** Numbers about a shard's calls and its process. */
export interface Metrics {
  /** A call has begun; the returned function is told its outcome at the end. */
  started(tool: string): (outcome: Outcome) => void;
  /** The Prometheus text exposition (version 0.0.4) and its content type. */
  render(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Upper bounds in seconds: those of OpenTelemetry's MCP conventions, so that gateway and shards compare. */
const buckets = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/** Labels are names of the shard and its own tools, so their number is bounded. */
export function createMetrics(shard: { readonly name: string; readonly version: string }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ shard: shard.name });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const running = new Gauge({ name: "shard_tool_calls_running", help: "Tool calls that run now", registers });
  const calls = new Counter({
    name: "shard_tool_calls_total",
    help: "Tool calls that have ended, by outcome",
    labelNames: ["tool", "outcome"],
    registers,
  });
  const duration = new Histogram({
    name: "shard_tool_call_duration_seconds",
    help: "Time from arguments to result",
    labelNames: ["tool"],
    buckets,
    registers,
  });
  const info = new Gauge({ name: "shard_info", help: "Always 1", labelNames: ["version"], registers });
  info.set({ version: shard.version }, 1);
  return {
    started(tool) {
      running.inc();
      const observe = duration.startTimer({ tool });
      return (outcome) => {
        running.dec();
        observe();
        calls.inc({ tool, outcome });
      };
    },
    render: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}
