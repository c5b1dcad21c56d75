import { ToolError } from "@shardgate/shard-sdk";
import type { Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import type { ChangeAction, Revision } from "../store/history.ts";
import { hashOf, type StoredFile } from "../store/route-store.ts";
import { waitFor, type Expected, type Sight } from "./prove.ts";
import { remedyFor } from "./remedies.ts";
import { membersOf } from "./render-route.ts";
import { whyNotLoaded } from "./why-not-loaded.ts";

/** A change of one route file that leaves a file behind. */
export interface Change {
  readonly name: string;
  readonly action: ChangeAction;
  readonly before: StoredFile | undefined;
  readonly after: string;
}

/** What became of it. */
export interface Made {
  readonly ok: boolean;
  readonly outcome: "active" | "active_with_warnings" | "written_not_loaded" | "rolled_back";
  readonly warnings: readonly string[];
  readonly errors: string[];
  readonly reason?: string;
  readonly revision?: string;
  readonly took_ms?: number;
  readonly next_step: string;
}

/**
 * Writes a route file, tells Traefik, and proves that it shows the route as written. A router that Traefik disables is
 * taken back. To be called by one change at a time.
 *
 * @throws ToolError when the file could not be written; the old state stands then
 */
export async function commitChange(
  deps: Deps,
  change: Change,
  expected: Expected,
  running: Running,
  signal?: AbortSignal,
): Promise<Made> {
  const { store, history } = deps;
  const { name, action, before, after } = change;
  const revision = await history.record({ name, action, before: before?.text ?? null, after });
  try {
    await store.write(name, after, before?.hash ?? null);
  } catch (error) {
    await history.forget(revision);
    throw error;
  }
  const made = await prove(deps, change, expected, running, revision, signal);
  await history.audit({ action, name, outcome: made.outcome, revision: revision.id });
  return made;
}

async function prove(
  deps: Deps,
  change: Change,
  expected: Expected,
  running: Running,
  revision: Revision,
  signal?: AbortSignal,
): Promise<Made> {
  let sight: Sight & { readonly tookMs: number };
  try {
    await deps.tellTraefik();
    sight = await waitFor(deps, expected, running, ({ state }) => state === "loaded", signal);
  } catch (error) {
    // The file is there: whatever fails now is told as its state, not as a call that failed.
    if (!(error instanceof ToolError)) throw error;
    return {
      ok: false,
      outcome: "written_not_loaded",
      warnings: [],
      errors: [],
      reason: error.message,
      revision: revision.id,
      next_step: error.next ?? "Call reload_config later.",
    };
  }
  const facts = { warnings: [], errors: [...sight.errors], revision: revision.id };
  if (sight.state !== "loaded") {
    const { reason, fix } = await whyNotLoaded(deps.store);
    return { ok: false, outcome: "written_not_loaded", ...facts, reason, next_step: fix };
  }
  if (sight.status === "disabled") {
    await rollBack(deps, change, running, signal);
    await deps.history.forget(revision);
    return {
      ok: false,
      outcome: "rolled_back",
      warnings: [],
      errors: [...sight.errors],
      reason: "Traefik loaded the route but disabled it, so the change was taken back.",
      next_step: remedyFor(sight.errors),
    };
  }
  const renamed = sight.seenAs.filter((seen) => seen.includes("-conflicted-"));
  const warnings =
    renamed.length === 0
      ? []
      : [`Traefik renamed it to ${renamed.join(", ")}: another route serves the host with other TLS options.`];
  const outcome =
    sight.status === "warning" || sight.errors.length > 0 || warnings.length > 0 ? "active_with_warnings" : "active";
  return {
    ok: true,
    outcome,
    ...facts,
    warnings,
    took_ms: sight.tookMs,
    next_step: outcome === "active" ? "" : remedyFor(sight.errors),
  };
}

/** Puts the old file back, or removes the new one, and waits until Traefik has followed. */
async function rollBack(
  deps: Deps,
  { name, before, after }: Change,
  running: Running,
  signal?: AbortSignal,
): Promise<void> {
  const { store } = deps;
  if (before === undefined) await store.remove(name, hashOf(after));
  else await store.write(name, before.text, hashOf(after));
  await deps.tellTraefik();
  const old = before === undefined ? undefined : membersOf(before.text);
  const gone = membersOf(after);
  if (old !== undefined) await waitFor(deps, old, running, ({ state }) => state === "loaded", signal);
  else if (gone !== undefined) await waitFor(deps, gone, running, ({ state }) => state === "absent", signal);
}
