import { ToolError } from "@shardgate/shard-sdk";
import type { ApiRouter, Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import type { StoredFile } from "../store/route-store.ts";
import type { Change } from "./commit-change.ts";
import { defaultPriority, findRivals } from "./conflicts.ts";
import type { CreateInput, RouteWish } from "./create-input.ts";
import { diffLines } from "./diff-lines.ts";
import { withProbe } from "./get-backend-status.ts";
import { inParallel } from "./in-parallel.ts";
import { ownName } from "./names.ts";
import { planHttpRoute } from "./plan-http.ts";
import { planStreamRoute } from "./plan-stream.ts";
import { hideHashes } from "./redact.ts";
import { isOurs, renderRoute, sameRoute } from "./render-route.ts";
import type { RoutePlan } from "./route-plan.ts";
import { summarize, type RouteSummary } from "./route-summary.ts";

/** A wished route, planned and held against what there is. */
export interface Prepared {
  readonly plan: RoutePlan;
  readonly summary: RouteSummary;
  /** The file it will have. */
  readonly text: string;
  readonly existing: StoredFile | undefined;
  /** Whether the file is there already, as wished. */
  readonly same: boolean;
}

/**
 * Plans a route; nothing is written.
 *
 * @throws ToolError naming the field that cannot be used, or whose name it is
 */
export async function prepareRoute(
  { store, settings, apiUrl }: Deps,
  input: RouteWish & Pick<CreateInput, "if_exists">,
  running: Running,
): Promise<Prepared> {
  const plan =
    input.protocol === "http"
      ? planHttpRoute(input, running, settings, apiUrl)
      : planStreamRoute(input, running, settings, input.protocol);
  const text = renderRoute(plan);
  const existing = await store.read(plan.name);
  requireOwner(plan, existing, running);
  const same = existing !== undefined && sameRoute(existing.text, text);
  if (existing !== undefined && !same && input.if_exists === "error") {
    throw new ToolError(
      `Route ${plan.name} exists with other settings:\n${hideHashes(diffLines(existing.text, text))}`,
      {
        next: 'Call again with if_exists: "replace" to change it (the old version is kept), or choose another name.',
      },
    );
  }
  return { plan, text, existing, same, summary: summarize(plan.name, plan, running) };
}

/** The change that makes a prepared route so. */
export function changeFor({ plan, text, existing }: Prepared): Change {
  const action = existing === undefined ? "create" : "replace";
  return { name: plan.name, action, before: existing, after: text, members: plan };
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

/** What will run once these routes are made, as far as rivals are concerned. */
export function runningWith(running: Running, plans: readonly RoutePlan[]): Running {
  const after = { http: { ...running.http }, tcp: { ...running.tcp }, udp: { ...running.udp } };
  for (const { protocol, name, routers } of plans) {
    const own = ownName(name, running);
    const others = Object.entries(after[protocol].routers).filter(([one]) => one !== own && !one.endsWith(`-${own}`));
    const made = Object.entries(routers).map(
      ([one, config]) => [ownName(one, running), routerOf(config, running)] as const,
    );
    after[protocol] = { ...after[protocol], routers: Object.fromEntries([...others, ...made]) };
  }
  return { ...running, ...after };
}

function routerOf(config: Readonly<Record<string, unknown>>, running: Running): ApiRouter {
  const { rule = "", entryPoints = [], priority, ...rest } = config as Partial<ApiRouter>;
  const modelled = running.entryPoints.find(({ name, http }) => entryPoints.includes(name) && http.tls !== undefined);
  return {
    service: "",
    middlewares: [],
    tls: modelled?.http.tls,
    ...rest,
    rule,
    entryPoints,
    using: entryPoints,
    priority: String(priority ?? defaultPriority(rule)),
    status: "enabled",
    error: [],
  };
}

/** The same rule on the same entrypoint: an error when chance would decide, else a warning. */
export function checkRivals(plan: RoutePlan, running: Running): string[] {
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

/** Backends of a route that is active now which do not answer from here. */
export async function silentBackends(deps: Deps, { backends, protocol }: RouteSummary): Promise<string[]> {
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
