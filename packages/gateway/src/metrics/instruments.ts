import type { UpstreamReport } from "../registry/report.ts";
import { BUCKETS_S, type CallStats } from "./call-stats.ts";

/** What the numbers are read from, when somebody asks for them. */
export interface Source {
  readonly version: string;
  readonly generation: number;
  readonly upstreams: readonly UpstreamReport[];
  readonly calls: CallStats;
  /** Calls under way. */
  readonly active: number;
  /** Whether the last attempt to read the configuration gave one that applies; undefined without a file. */
  readonly configOk: boolean | undefined;
}

/** One value of an instrument. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Where a histogram's sample is not the histogram itself: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string;
}

/** One metric. */
export interface Instrument {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Labels hold names of upstreams and of ours, so their number is bounded, and no secret is among them. */
  samples(source: Source): readonly Sample[];
}

const STATES = ["up", "degraded", "starting", "down", "shadowed"];

/** The gateway's metrics besides those of its process: the only list. */
export const instruments: readonly Instrument[] = [
  {
    name: "shardgate_info",
    type: "gauge",
    help: "Always 1",
    samples: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: "shardgate_snapshot_generation",
    type: "gauge",
    help: "Number of the snapshot that requests read",
    samples: ({ generation }) => [{ labels: {}, value: generation }],
  },
  {
    name: "shardgate_config_ok",
    type: "gauge",
    help: "1 where the configuration as it stands applies, 0 where it has errors and the last good one is used",
    samples: ({ configOk }) => (configOk === undefined ? [] : [{ labels: {}, value: Number(configOk) }]),
  },
  {
    name: "shardgate_upstream_state",
    type: "gauge",
    help: "1 for the state an upstream is in",
    samples: ({ upstreams }) =>
      upstreams.flatMap(({ name, kind, state }) =>
        [...new Set([...STATES, state])].map((one) => ({
          labels: { upstream: name, kind, state: one },
          value: Number(one === state),
        })),
      ),
  },
  {
    name: "shardgate_upstream_tools",
    type: "gauge",
    help: "Tools of an upstream",
    samples: ({ upstreams }) => upstreams.map(({ name, tools }) => ({ labels: { upstream: name }, value: tools })),
  },
  {
    name: "shardgate_calls_running",
    type: "gauge",
    help: "Requests under way",
    samples: ({ active }) => [{ labels: {}, value: active }],
  },
  {
    name: "shardgate_calls_total",
    type: "counter",
    help: "Requests passed to an upstream that have ended, by outcome; tool_error is a result that says the tool failed, confirmation_asked and _declined were not sent",
    samples: ({ calls }) =>
      [...calls.upstreams].flatMap(([upstream, { outcomes }]) =>
        [...outcomes].map(([outcome, value]) => ({ labels: { upstream, outcome }, value })),
      ),
  },
  {
    name: "shardgate_call_duration_seconds",
    type: "histogram",
    help: "Time from a request's coming to its answer",
    samples: ({ calls }) =>
      [...calls.upstreams].flatMap(([upstream, { buckets, count, sumMs }]) => {
        let seen = 0;
        const bounds = BUCKETS_S.map((le, index) => {
          seen += buckets[index] as number;
          return { labels: { le, upstream }, value: seen, suffix: "_bucket" };
        });
        return [
          ...bounds,
          { labels: { le: "+Inf", upstream }, value: count, suffix: "_bucket" },
          { labels: { upstream }, value: sumMs / 1_000, suffix: "_sum" },
          { labels: { upstream }, value: count, suffix: "_count" },
        ];
      }),
  },
];
