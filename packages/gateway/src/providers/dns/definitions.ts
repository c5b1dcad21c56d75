import { toUpstreamName } from "@shardgate/contract";
import { learnedOptionsSchema, type UpstreamDefinition } from "../../upstreams/index.ts";
import { refuseAddress } from "../../upstreams/learned-address.ts";
import type { DnsEntry } from "./schema.ts";

/** A place that DNS names: of an SRV record, or of the name itself. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** Lower is asked first (RFC 2782). */
  readonly priority: number;
  readonly weight: number;
  readonly addresses: readonly string[];
}

interface Place {
  readonly target: Target;
  readonly address: string;
}

export interface Read {
  readonly definitions: readonly UpstreamDefinition[];
  readonly problems: readonly string[];
}

const USUAL_PATH: Readonly<Record<DnsEntry["kind"], string>> = { shard: "", "mcp-http": "/mcp", sse: "/sse" };

/**
 * What an answer defines: one upstream for all it names where the entry has a name, else one for each. Where there are
 * several places for one upstream, it stays where it is as long as that is among the best.
 *
 * @param before what the answer before defined
 */
export function definitionsOf(
  entry: DnsEntry,
  targets: readonly Target[],
  before: readonly UpstreamDefinition[],
): Read {
  const problems: string[] = [];
  const label = entry.srv ?? entry.host ?? "";
  const places = targets.toSorted(byOrder).flatMap((target) =>
    target.addresses.flatMap((address): Place[] => {
      const reason = refuseAddress(address);
      if (reason === undefined) return [{ target, address }];
      problems.push(`${label}: ${target.host} is ${address}, which ${reason}; it is left out`);
      return [];
    }),
  );
  const groups = Map.groupBy(places, (place) => idOf(entry, place));
  const definitions = [...groups].map(([id, candidates]) => {
    const best = candidates.filter(({ target }) => target.priority === candidates[0]?.target.priority);
    const urls = best.map((place) => urlOf(entry, place));
    const kept = before.find((one) => one.id === id)?.options;
    const url = urls.find((one) => kept !== undefined && "url" in kept && one === kept.url) ?? (urls[0] as string);
    const { kind, headers } = entry;
    return {
      id,
      name: nameOf(entry, candidates[0]?.target.host ?? ""),
      // Durations are in milliseconds already.
      options: { ...learnedOptionsSchema.parse({ kind, url, headers }), timeout: entry.timeout },
      learned: true as const,
    };
  });
  return { definitions, problems };
}

function byOrder(a: Target, b: Target): number {
  return a.priority - b.priority || b.weight - a.weight || (`${a.host}:${a.port}` < `${b.host}:${b.port}` ? -1 : 1);
}

/** What stays the same while an address changes. */
function idOf({ name, srv, host, kind, port }: DnsEntry, { target, address }: Place): string {
  const from = srv ?? `${host}:${port}`;
  if (name !== undefined) return `${from} ${name}`;
  if (srv !== undefined) return `${from} ${target.host}:${target.port}`;
  // Shards at the addresses of one name may be different ones; other servers could not say so.
  return kind === "shard" ? `${from} ${address}` : from;
}

function nameOf({ name, kind }: DnsEntry, host: string): string | undefined {
  if (name !== undefined || kind === "shard") return name;
  return toUpstreamName(host.split(".")[0] ?? host);
}

function urlOf({ scheme, kind, path }: DnsEntry, { target, address }: Place): string {
  // A certificate is for the name; where there is none, the address saves the gateway another question.
  const place = scheme === "https" ? target.host : address.includes(":") ? `[${address}]` : address;
  return `${scheme}://${place}:${target.port}${path ?? USUAL_PATH[kind]}`;
}
