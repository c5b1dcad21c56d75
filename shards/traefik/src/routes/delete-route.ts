import { ToolError } from "@shardgate/shard-sdk";
import { z } from "zod";
import type { Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import type { ChangeAction } from "../store/history.ts";
import type { StoredFile } from "../store/route-store.ts";
import { baseOf, ownName, providerOf, routerName } from "./names.ts";
import { look, waitFor, type Expected } from "./prove.ts";
import { hideHashes } from "./redact.ts";
import { isOurs, membersOf } from "./render-route.ts";
import { routeSummarySchema, summarize } from "./route-summary.ts";
import { whyNotLoaded } from "./why-not-loaded.ts";

export const deleteInputSchema = z.object({
  name: z.string().min(1).max(80).describe("Name of the route, as list_routes shows it."),
  dry_run: z.boolean().default(false).describe("true: change nothing, show what would be deleted."),
});

export const deleteOutputSchema = z.object({
  ok: z.boolean(),
  outcome: z
    .enum(["deleted", "deleted_not_unloaded", "already_gone", "dry_run"])
    .describe("deleted_not_unloaded: the file is gone, but Traefik still serves the route."),
  simulated: z.boolean().describe("true: there is no real Traefik."),
  route: routeSummarySchema.optional(),
  warnings: z.array(z.string()),
  reason: z.string().optional(),
  yaml: z.string().optional().describe("The deleted file."),
  revision: z.string().optional().describe("Names this change for an undo."),
  took_ms: z.number().optional(),
  next_step: z.string(),
});

export type DeleteResult = z.output<typeof deleteOutputSchema>;

/**
 * Deletes a route of ours and proves that Traefik has dropped it. The file is kept as a revision.
 *
 * @throws ToolError when the route belongs to somebody else, or the file could not be deleted
 */
export function deleteRoute(
  deps: Deps,
  input: z.output<typeof deleteInputSchema>,
  signal?: AbortSignal,
): Promise<DeleteResult> {
  return input.dry_run ? attempt(deps, input, signal) : deps.queue(() => attempt(deps, input, signal), signal);
}

async function attempt(
  deps: Deps,
  input: z.output<typeof deleteInputSchema>,
  signal?: AbortSignal,
): Promise<DeleteResult> {
  const { client, store, simulated, settings } = deps;
  const running = await client.running(signal);
  const name = nameOf(input.name, running, settings.NAME_PREFIX);
  const file = await store.read(name);
  if (file === undefined) return withoutFile(deps, name, running);
  if (!isOurs(file.text))
    throw new ToolError(`${file.path} was not made by this shard.`, {
      next: "Delete that file by hand if it is to go.",
    });
  const members = membersOf(file.text) ?? { protocol: "http", routers: {}, services: {}, middlewares: {} };
  const warnings = usersElsewhere(name, running);
  const base = { simulated, route: summarize(name, members, running), warnings, yaml: hideHashes(file.text) };
  if (input.dry_run)
    return {
      ok: true,
      outcome: "dry_run",
      ...base,
      next_step: "Nothing was changed. Call again with dry_run: false to delete it.",
    };

  const gone = await removeRoute(deps, { name, file, action: "delete" }, members, running, signal);
  return { ...base, ...gone, warnings: [...warnings, ...gone.warnings] };
}

type Gone = Pick<DeleteResult, "ok" | "warnings" | "reason" | "took_ms" | "next_step"> & {
  readonly outcome: "deleted" | "deleted_not_unloaded";
};

/** Deletes a file of ours, tells Traefik, and proves that it dropped the route. To be called by one change at a time. */
export async function removeRoute(
  deps: Deps,
  { name, file, action }: { readonly name: string; readonly file: StoredFile; readonly action: ChangeAction },
  members: Expected,
  running: Running,
  signal?: AbortSignal,
): Promise<Gone & { readonly revision: string }> {
  const { store, history } = deps;
  const recorded = await history.record([{ name, action, before: file.text, after: null }]);
  try {
    await store.remove(name, file.hash);
  } catch (error) {
    await history.forget(recorded);
    throw error;
  }
  const gone = await proveGone(deps, members, running, signal);
  const revision = recorded[0]?.id ?? "";
  await history.audit({ action, name, outcome: gone.outcome, revision });
  return { ...gone, revision };
}

/** The router's name for what was asked: with our prefix, or spelled out as another provider's. */
function nameOf(wanted: string, running: Running, prefix: string): string {
  const foreign = wanted.trim();
  if (foreign.includes("@") && foreign !== ownName(baseOf(foreign), running)) {
    throw new ToolError(`${foreign} belongs to the provider ${foreign.split("@")[1]}, not to this shard.`, {
      next: "Change it where it is defined (for docker: the container's labels).",
    });
  }
  const name = routerName(wanted, prefix);
  const literal = baseOf(foreign);
  const theirs =
    literal !== name && isRunning(running, ownName(literal, running)) && !isRunning(running, ownName(name, running));
  if (theirs)
    throw new ToolError(`${ownName(literal, running)} comes from a file that is not ours.`, {
      next: "Delete it in that file by hand.",
    });
  return name;
}

function withoutFile(deps: Deps, name: string, running: Running): DeleteResult {
  if (isRunning(running, ownName(name, running))) {
    throw new ToolError(
      `Traefik serves ${ownName(name, running)}, but there is no file of ours for it: another file defines it, or Traefik has not loaded its deletion.`,
      {
        next: "Call list_routes and look at drift; if it is another file, delete it there by hand.",
      },
    );
  }
  return {
    ok: true,
    outcome: "already_gone",
    simulated: deps.simulated,
    warnings: [],
    next_step: `There is no route ${name}. list_routes shows those that exist.`,
  };
}

/** Whether Traefik runs a router of that name, of any protocol. */
export function isRunning(running: Running, qualified: string): boolean {
  return (["http", "tcp", "udp"] as const).some((protocol) => running[protocol].routers[qualified] !== undefined);
}

/** Routers of others that use what goes. */
function usersElsewhere(name: string, running: Running): string[] {
  const own = ownName(name, running);
  const uses = [...Object.entries(running.http.services), ...Object.entries(running.http.middlewares)]
    .filter(([part]) => part === own || (part.startsWith(`${name}-`) && providerOf(part) === running.provider))
    .flatMap(([part, { usedBy }]) =>
      usedBy.filter((user) => !user.endsWith(own)).map((user) => `${user} uses ${part} and will stop working.`),
    );
  return [...new Set(uses)];
}

async function proveGone(deps: Deps, members: Expected, running: Running, signal?: AbortSignal): Promise<Gone> {
  try {
    const before = await look(deps.client, members, running, signal);
    await deps.tellTraefik();
    // Stale means: something else of that name is there now.
    const sight = await waitFor(
      deps,
      () => look(deps.client, members, running, signal),
      ({ state }) => state === "absent" || (before.state === "loaded" && state === "stale"),
      signal,
    );
    if (sight.state === "absent")
      return { ok: true, outcome: "deleted", warnings: [], took_ms: sight.tookMs, next_step: "The route is gone." };
    if (sight.state === "stale") {
      const warnings = [`A router of the same name from another file serves now: ${sight.seenAs.join(", ")}.`];
      return {
        ok: true,
        outcome: "deleted",
        warnings,
        took_ms: sight.tookMs,
        next_step: "Call list_routes to look at that router.",
      };
    }
    const { reason, fix } = await whyNotLoaded(deps.store);
    return {
      ok: false,
      outcome: "deleted_not_unloaded",
      warnings: [],
      reason: `The file is gone, but Traefik still serves the route. ${reason}`,
      next_step: fix,
    };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return {
      ok: false,
      outcome: "deleted_not_unloaded",
      warnings: [],
      reason: error.message,
      next_step: error.next ?? "Look at the route again later.",
    };
  }
}
