// What the figures must reach. A ratio compares with a floor of the same run, so it holds on any machine; the rest is said in its unit.

export interface Target {
  readonly figure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Verdict extends Target {
  /** undefined: not measured in this run. */
  readonly value: number | undefined;
  readonly isReached: boolean;
}

const calls = (["modern", "legacy"] as const).flatMap((era): readonly Target[] => [
  { figure: `${era}/c16/gateway /servers/x/mcp/rateRatio`, atLeast: 0.92 },
  { figure: `${era}/c16/gateway /mcp/rateRatio`, atLeast: 0.85 },
  { figure: `${era}/c16/gateway /servers/x/mcp/cpuRatio`, atMost: 1.25 },
  { figure: `${era}/c16/gateway /mcp/cpuRatio`, atMost: 1.35 },
  { figure: `${era}/c16/gateway /servers/x/mcp/errors`, atMost: 0 },
  { figure: `${era}/c16/gateway /mcp/errors`, atMost: 0 },
]);

export const targets: readonly Target[] = [
  ...calls,
  { figure: "stdio/modern/c16/gateway /mcp/rateRatio", atLeast: 0.8 },
  { figure: "stdio/legacy/c16/gateway /mcp/rateRatio", atLeast: 0.8 },
  { figure: "stdio-peers/against the best", atLeast: 1 },
  { figure: "openapi/modern/POST /modern/echo/rateRatio", atLeast: 0.6 },
  { figure: "openapi/legacy/POST /legacy/echo/rateRatio", atLeast: 0.6 },
  { figure: "openapi/mcpo/POST /x/echo/rateRatio", atLeast: 10 },
  { figure: "openapi/document/build", atMost: 50 },
  { figure: "openapi/document/firstByte", atMost: 5 },
  { figure: "growth/10000 tools/rateRatio", atLeast: 0.95 },
  { figure: "growth/200 upstreams/rateRatio", atLeast: 0.95 },
  { figure: "growth/1000 sessions/rateRatio", atLeast: 0.95 },
  { figure: "across-eras/modern client, legacy upstream/rateRatio", atLeast: 0.4 },
  { figure: "across-eras/legacy client, modern upstream/rateRatio", atLeast: 0.4 },
  { figure: "memory/gateway/idle", atMost: 85 },
  { figure: "session-memory/100 idle sessions", atMost: 15 },
  { figure: "session-memory/after 10,000 came and went", atMost: 10 },
  { figure: "house/memory saved", atLeast: 0.35 },
  { figure: "house/gateway memory", atMost: 120 },
  // Milliseconds beyond 1.3 times what it takes alone and the time that the processors need for all.
  { figure: "house/all ready late", atMost: 0 },
  { figure: "house/one ready late", atMost: 250 },
  { figure: "house/first answers", atMost: 1_000 },
  { figure: "start/livez", atMost: 500 },
  { figure: "routes/idle", atMost: 200 },
  // Traefik's throttle and 0.3 s.
  { figure: "routes/throttled/slowest", atMost: 2300 },
];

/** Holds figures against targets. */
export function judge(
  figures: Readonly<Record<string, number>>,
  against: readonly Target[] = targets,
): readonly Verdict[] {
  return against.map((target) => {
    const value = figures[target.figure];
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = target;
    return { ...target, value, isReached: value !== undefined && value >= atLeast && value <= atMost };
  });
}
