import { ToolError } from "@shardgate/shard-sdk";
import { z } from "zod";
import type { Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import { commitChanges } from "./commit-change.ts";
import { createInputSchema } from "./create-input.ts";
import { createOutputSchema, nextStep } from "./create-route.ts";
import { diffLines } from "./diff-lines.ts";
import { changeFor, checkRivals, prepareRoute, runningWith, silentBackends, type Prepared } from "./prepare-route.ts";
import { lookAtAll, waitFor } from "./prove.ts";
import { hideHashes } from "./redact.ts";
import { routeSummarySchema } from "./route-summary.ts";
import { findFreezingFile, whyNotLoaded } from "./why-not-loaded.ts";

const whole = createInputSchema.shape;

export const applyInputSchema = z.object({
  routes: z
    .array(createInputSchema.omit({ if_exists: true, dry_run: true, probe_backend: true }))
    .min(1)
    .max(50)
    .describe("The routes, each described as for create_route."),
  if_exists: whole.if_exists.describe("What to do when one of the routes exists with other settings."),
  probe_backend: whole.probe_backend,
  dry_run: whole.dry_run,
});

export const applyOutputSchema = createOutputSchema.omit({ route: true }).extend({
  ok: z.boolean().describe("Whether all routes are as wished; for a dry run, whether they could be."),
  routes: z.array(
    routeSummarySchema.extend({
      change: z.enum(["create", "replace", "none"]).describe("What the change does to it; none: it is so already."),
    }),
  ),
  yaml: z.string().optional().describe("The files, for a dry run."),
});

export type ApplyInput = z.output<typeof applyInputSchema>;
export type ApplyResult = z.output<typeof applyOutputSchema>;

/**
 * Makes several routes in one change: all files are written, Traefik is told once, and either it shows every route or all
 * are taken back. One undo brings back what was before.
 *
 * @throws ToolError naming every route that cannot be made; nothing is written then
 */
export function applyRoutes(deps: Deps, input: ApplyInput, signal?: AbortSignal): Promise<ApplyResult> {
  return input.dry_run ? attempt(deps, input, signal) : deps.queue(() => attempt(deps, input, signal), signal);
}

async function attempt(deps: Deps, input: ApplyInput, signal?: AbortSignal): Promise<ApplyResult> {
  const { client, store, simulated } = deps;
  const running = await client.running(signal);
  const { prepared, warnings } = await prepareAll(deps, input, running);
  const todo = prepared.filter(({ same }) => !same);
  const base = {
    simulated,
    routes: prepared.map((one) => ({ ...one.summary, change: one.same ? ("none" as const) : changeOf(one) })),
    picked: prepared.flatMap(({ plan }) => plan.picked.map((choice) => `${plan.name}: ${choice}`)),
    warnings,
    errors: [],
  };
  if (todo.length === 0) return unchanged(deps, prepared, base, running, input.dry_run, signal);
  const freezing = await findFreezingFile(store);
  if (freezing !== undefined) throw new ToolError(`${freezing.reason} Nothing was written.`, { next: freezing.fix });
  const replaced = todo.filter(({ existing }) => existing !== undefined);
  const diff = replaced
    .map(({ plan, existing, text }) => `${plan.name}:\n${hideHashes(diffLines(existing?.text ?? "", text))}`)
    .join("\n");
  const shown = replaced.length === 0 ? {} : { diff };
  if (input.dry_run) {
    return {
      ok: true,
      outcome: "dry_run",
      ...base,
      yaml: todo.map(({ text }) => hideHashes(text)).join("---\n"),
      ...shown,
      next_step: "Nothing was changed. Call again with dry_run: false to make it so.",
    };
  }
  const made = await commitChanges(deps, todo.map(changeFor), running, signal);
  const silent =
    made.ok && input.probe_backend
      ? (await Promise.all(todo.slice(0, 10).map(({ summary }) => silentBackends(deps, summary)))).flat()
      : [];
  return {
    ...base,
    ...shown,
    ...made,
    warnings: [...warnings, ...made.warnings, ...silent],
    next_step: nextStep(
      made,
      prepared.flatMap(({ summary }) => summary.urls),
      simulated,
    ),
  };
}

function changeOf({ existing }: Prepared): "create" | "replace" {
  return existing === undefined ? "create" : "replace";
}

/** Prepares every route, against what runs and against each other. */
async function prepareAll(
  deps: Deps,
  { routes, if_exists }: ApplyInput,
  running: Running,
): Promise<{ readonly prepared: readonly Prepared[]; readonly warnings: string[] }> {
  const faults: ToolError[] = [];
  const attemptTo = async <T>(index: number, work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const message = `routes[${index}] (${routes[index]?.name}): ${error.message}`;
      faults.push(new ToolError(message, { ...(error.next !== undefined && { next: error.next }), cause: error }));
      return undefined;
    }
  };
  const prepared: Prepared[] = [];
  for (const [index, route] of routes.entries()) {
    const one = await attemptTo(index, async () => {
      const made = await prepareRoute(deps, { ...route, if_exists }, running);
      requireFree(made, prepared);
      return made;
    });
    if (one !== undefined) prepared.push(one);
  }
  const after = runningWith(
    running,
    prepared.map(({ plan }) => plan),
  );
  const warnings: string[] = [];
  for (const [index, { plan, same }] of prepared.entries()) {
    const found = same ? [] : await attemptTo(index, () => checkRivals(plan, after));
    for (const warning of [...plan.warnings, ...(found ?? [])]) warnings.push(`${plan.name}: ${warning}`);
  }
  if (faults.length === 0) return { prepared, warnings };
  throw new ToolError(`Nothing was changed. ${faults.map(({ message }) => message).join("\n")}`, {
    next: [...new Set(faults.map(({ next }) => next))].filter((next) => next !== undefined).join(" "),
  });
}

/** Two routes of one change must not define the same thing: the file that comes first would silently win. */
function requireFree({ plan }: Prepared, others: readonly Prepared[]): void {
  for (const section of ["routers", "services", "middlewares"] as const) {
    const taken = others.find((other) =>
      Object.keys(plan[section]).some(
        (name) => other.plan.protocol === plan.protocol && other.plan[section][name] !== undefined,
      ),
    );
    if (taken !== undefined || others.some((other) => other.plan.name === plan.name))
      throw new ToolError(`\`name\`: ${plan.name} comes twice in this change.`, {
        next: "Give each route its own name.",
      });
  }
}

/** The files are there as wished. When Traefik has them too, nothing is done; else it is told once more. */
async function unchanged(
  deps: Deps,
  prepared: readonly Prepared[],
  base: Pick<ApplyResult, "simulated" | "routes" | "picked" | "warnings" | "errors">,
  running: Running,
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<ApplyResult> {
  const wishes = prepared.map(({ plan }) => ({ members: plan, gone: false }));
  const looking = () => lookAtAll(deps, wishes, running, signal);
  let sight = await looking();
  if (sight.state !== "loaded" && !dryRun) {
    await deps.tellTraefik();
    sight = await waitFor(deps, looking, ({ state }) => state === "loaded", signal);
  }
  if (sight.state !== "loaded") {
    const { reason, fix } = await whyNotLoaded(deps.store);
    return { ok: false, outcome: "written_not_loaded", ...base, reason, next_step: fix };
  }
  return {
    ok: sight.status !== "disabled",
    outcome: "unchanged",
    ...base,
    errors: [...sight.errors],
    next_step: "The routes were there already, exactly so. Nothing was changed.",
  };
}
