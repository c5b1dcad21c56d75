import type { Check, Health } from "@shardgate/contract";
import type { OpenShard, Shard } from "./shard.ts";
import { describeError } from "./tool-error.ts";

/** Longest run of one check, in milliseconds: below the two seconds the gateway waits for the whole answer. */
const CHECK_TIMEOUT = 1500;

/** How long a result is repeated, in milliseconds, so that many askers do not burden the service that is checked. */
const FRESH_FOR = 1000;

/** Runs the checks of a shard side by side, one round at a time. */
export function createHealth(shard: Shard, { checks }: OpenShard, now: () => number): () => Promise<Health> {
  let round: Promise<Health> | undefined;
  let startedAt = -Infinity;

  async function check(): Promise<Health> {
    const entries = await Promise.all([...checks].map(async ([name, run]) => [name, await outcomeOf(run)] as const));
    const failed = entries.some(([, { status }]) => status === "failed");
    const { name, version } = shard;
    return { status: failed ? "failed" : "ok", name, version, checks: Object.fromEntries(entries) };
  }

  return () => {
    if (round === undefined || now() - startedAt > FRESH_FOR) {
      startedAt = now();
      round = check();
    }
    return round;
  };
}

async function outcomeOf(run: (signal: AbortSignal) => void | Promise<void>): Promise<Check> {
  const timeout = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    timeout.abort();
    reject(new Error(`no answer within ${CHECK_TIMEOUT / 1000} s`));
  }, CHECK_TIMEOUT);
  try {
    await Promise.race([(async () => run(timeout.signal))(), late]);
    return { status: "ok" };
  } catch (error) {
    return { status: "failed", message: describeError(error) };
  } finally {
    clearTimeout(timer);
  }
}
