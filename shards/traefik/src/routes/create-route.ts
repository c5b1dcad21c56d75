import { ToolError } from "@shardgate/shard-sdk";
import { z } from "zod";
import type { Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import { commitChanges, type Made } from "./commit-change.ts";
import type { CreateInput } from "./create-input.ts";
import { diffLines } from "./diff-lines.ts";
import { changeFor, checkRivals, prepareRoute, silentBackends } from "./prepare-route.ts";
import { look, waitFor } from "./prove.ts";
import { hideHashes } from "./redact.ts";
import type { RoutePlan } from "./route-plan.ts";
import { routeSummarySchema } from "./route-summary.ts";
import { findFreezingFile, whyNotLoaded } from "./why-not-loaded.ts";

/** What became of a change. */
export const outcomeSchema = z.enum([
  "active",
  "active_with_warnings",
  "written_not_loaded",
  "rolled_back",
  "unchanged",
  "dry_run",
]);

export const createOutputSchema = z.object({
  ok: z.boolean().describe("Whether the route is as wished; for a dry run, whether it could be."),
  outcome: outcomeSchema,
  simulated: z.boolean().describe("true: there is no real Traefik; nothing serves this route."),
  route: routeSummarySchema,
  picked: z.array(z.string()).describe("What was chosen for you, and why."),
  warnings: z.array(z.string()),
  errors: z.array(z.string()).describe("What Traefik says is wrong."),
  reason: z.string().optional().describe("Why it is not loaded."),
  yaml: z.string().optional().describe("The file, for a dry run."),
  diff: z.string().optional().describe("Old file against new one, when one is replaced."),
  revision: z.string().optional().describe("Names this change for an undo."),
  took_ms: z.number().optional().describe("From the write until Traefik showed the route."),
  next_step: z.string(),
});

export type CreateResult = z.output<typeof createOutputSchema>;

/**
 * Makes a route and proves it: written, told to Traefik, seen in its API with the same fields; else taken back, or
 * reported as not loaded with the reason.
 *
 * @throws ToolError when the wish cannot be met; nothing is written then
 */
export function createRoute(deps: Deps, input: CreateInput, signal?: AbortSignal): Promise<CreateResult> {
  return input.dry_run ? attempt(deps, input, signal) : deps.queue(() => attempt(deps, input, signal), signal);
}

async function attempt(deps: Deps, input: CreateInput, signal?: AbortSignal): Promise<CreateResult> {
  const { client, store, simulated } = deps;
  const running = await client.running(signal);
  const prepared = await prepareRoute(deps, input, running);
  const { plan, text, existing, summary } = prepared;
  const warnings = [...plan.warnings];
  const base = { simulated, route: summary, picked: [...plan.picked], warnings, errors: [] };
  if (prepared.same) return unchanged(deps, plan, base, running, input.dry_run, signal);
  warnings.push(...checkRivals(plan, running));
  const freezing = await findFreezingFile(store);
  if (freezing !== undefined) throw new ToolError(`${freezing.reason} Nothing was written.`, { next: freezing.fix });
  const diff = existing === undefined ? {} : { diff: hideHashes(diffLines(existing.text, text)) };
  if (input.dry_run) {
    return {
      ok: true,
      outcome: "dry_run",
      ...base,
      yaml: hideHashes(text),
      ...diff,
      next_step: "Nothing was changed. Call again with dry_run: false to make it so.",
    };
  }
  const made = await commitChanges(deps, [changeFor(prepared)], running, signal);
  const silent = made.ok && input.probe_backend ? await silentBackends(deps, base.route) : [];
  return {
    ...base,
    ...diff,
    ...made,
    warnings: [...warnings, ...made.warnings, ...silent],
    next_step: nextStep(made, base.route.urls, simulated),
  };
}

type Base = Pick<CreateResult, "simulated" | "route" | "picked" | "warnings" | "errors">;

/** The file is there as wished. When Traefik has it too, nothing is done; else it is told once more. */
async function unchanged(
  deps: Deps,
  plan: RoutePlan,
  base: Base,
  running: Running,
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<CreateResult> {
  const looking = () => look(deps.client, plan, running, signal);
  let sight = await looking();
  if (sight.state !== "loaded" && !dryRun) {
    await deps.tellTraefik();
    sight = await waitFor(deps, looking, ({ state }) => state === "loaded", signal);
  }
  if (sight.state === "loaded") {
    const errors = [...sight.errors];
    return {
      ok: sight.status !== "disabled",
      outcome: "unchanged",
      ...base,
      errors,
      next_step: "The route was there already, exactly so. Nothing was changed.",
    };
  }
  const { reason, fix } = await whyNotLoaded(deps.store);
  return { ok: false, outcome: "written_not_loaded", ...base, reason, next_step: fix };
}

export function nextStep({ ok, next_step: otherwise }: Made, [url]: readonly string[], simulated: boolean): string {
  if (!ok || otherwise !== "") return otherwise;
  if (simulated)
    return "Nothing serves it yet: this Traefik is simulated. Tell the user to connect a real one (TRAEFIK_API_URL, TRAEFIK_DYNAMIC_DIR).";
  return url === undefined ? "The route is active." : `Open ${url}. Its name must resolve to Traefik's address (DNS).`;
}
