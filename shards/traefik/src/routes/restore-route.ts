import { ToolError } from "@shardgate/shard-sdk";
import { isFatal, readDynamicFile } from "@shardgate/traefik-sim/config";
import { z } from "zod";
import type { Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import type { Revision } from "../store/history.ts";
import type { StoredFile } from "../store/route-store.ts";
import { commitChanges, type Change } from "./commit-change.ts";
import { isRunning, removeRoute } from "./delete-route.ts";
import { diffLines } from "./diff-lines.ts";
import { ownName, routerName } from "./names.ts";
import { hideHashes } from "./redact.ts";
import { isOurs, membersOf, sameRoute } from "./render-route.ts";
import { routeSummarySchema, summarize } from "./route-summary.ts";
import { findFreezingFile } from "./why-not-loaded.ts";

export const restoreInputSchema = z.object({
  name: z
    .string()
    .max(80)
    .optional()
    .describe(
      "Route whose last change is undone, of this route alone. Leave out: the last change, with all its routes.",
    ),
  revision: z
    .string()
    .max(60)
    .optional()
    .describe(
      "Undo back to before this change; get_route lists a route's changes. Without name: all that this change was about.",
    ),
  dry_run: z.boolean().default(false).describe("true: change nothing, show what would be."),
});

export const restoreOutputSchema = z.object({
  ok: z.boolean(),
  outcome: z.enum([
    "active",
    "active_with_warnings",
    "written_not_loaded",
    "rolled_back",
    "unchanged",
    "deleted",
    "deleted_not_unloaded",
    "dry_run",
  ]),
  simulated: z.boolean().describe("true: there is no real Traefik."),
  undone: z
    .object({ action: z.string(), at: z.string(), revision: z.string() })
    .describe("The change that was undone."),
  route: routeSummarySchema.optional(),
  routes: z
    .array(z.string())
    .optional()
    .describe("Every route that was brought back, where the change was about several."),
  warnings: z.array(z.string()),
  errors: z.array(z.string()),
  reason: z.string().optional(),
  diff: z.string().describe("Old file against new one."),
  revision: z.string().optional().describe("Names this undo, to undo it in turn."),
  took_ms: z.number().optional(),
  next_step: z.string(),
});

export type RestoreResult = z.output<typeof restoreOutputSchema>;

/**
 * Brings a route back to what it was before a change, the last one unless said otherwise, and proves it as any change.
 *
 * @throws ToolError when there is nothing to undo, or what was there before can no longer be used
 */
export function restoreRoute(
  deps: Deps,
  input: z.output<typeof restoreInputSchema>,
  signal?: AbortSignal,
): Promise<RestoreResult> {
  return input.dry_run ? attempt(deps, input, signal) : deps.queue(() => attempt(deps, input, signal), signal);
}

async function attempt(
  deps: Deps,
  input: z.output<typeof restoreInputSchema>,
  signal?: AbortSignal,
): Promise<RestoreResult> {
  const { client, store, simulated } = deps;
  const found = await findChange(deps, input);
  const running = await client.running(signal);
  const backs = await Promise.all(found.map((revision) => wayBack(deps, revision, running)));
  const [revision] = found as [Revision];
  const [first] = backs as [Back];
  const base = {
    simulated,
    undone: { action: revision.action, at: revision.at, revision: revision.id },
    warnings: [],
    errors: [],
    diff: backs.map(({ diff }) => diff).join("\n"),
    ...(backs.length > 1 && { routes: backs.map(({ name }) => name) }),
  };
  const todo = backs.filter(({ same }) => !same);
  if (todo.length === 0)
    return { ok: true, outcome: "unchanged", ...base, next_step: "The route is already as it was then." };
  const changes = todo.map(changeBack);
  const route = backs.length > 1 ? {} : { route: summarize(first.name, (changes[0] as Change).members, running) };
  if (input.dry_run)
    return {
      ok: true,
      outcome: "dry_run",
      ...base,
      ...route,
      next_step: "Nothing was changed. Call again with dry_run: false to make it so.",
    };
  const [only] = todo as [Back];
  if (todo.length === 1 && only.wanted === null && only.current !== undefined) {
    const { name, current } = only;
    const { members } = changes[0] as Change;
    const gone = await removeRoute(deps, { name, file: current, action: "restore" }, members, running, signal);
    return { ...base, ...route, ...gone };
  }
  const freezing = await findFreezingFile(store);
  if (freezing !== undefined) throw new ToolError(`${freezing.reason} Nothing was written.`, { next: freezing.fix });
  const made = await commitChanges(deps, changes, running, signal);
  const allGone = todo.every(({ wanted }) => wanted === null);
  return {
    ...base,
    ...route,
    ...made,
    outcome: allGone ? (made.ok ? "deleted" : "deleted_not_unloaded") : made.outcome,
    warnings: [...made.warnings],
    next_step: made.next_step || (allGone ? "The routes are gone." : "All is active again as it was then."),
  };
}

/** What brings one route back to before a change. */
interface Back {
  readonly name: string;
  /** The file as it was; null when there was none. */
  readonly wanted: string | null;
  readonly current: StoredFile | undefined;
  readonly same: boolean;
  readonly diff: string;
}

/** @throws ToolError when the route's file, or its name, is somebody else's now */
async function wayBack({ store }: Deps, { name, before: wanted }: Revision, running: Running): Promise<Back> {
  const current = await store.read(name);
  if (current !== undefined && !isOurs(current.text))
    throw new ToolError(`${current.path} was not made by this shard.`, { next: "Move that file away first." });
  if (current === undefined && isRunning(running, ownName(name, running))) {
    throw new ToolError(`Traefik has a router ${ownName(name, running)} that does not come from a file of ours.`, {
      next: "Remove it there first.",
    });
  }
  const same = wanted === null ? current === undefined : current !== undefined && sameRoute(current.text, wanted);
  return { name, wanted, current, same, diff: hideHashes(diffLines(current?.text ?? "", wanted ?? "")) };
}

/** @throws ToolError when what was there before is nothing Traefik would read */
function changeBack({ name, wanted, current }: Back): Change {
  const members = membersOf(wanted ?? current?.text ?? "");
  const unusable = wanted !== null && (!isOurs(wanted) || isFatal(readDynamicFile(Buffer.from(wanted)).findings));
  if (members !== undefined && !unusable)
    return { name, action: "restore", before: current, after: wanted ?? undefined, members };
  throw new ToolError(`What was there before of ${name} cannot be read by Traefik any more.`, {
    next: "Make the route anew with create_route.",
  });
}

async function findChange(
  { history, settings }: Deps,
  { name, revision }: z.output<typeof restoreInputSchema>,
): Promise<readonly Revision[]> {
  if (name === undefined) {
    const id = revision ?? (await history.latest())?.id;
    if (id === undefined)
      throw new ToolError("No route was changed yet, so there is nothing to undo.", {
        next: "list_routes shows what exists.",
      });
    const change = await history.change(id);
    if (change.length > 0) return change;
    throw new ToolError(`No change ${JSON.stringify(id)} is known.`, { next: "get_route lists a route's changes." });
  }
  const router = routerName(name, settings.NAME_PREFIX);
  const changes = await history.of(router);
  const found = revision === undefined ? changes[0] : changes.find(({ id }) => id === revision);
  if (found !== undefined) return [found];
  const known = changes.map(({ id, action }) => `${id} (${action})`).join(", ");
  throw new ToolError(
    revision === undefined
      ? `No change of ${router} is known.`
      : `${router} has no change ${JSON.stringify(revision)}.`,
    {
      next: known === "" ? "Only changes made with these tools can be undone." : `Known: ${known}.`,
    },
  );
}
