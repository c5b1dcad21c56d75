import type { UpstreamState } from "../core/snapshot.ts";
import type { Place } from "./place.ts";

/** One upstream as an operator sees it. */
export interface UpstreamReport {
  readonly name: string;
  readonly kind: string;
  /** Which provider defines it. */
  readonly provider: string;
  /** `shadowed`: another definition has its name, `error` says which. */
  readonly state: UpstreamState["status"] | "shadowed";
  readonly tools: number;
  readonly url?: string;
  /** What its file calls it, where that is not its name. */
  readonly original?: string;
  readonly group?: string;
  readonly version?: string;
  readonly latency_ms?: number;
  /** Times in a row that it failed to start, or ended by itself. */
  readonly failures?: number;
  /** Of a program: its process, how many sessions have one of their own, and the last lines it wrote for people. */
  readonly pid?: number;
  readonly sessions?: number;
  readonly log?: readonly string[];
  /** When a person signed in at it, ISO 8601. */
  readonly signed_in?: string;
  /** ISO 8601. */
  readonly since: string;
  readonly error?: string;
  /** What of its lists is left out or could not be read, and what to do. */
  readonly problems?: readonly string[];
}

export function reportOf(state: UpstreamState, tools: number, place: Place, isShadowed: boolean): UpstreamReport {
  const { name, kind, status, url, original, group, version, since, error } = state;
  const { latencyMs, failures } = place.supervisor;
  const shownError = error ?? place.pending;
  return {
    name,
    kind,
    provider: place.provider,
    state: isShadowed ? "shadowed" : status,
    tools,
    ...(url === undefined ? {} : { url }),
    ...(original === undefined ? {} : { original }),
    ...(group === undefined ? {} : { group }),
    ...(version === undefined ? {} : { version }),
    ...(failures === 0 ? {} : { failures }),
    ...place.supervisor.details(),
    ...(latencyMs === undefined ? {} : { latency_ms: Math.round(latencyMs * 10) / 10 }),
    since: since.toISOString(),
    ...(shownError === undefined ? {} : { error: shownError }),
  };
}
