import type { Timers } from "../../core/timers.ts";
import type { UpstreamDefinition } from "../../upstreams/index.ts";
import { Backoff } from "../backoff.ts";
import type { Provider } from "../provider.ts";
import { definitionsOf, type Target } from "./definitions.ts";
import { type AddressRecord, type Resolver, systemResolver } from "./resolver.ts";
import type { DnsEntry } from "./schema.ts";

export interface DnsDeps {
  readonly timers: Timers;
  readonly createResolver?: (servers: readonly string[]) => Resolver;
}

/** An answer is asked for again when its time to live is over, but within these limits, in milliseconds. */
const SOONEST_MS = 5_000;
const LATEST_MS = 60_000;
/** SRV records come without their time to live; this stands for it. */
const SRV_MS = 15_000;
/** Most records of one name that are looked at. */
const MAX_TARGETS = 100;

interface Watched {
  readonly entry: DnsEntry;
  definitions: readonly UpstreamDefinition[];
  problems: readonly string[];
  error: string | undefined;
  hasAnswered: boolean;
  /** Since when there is no good answer; undefined while there is. */
  failingSince: number | undefined;
}

/** Upstreams from SRV, A and AAAA records, asked for again as their time to live says. */
export function dnsProvider(entries: readonly DnsEntry[], deps: DnsDeps): Provider {
  const { timers, createResolver = systemResolver } = deps;
  return {
    name: "dns",
    async watch(emit, signal, report) {
      const all = entries.map((entry): Watched => {
        return { entry, definitions: [], problems: [], error: undefined, hasAnswered: false, failingSince: undefined };
      });
      let last: string | undefined;
      const show = (): void => {
        const errors = all.flatMap(({ error }) => error ?? []);
        const problems = all.flatMap((one) => one.problems);
        report({ problems, ...(errors.length > 0 && { error: errors.join("; ") }) });
        const definitions = all.flatMap((one) => one.definitions);
        const text = JSON.stringify(definitions);
        if (text !== last) emit(definitions);
        last = text;
      };
      const follow = (watched: Watched): Promise<void> => {
        const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
        const resolver = createResolver(watched.entry.servers);
        const backoff = new Backoff(timers);
        signal.addEventListener("abort", () => {
          resolver.cancel();
          begin();
        });
        const run = async (): Promise<void> => {
          while (!signal.aborted) {
            const pause = await ask(watched, resolver, timers);
            if (signal.aborted) return;
            show();
            begin();
            if (pause === undefined) await backoff.wait(signal);
            else {
              backoff.reset();
              await backoff.pause(pause, signal);
            }
          }
        };
        void run();
        return begun;
      };
      await Promise.all(all.map(follow));
    },
  };
}

/** Asks once; returns when to ask again in milliseconds, undefined after a failure. */
async function ask(watched: Watched, resolver: Resolver, timers: Timers): Promise<number | undefined> {
  const { entry } = watched;
  const label = (entry.srv ?? entry.host) as string;
  try {
    const { targets, problems, ttlMs } = await lookUp(entry, resolver);
    const read = definitionsOf(entry, targets, watched.definitions);
    watched.definitions = read.definitions;
    watched.problems = [...problems, ...read.problems];
    watched.error = undefined;
    watched.hasAnswered = true;
    watched.failingSince = undefined;
    return Math.min(Math.max(ttlMs, SOONEST_MS), LATEST_MS);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    watched.failingSince ??= timers.now();
    const isOver = !watched.hasAnswered || timers.now() - watched.failingSince >= entry.grace;
    if (isOver) watched.definitions = watched.problems = [];
    const kept = isOver ? "nothing is known of it" : "the last answer counts for now";
    watched.error = `${label}: ${meaningOf(code, message)}; ${kept}`;
    return undefined;
  }
}

/** @throws Error with a code where nothing was found */
async function lookUp(
  { srv, host, port }: DnsEntry,
  resolver: Resolver,
): Promise<{ targets: readonly Target[]; problems: readonly string[]; ttlMs: number }> {
  if (srv === undefined) {
    const records = await resolver.addresses(host as string);
    const addresses = records
      .slice(0, MAX_TARGETS)
      .map(({ address }) => address)
      .toSorted();
    const target = { host: host as string, port: port as number, priority: 0, weight: 0, addresses };
    return { targets: [target], problems: [], ttlMs: shortest(records) };
  }
  const records = await resolver.srv(srv);
  const targets: Target[] = [];
  const problems: string[] = [];
  let failure: unknown;
  let ttlMs = SRV_MS;
  const found = await Promise.allSettled(records.slice(0, MAX_TARGETS).map(({ name }) => resolver.addresses(name)));
  for (const [index, result] of found.entries()) {
    const record = records[index] as (typeof records)[number];
    if (result.status === "rejected") {
      failure = result.reason;
      const { code, message } = result.reason as Error & { code?: string };
      problems.push(`${srv}: its target ${record.name} is left out: ${meaningOf(code, message)}`);
      continue;
    }
    ttlMs = Math.min(ttlMs, shortest(result.value));
    const addresses = result.value.map(({ address }) => address).toSorted();
    targets.push({ host: record.name, port: record.port, priority: record.priority, weight: record.weight, addresses });
  }
  if (records.length > MAX_TARGETS) problems.push(`${srv}: records beyond the first ${MAX_TARGETS} are left out`);
  // All gone at once is the resolver's trouble rather than theirs.
  if (targets.length === 0 && failure !== undefined) throw failure;
  return { targets, problems, ttlMs };
}

function shortest(records: readonly AddressRecord[]): number {
  return Math.min(...records.map(({ ttl }) => ttl)) * 1_000;
}

/** Codes of node:dns in words. */
function meaningOf(code: string | undefined, message: string): string {
  switch (code) {
    case "ENOTFOUND":
    case "ENODATA":
      return `there is no such record (${code})`;
    case "ESERVFAIL":
    case "EREFUSED":
      return `the resolver failed (${code})`;
    case "ETIMEOUT":
    case "ECONNREFUSED":
      return `the resolver does not answer (${code})`;
    default:
      return code ?? message;
  }
}
