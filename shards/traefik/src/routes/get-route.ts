import { ToolError } from "@shardgate/shard-sdk";
import { nearest } from "@shardgate/traefik-sim/config";
import { z } from "zod";
import type { Protocol, Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import { hostsOfRule } from "./hosts.ts";
import { baseOf, ownName, providerOf } from "./names.ts";
import { lookupIn, routersOf } from "./prove.ts";
import { hideHashes, redact } from "./redact.ts";
import { isOurs, membersOf } from "./render-route.ts";

export const getInputSchema = z.object({
  name: z
    .string()
    .min(1)
    .max(200)
    .describe("Name of a route, as list_routes shows it, or the host it serves; any provider."),
});

const part = z.record(z.string(), z.unknown());

export const getOutputSchema = z.object({
  simulated: z.boolean().describe("true: there is no real Traefik."),
  name: z.string(),
  protocol: z.enum(["http", "tcp", "udp"]),
  managed: z.boolean().describe("true: made with these tools."),
  loaded: z.boolean().describe("false: there is a file, but Traefik does not run it."),
  routers: z.array(part).describe("The router as it runs; several when Traefik split it by entrypoint."),
  services: z.array(part).describe("Its service and those behind it."),
  middlewares: z.array(part).describe("Its middlewares in order, secrets hidden."),
  yaml: z.string().optional().describe("Our file."),
  history: z
    .array(z.object({ revision: z.string(), action: z.string(), at: z.string() }))
    .describe("Changes, newest first; restore_route undoes them."),
  next_step: z.string(),
});

export type GetResult = z.output<typeof getOutputSchema>;

/**
 * One route with everything that applies to it.
 *
 * @throws ToolError when no route has that name
 */
export async function getRoute(
  deps: Deps,
  input: z.output<typeof getInputSchema>,
  signal?: AbortSignal,
): Promise<GetResult> {
  const running = await deps.client.running(signal);
  const { name, protocol } = await findRoute(deps, input.name, running);
  const file = providerOf(name) === running.provider ? await deps.store.read(baseOf(name)) : undefined;
  const ours = file !== undefined && isOurs(file.text);
  const entryPoints = running.entryPoints.map((one) => one.name);
  const routers =
    providerOf(name) === running.provider
      ? await routersOf(lookupIn(running), protocol, name, entryPoints)
      : new Map(Object.entries(running[protocol].routers).filter(([one]) => one === name));
  const views = [...routers].map(
    ([key, router]) => ({ name: key, ...router }) as Record<string, unknown> & { name: string },
  );
  const services = reach(
    running,
    protocol,
    views.map((router) => qualified(String(router["service"] ?? ""), name)),
  );
  const middlewares = [
    ...new Set(views.flatMap((router) => (router["middlewares"] as string[] | undefined) ?? [])),
  ].map((one) => qualified(one, name));
  const history = ours ? await deps.history.of(baseOf(name)) : [];
  return {
    simulated: deps.simulated,
    name,
    protocol,
    managed: ours,
    loaded: views.length > 0,
    routers: views.map((view) => redact(view) as Record<string, unknown>),
    services: services.map(
      (one) =>
        redact({ name: one, ...(running[protocol].services[one] ?? { missing: true }) }) as Record<string, unknown>,
    ),
    middlewares: middlewares.map(
      (one) =>
        redact({ name: one, ...(running[protocol].middlewares[one] ?? { missing: true }) }) as Record<string, unknown>,
    ),
    ...(ours && { yaml: hideHashes(file.text) }),
    history: history.map(({ id, action, at }) => ({ revision: id, action, at })),
    next_step: nextStep(views, ours),
  };
}

function nextStep(views: readonly Record<string, unknown>[], ours: boolean): string {
  if (views.length === 0) return "Call reload_config: Traefik has not loaded this file.";
  const errors = views.flatMap((view) => (view["error"] as string[] | undefined) ?? []);
  if (errors.length > 0) return `Traefik reports: ${errors.join("; ")}.`;
  return ours
    ? "create_route with if_exists: replace changes it, restore_route undoes changes."
    : "It was not made here; change it where it is defined.";
}

/** The route meant by a name: exact, ours by its short name, the only one so called, or the only one for that host. */
export async function findRoute(
  deps: Pick<Deps, "settings" | "store">,
  wanted: string,
  running: Running,
): Promise<{ readonly name: string; readonly protocol: Protocol }> {
  const all = (["http", "tcp", "udp"] as const).flatMap((protocol) =>
    Object.keys(running[protocol].routers).map((name) => ({ name, protocol })),
  );
  const text = wanted.trim();
  const ours = new Set([`${deps.settings.NAME_PREFIX}${text}`, text].map((one) => ownName(one, running)));
  const exact = all.find(({ name }) => name === text) ?? all.find(({ name }) => ours.has(name));
  if (exact !== undefined) return exact;
  const same = all.filter(({ name }) => baseOf(name) === text);
  if (same.length === 1) return same[0] as (typeof all)[number];
  if (same.length > 1)
    throw new ToolError(`Several routes are called ${text}.`, {
      next: `Name one of: ${same.map(({ name }) => name).join(", ")}.`,
    });
  const serving = all.filter(({ name, protocol }) =>
    hostsOfRule(running[protocol].routers[name]?.rule ?? "").includes(text.toLowerCase()),
  );
  if (serving.length === 1) return serving[0] as (typeof all)[number];
  if (serving.length > 1)
    throw new ToolError(`Several routes serve ${text}.`, {
      next: `Name one of: ${serving.map(({ name }) => name).join(", ")}.`,
    });
  const files = await deps.store.list();
  const file = files.find(
    ({ name }) => [name, ownName(name, running)].includes(text) || name === `${deps.settings.NAME_PREFIX}${text}`,
  );
  if (file !== undefined)
    return { name: ownName(file.name, running), protocol: membersOf(file.text)?.protocol ?? "http" };
  const close = nearest(text, [...new Set(all.map(({ name }) => baseOf(name)))]);
  throw new ToolError(`There is no route ${JSON.stringify(wanted)}.`, {
    next:
      close === undefined ? "create_route publishes it; list_routes shows all there are." : `Did you mean ${close}?`,
  });
}

export function qualified(name: string, owner: string): string {
  return name.includes("@") || name === "" ? name : `${name}@${providerOf(owner)}`;
}

/** Services and those they send requests on to. */
export function reach(running: Running, protocol: Protocol, names: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (name === "" || found.has(name) || found.size >= 100) return;
    found.add(name);
    const service = running[protocol].services[name] as Record<string, unknown> | undefined;
    for (const type of ["weighted", "mirroring", "failover", "highestRandomWeight"]) {
      const composed = service?.[type] as
        | { service?: string; fallback?: string; services?: { name?: string }[]; mirrors?: { name?: string }[] }
        | undefined;
      if (composed === undefined) continue;
      const children = [
        composed.service,
        composed.fallback,
        ...(composed.services ?? []).map((child) => child.name),
        ...(composed.mirrors ?? []).map((child) => child.name),
      ];
      for (const child of children) if (child !== undefined) visit(qualified(child, name));
    }
  };
  for (const name of names) visit(name);
  return [...found];
}
