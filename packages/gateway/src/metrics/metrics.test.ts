import { describe, expect, it } from "vitest";
import type { Outcome } from "../core/call-outcome.ts";
import { call, upstreamState } from "../testing/calls.ts";
import { CallStats, quantile } from "./call-stats.ts";
import { instruments } from "./instruments.ts";
import { renderMetrics } from "./render.ts";

function statsOf(...calls: readonly (readonly [upstream: string, outcome: Outcome, ms: number])[]): CallStats {
  const stats = new CallStats();
  for (const [name, outcome, ms] of calls) {
    stats.record(call(upstreamState({ name })), { outcome, code: undefined, error: undefined, ms }, new Date(0));
  }
  return stats;
}

describe("CallStats", () => {
  it("keeps the last fifty calls, the youngest first", () => {
    const stats = statsOf(...Array.from({ length: 70 }, (_, index) => ["nas", "ok", index] as const));
    expect(stats.recent().map(({ ms }) => ms)).toEqual(Array.from({ length: 50 }, (_, index) => 69 - index));
    expect(statsOf(["nas", "ok", 1]).recent()).toHaveLength(1);
  });

  it("knows below which bound a share of the calls stayed", () => {
    const tally = statsOf(...[5, 15, 15, 400_000].map((ms) => ["nas", "ok", ms] as const)).upstreams.get("nas")!;
    expect([0.25, 0.75, 1].map((share) => quantile(tally, share))).toEqual([0.01, 0.02, Infinity]);
  });
});

describe("/metrics", () => {
  const source = {
    version: "1.2.3",
    generation: 7,
    upstreams: [
      { name: "nas", kind: "shard", provider: "file", state: "up", tools: 3, since: "" },
      { name: "gitea", kind: "mcp-http", provider: "file", state: "down", tools: 2, since: "" },
    ] as const,
    calls: statsOf(["nas", "ok", 15], ["nas", "tool_error", 600], ["nas", "ok", 400_000]),
    active: 2,
    configOk: false,
  };

  it("has every instrument with its help and type, and the process's own", async () => {
    const { type, text } = await renderMetrics(source);
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const { name, type: kind } of instruments) {
      expect(text).toContain(`# HELP ${name} `);
      expect(text).toContain(`# TYPE ${name} ${kind}`);
    }
    expect(text).toContain("process_resident_memory_bytes");
  });

  it("counts calls, and states", async () => {
    const { text } = await renderMetrics(source);
    const lines = text.split("\n");
    for (const line of [
      'shardgate_calls_total{upstream="nas",outcome="ok"} 2',
      'shardgate_calls_total{upstream="nas",outcome="tool_error"} 1',
      'shardgate_call_duration_seconds_bucket{le="0.01",upstream="nas"} 0',
      'shardgate_call_duration_seconds_bucket{le="0.02",upstream="nas"} 1',
      'shardgate_call_duration_seconds_bucket{le="1",upstream="nas"} 2',
      'shardgate_call_duration_seconds_bucket{le="300",upstream="nas"} 2',
      'shardgate_call_duration_seconds_bucket{le="+Inf",upstream="nas"} 3',
      'shardgate_call_duration_seconds_count{upstream="nas"} 3',
      'shardgate_call_duration_seconds_sum{upstream="nas"} 400.615',
      'shardgate_upstream_state{upstream="gitea",kind="mcp-http",state="down"} 1',
      'shardgate_upstream_state{upstream="gitea",kind="mcp-http",state="up"} 0',
      'shardgate_upstream_tools{upstream="nas"} 3',
      "shardgate_config_ok 0",
      "shardgate_calls_running 2",
    ]) {
      expect(lines).toContain(line);
    }
  });
});
