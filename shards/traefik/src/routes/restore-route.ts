import { ToolError } from "@shardgate/shard-sdk";
import { isFatal, readDynamicFile } from "@shardgate/traefik-sim/config";
import { z } from "zod";
import type { Deps } from "../deps.ts";
import type { Revision } from "../store/history.ts";
import { commitChange } from "./commit-change.ts";
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
    .describe("Route whose last change is undone. Leave out: the last change of any route."),
  revision: z
    .string()
    .max(60)
    .optional()
    .describe("Undo back to before this change; get_route lists a route's changes. Needs name."),
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
  const change = await findChange(deps, input);
  const { name, before: wanted } = change;
  const running = await client.running(signal);
  const current = await store.read(name);
  if (current !== undefined && !isOurs(current.text))
    throw new ToolError(`${current.path} was not made by this shard.`, { next: "Move that file away first." });
  if (current === undefined && isRunning(running, ownName(name, running))) {
    throw new ToolError(`Traefik has a router ${ownName(name, running)} that does not come from a file of ours.`, {
      next: "Remove it there first.",
    });
  }
  const undone = { action: change.action, at: change.at, revision: change.id };
  const base = {
    simulated,
    undone,
    warnings: [],
    errors: [],
    diff: hideHashes(diffLines(current?.text ?? "", wanted ?? "")),
  };
  const same = wanted === null ? current === undefined : current !== undefined && sameRoute(current.text, wanted);
  if (same) return { ok: true, outcome: "unchanged", ...base, next_step: "The route is already as it was then." };
  const members = membersOf(wanted ?? (current?.text as string));
  if (
    members === undefined ||
    (wanted !== null && (!isOurs(wanted) || isFatal(readDynamicFile(Buffer.from(wanted)).findings)))
  ) {
    throw new ToolError("What was there before cannot be read by Traefik any more.", {
      next: "Make the route anew with create_route.",
    });
  }
  const route = summarize(name, members, running);
  if (input.dry_run)
    return {
      ok: true,
      outcome: "dry_run",
      ...base,
      route,
      next_step: "Nothing was changed. Call again with dry_run: false to make it so.",
    };
  if (wanted === null) {
    const gone = await removeRoute(
      deps,
      { name, file: current as NonNullable<typeof current>, action: "restore" },
      members,
      running,
      signal,
    );
    return { ...base, route, ...gone };
  }
  const freezing = await findFreezingFile(store);
  if (freezing !== undefined) throw new ToolError(`${freezing.reason} Nothing was written.`, { next: freezing.fix });
  const made = await commitChange(
    deps,
    { name, action: "restore", before: current, after: wanted },
    members,
    running,
    signal,
  );
  return {
    ...base,
    route,
    ...made,
    warnings: [...made.warnings],
    next_step: made.next_step || "The route is active again as it was then.",
  };
}

async function findChange(
  { history, settings }: Deps,
  { name, revision }: z.output<typeof restoreInputSchema>,
): Promise<Revision> {
  if (name === undefined) {
    if (revision !== undefined) throw new ToolError("`revision` needs `name`.", { next: "Give the route's name too." });
    const last = await history.latest();
    if (last === undefined)
      throw new ToolError("No route was changed yet, so there is nothing to undo.", {
        next: "list_routes shows what exists.",
      });
    return last;
  }
  const router = routerName(name, settings.NAME_PREFIX);
  const changes = await history.of(router);
  const found = revision === undefined ? changes[0] : changes.find(({ id }) => id === revision);
  if (found !== undefined) return found;
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
