import { ToolError } from "@shardgate/shard-sdk";
import type { Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import type { ChangeAction, Revision } from "../store/history.ts";
import { hashOf, type StoredFile } from "../store/route-store.ts";
import { lookAtAll, waitFor, type Expected, type Sight } from "./prove.ts";
import { remedyFor } from "./remedies.ts";
import { membersOf } from "./render-route.ts";
import { whyNotLoaded } from "./why-not-loaded.ts";

/** A change of one route file. */
export interface Change {
  readonly name: string;
  readonly action: ChangeAction;
  readonly before: StoredFile | undefined;
  /** Undefined: the file goes. */
  readonly after: string | undefined;
  /** What the file configures; what it did, when it goes. */
  readonly members: Expected;
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
 * Makes the changes of one or several route files as one: all are written, Traefik is told once, and it must show every
 * route as written. When it disables one, all are taken back. To be called by one change at a time.
 *
 * @throws ToolError when a file could not be written; the old state stands then
 */
export async function commitChanges(
  deps: Deps,
  changes: readonly Change[],
  running: Running,
  signal?: AbortSignal,
): Promise<Made> {
  const { history } = deps;
  const revisions = await history.record(
    changes.map(({ name, action, before, after }) => ({
      name,
      action,
      before: before?.text ?? null,
      after: after ?? null,
    })),
  );
  await writeAll(deps, changes, revisions);
  const made = await prove(deps, changes, running, revisions, signal);
  for (const { name, action, id } of revisions)
    await history.audit({ action, name, outcome: made.outcome, revision: id });
  return made;
}

/** Writes all files, or, when one cannot be written, none. */
async function writeAll(
  { store, history }: Deps,
  changes: readonly Change[],
  revisions: readonly Revision[],
): Promise<void> {
  const written: Change[] = [];
  try {
    await history.begin(revisions);
    for (const change of changes) {
      const { name, before, after } = change;
      if (after !== undefined) await store.write(name, after, before?.hash ?? null);
      else if (before !== undefined) await store.remove(name, before.hash);
      written.push(change);
    }
  } catch (error) {
    // What cannot be put back now is put back before the next change, by the note that stays.
    await putBack(store, written);
    await history.end();
    await history.forget(revisions);
    throw error;
  }
  await history.end();
}

/** Brings the files of changes back to what they were. */
async function putBack(store: Deps["store"], changes: readonly Change[]): Promise<void> {
  for (const { name, before, after } of changes.toReversed()) {
    const now = after === undefined ? null : hashOf(after);
    if (before !== undefined) await store.write(name, before.text, now);
    else if (now !== null) await store.remove(name, now);
  }
}

/**
 * Takes back what a process that died had written of a change to several routes. To be called before a change is made.
 */
export async function recoverChange({ store, history, tellTraefik }: Deps): Promise<void> {
  const revisions = await history.unfinished();
  for (const { name, before, after } of revisions) {
    const current = await store.read(name);
    // Only what that change wrote: a file that somebody has changed since is theirs.
    if ((current?.text ?? null) !== after || before === after) continue;
    if (before !== null) await store.write(name, before, current?.hash ?? null);
    else if (current !== undefined) await store.remove(name, current.hash);
  }
  await history.end();
  if (revisions.length === 0) return;
  await history.forget(revisions);
  await history.audit({ action: "recover", routes: revisions.map(({ name }) => name), revision: revisions[0]?.id });
  await tellTraefik();
}

async function prove(
  deps: Deps,
  changes: readonly Change[],
  running: Running,
  revisions: readonly Revision[],
  signal?: AbortSignal,
): Promise<Made> {
  const revision = revisions[0]?.id ?? "";
  const wishes = changes.map(({ members, after }) => ({ members, gone: after === undefined }));
  let sight: Sight & { readonly tookMs: number };
  try {
    await deps.tellTraefik();
    const looking = () => lookAtAll(deps, wishes, running, signal);
    sight = await waitFor(deps, looking, ({ state }) => state === "loaded", signal);
  } catch (error) {
    // The files are there: whatever fails now is told as their state, not as a call that failed.
    if (!(error instanceof ToolError)) throw error;
    return {
      ok: false,
      outcome: "written_not_loaded",
      warnings: [],
      errors: [],
      reason: error.message,
      revision,
      next_step: error.next ?? "Call reload_config later.",
    };
  }
  const facts = { warnings: [], errors: [...sight.errors], revision };
  if (sight.state !== "loaded") {
    const { reason, fix } = await whyNotLoaded(deps.store);
    return { ok: false, outcome: "written_not_loaded", ...facts, reason, next_step: fix };
  }
  if (sight.status === "disabled") {
    await rollBack(deps, changes, running, signal);
    await deps.history.forget(revisions);
    return {
      ok: false,
      outcome: "rolled_back",
      warnings: [],
      errors: [...sight.errors],
      reason: `Traefik loaded the ${changes.length === 1 ? "route" : "routes"} but disabled ${changes.length === 1 ? "it" : "one"}, so the change was taken back.`,
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

/** Puts the old files back and waits until Traefik has followed. */
async function rollBack(deps: Deps, changes: readonly Change[], running: Running, signal?: AbortSignal): Promise<void> {
  await putBack(deps.store, changes);
  await deps.tellTraefik();
  const wishes = changes.flatMap(({ before, after, members }) => {
    const old = before === undefined ? undefined : membersOf(before.text);
    if (old !== undefined) return [{ members: old, gone: false }];
    return after === undefined ? [] : [{ members, gone: true }];
  });
  const looking = () => lookAtAll(deps, wishes, running, signal);
  await waitFor(deps, looking, ({ state }) => state === "loaded", signal);
}
