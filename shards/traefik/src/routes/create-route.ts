import { ToolError } from "@shardgate/shard-sdk";
import { z } from "zod";
import type { Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import type { StoredFile } from "../store/route-store.ts";
import { commitChange, type Made } from "./commit-change.ts";
import { findRivals } from "./conflicts.ts";
import type { CreateInput } from "./create-input.ts";
import { withProbe } from "./get-backend-status.ts";
import { inParallel } from "./in-parallel.ts";
import { diffLines } from "./diff-lines.ts";
import { ownName } from "./names.ts";
import { planHttpRoute } from "./plan-http.ts";
import { planStreamRoute } from "./plan-stream.ts";
import { look, waitFor } from "./prove.ts";
import { hideHashes } from "./redact.ts";
import { isOurs, renderRoute, sameRoute } from "./render-route.ts";
import type { RoutePlan } from "./route-plan.ts";
import { routeSummarySchema, summarize } from "./route-summary.ts";
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
  const { client, store, settings, simulated } = deps;
  const running = await client.running(signal);
  const plan =
    input.protocol === "http"
      ? planHttpRoute(input, running, settings, deps.apiUrl)
      : planStreamRoute(input, running, settings, input.protocol);
  const text = renderRoute(plan);
  const existing = await store.read(plan.name);
  const warnings = [...plan.warnings];
  const base = {
    simulated,
    route: summarize(plan.name, plan, running),
    picked: [...plan.picked],
    warnings,
    errors: [],
  };
  requireOwner(plan, existing, running);
  if (existing !== undefined && sameRoute(existing.text, text))
    return unchanged(deps, plan, base, running, input.dry_run, signal);
  if (existing !== undefined && input.if_exists === "error") {
    throw new ToolError(
      `Route ${plan.name} exists with other settings:\n${hideHashes(diffLines(existing.text, text))}`,
      {
        next: 'Call again with if_exists: "replace" to change it (the old version is kept), or choose another name.',
      },
    );
  }
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
  const change = {
    name: plan.name,
    action: existing === undefined ? "create" : "replace",
    before: existing,
    after: text,
  } as const;
  const made = await commitChange(deps, change, plan, running, signal);
  const silent = made.ok && input.probe_backend ? await silentBackends(deps, base.route) : [];
  return {
    ...base,
    ...diff,
    ...made,
    warnings: [...warnings, ...made.warnings, ...silent],
    next_step: nextStep(made, base.route.urls, simulated),
  };
}

/** Backends of a route that is active now which do not answer from here. */
async function silentBackends(deps: Deps, { backends, protocol }: CreateResult["route"]): Promise<string[]> {
  // A UDP service answers nothing that is not its own protocol, and behind a simulated Traefik there is nothing.
  if (deps.simulated || protocol === "udp") return [];
  const servers = backends.slice(0, 5).map((server) => ({ server, service: "", traefik_status: "unknown" as const }));
  const probed = await inParallel(servers, 5, (server) => withProbe(server, deps));
  return probed.flatMap(({ server, probe }) => {
    if (probe === undefined || probe.tcp || !probe.conclusive) return [];
    return [
      `${server} does not answer from here (${probe.error ?? "no connection"}): until it does, requests get 502.`,
    ];
  });
}

/** Refuses names that belong to files which are not ours. */
function requireOwner(plan: RoutePlan, existing: StoredFile | undefined, running: Running): void {
  if (existing !== undefined && !isOurs(existing.text)) {
    throw new ToolError(`${existing.path} was not made by this shard.`, {
      next: "Choose another name, or move that file away.",
    });
  }
  const taken = Object.keys(plan.routers).find(
    (name) => existing === undefined && running[plan.protocol].routers[ownName(name, running)] !== undefined,
  );
  if (taken !== undefined) {
    throw new ToolError(`Traefik already has a router ${ownName(taken, running)}, from a file that is not ours.`, {
      next: "Choose another name; ours would silently take its place.",
    });
  }
}

/** The same rule on the same entrypoint: an error when chance would decide, else a warning. */
function checkRivals(plan: RoutePlan, running: Running): string[] {
  if (plan.protocol === "udp") return checkUdp(plan, running);
  const router = (plan.routers[plan.name] ?? {}) as { priority?: number; tls?: unknown };
  const modelled = running.entryPoints.some(
    ({ name, http }) => plan.entryPoints.includes(name) && http.tls !== undefined,
  );
  const wanted = {
    ownName: ownName(plan.name, running),
    rule: plan.rule,
    entryPoints: plan.entryPoints,
    tls: router.tls !== undefined || modelled,
    priority: router.priority,
  };
  const rivals = findRivals(running[plan.protocol], plan.protocol, wanted);
  const random = rivals.filter((rival) => rival.random);
  if (random.length > 0) {
    throw new ToolError(
      `${random.map(({ name }) => name).join(", ")} has the same rule and priority on the same entrypoint: Traefik would choose between them by chance.`,
      {
        next: "Use another host, change that route instead, or give a higher priority to make this one win.",
      },
    );
  }
  return rivals.map(
    ({ name, priority }) => `${name} has the same rule with priority ${priority}; the higher priority wins.`,
  );
}

/** Traefik serves one UDP router on an entrypoint and ignores the others. */
function checkUdp(plan: RoutePlan, running: Running): string[] {
  const rival = Object.entries(running.udp.routers).find(
    ([name, { using }]) =>
      name !== ownName(plan.name, running) && using.some((entryPoint) => plan.entryPoints.includes(entryPoint)),
  );
  if (rival === undefined) return [];
  throw new ToolError(`${rival[0]} uses that UDP entrypoint already, and Traefik serves only one route there.`, {
    next: "Use another UDP entrypoint, or delete that route first.",
  });
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
  let sight = await look(deps.client, plan, running, signal);
  if (sight.state !== "loaded" && !dryRun) {
    await deps.tellTraefik();
    sight = await waitFor(deps, plan, running, ({ state }) => state === "loaded", signal);
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

function nextStep({ ok, next_step: otherwise }: Made, [url]: readonly string[], simulated: boolean): string {
  if (!ok || otherwise !== "") return otherwise;
  if (simulated)
    return "Nothing serves it yet: this Traefik is simulated. Tell the user to connect a real one (TRAEFIK_API_URL, TRAEFIK_DYNAMIC_DIR).";
  return url === undefined ? "The route is active." : `Open ${url}. Its name must resolve to Traefik's address (DNS).`;
}
