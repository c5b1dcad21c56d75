import { ToolError } from "@shardgate/shard-sdk";
import { z } from "zod";
import type { ApiRouter, OwnProvider, Protocol, Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import type { StoredFile } from "../store/route-store.ts";
import { findConflicts } from "./conflicts.ts";
import { hostsOfRule } from "./hosts.ts";
import { ownName, providerOf } from "./names.ts";
import { look, lookupIn } from "./prove.ts";
import { withoutUserInfo } from "./redact.ts";
import { isOurs, membersOf } from "./render-route.ts";

const PROTOCOLS = ["http", "tcp", "udp"] as const;

export const listInputSchema = z.object({
  search: z
    .string()
    .max(200)
    .optional()
    .describe("Only routes with this text in name, rule, service or backend, such as a host or an IP address."),
  protocol: z.enum(["http", "tcp", "udp", "all"]).default("all").describe("Kind of route."),
  status: z.enum(["enabled", "warning", "disabled"]).optional().describe("Only routes in this state."),
  provider: z.string().max(60).optional().describe("Only routes of this provider, such as docker or file."),
  managed_only: z.boolean().default(false).describe("true: only routes made with these tools."),
  include_internal: z.boolean().default(false).describe("true: also the routers Traefik makes for itself."),
  limit: z.number().int().min(1).max(500).default(50).describe("Most routes to return."),
  cursor: z.string().max(20).optional().describe("next_cursor of the answer before, for more routes."),
});

const routeSchema = z.object({
  name: z.string(),
  protocol: z.enum(PROTOCOLS),
  rule: z.string(),
  hosts: z.array(z.string()),
  entrypoints: z.array(z.string()),
  service: z.string(),
  servers: z.array(z.string()),
  middlewares: z.array(z.string()),
  tls: z.boolean(),
  cert_resolver: z.string().optional(),
  priority: z.string().describe("A text, because it can be larger than a number."),
  status: z.string(),
  errors: z.array(z.string()),
  provider: z.string(),
  managed: z.boolean().describe("true: made with these tools, so they can change it."),
});

export const listOutputSchema = z.object({
  simulated: z.boolean().describe("true: there is no real Traefik."),
  source: z.enum(["api", "files"]).describe("files: Traefik does not answer; these are only our own files."),
  total: z.number().describe("Routes that match."),
  routes: z.array(routeSchema),
  next_cursor: z.string().optional(),
  conflicts: z
    .array(
      z.object({
        routers: z.array(z.string()),
        rule: z.string(),
        entrypoints: z.array(z.string()),
        random: z.boolean(),
      }),
    )
    .describe("Routers with the same rule; random: chance decides between them at every reload."),
  drift: z.array(z.string()).describe("Our files and what Traefik runs disagree."),
  next_step: z.string().optional(),
});

export type ListResult = z.output<typeof listOutputSchema>;
type Route = z.output<typeof routeSchema>;

/** Lists what Traefik routes, ours and others'. Without the API it lists our own files. */
export async function listRoutes(
  deps: Deps,
  input: z.output<typeof listInputSchema>,
  signal?: AbortSignal,
): Promise<ListResult> {
  const files = (await deps.store.list()).filter(({ text }) => isOurs(text));
  const managed = new Set(files.map(({ name }) => ownName(name, deps.store)));
  let running: Running;
  try {
    running = await deps.client.running(signal);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const routes = files.flatMap((file) => routesOfFile(file, deps.store.provider));
    return {
      ...page(routes, input),
      simulated: deps.simulated,
      source: "files",
      conflicts: [],
      drift: [],
      next_step: `${error.message} ${error.next ?? ""}`.trim(),
    };
  }
  const routes = PROTOCOLS.flatMap((protocol) =>
    fold(running, protocol).map(([name, router, entrypoints]) =>
      describe(running, protocol, name, router, entrypoints, managed),
    ),
  );
  const conflicts = PROTOCOLS.filter((protocol) => protocol !== "udp").flatMap((protocol) =>
    findConflicts(running[protocol], protocol),
  );
  const drift = await findDrift(deps, files, running);
  return {
    ...page(routes, input),
    simulated: deps.simulated,
    source: "api",
    conflicts: conflicts
      .slice(0, 50)
      .map((one) => ({ ...one, routers: [...one.routers], entrypoints: [...one.entrypoints] })),
    drift,
    ...(drift.length > 0 && {
      next_step: "Call create_route again with the same values to make Traefik load a route, or validate the files.",
    }),
  };
}

/** Clones that Traefik makes of one router (`websecure-app@file` beside `app@file`) folded into one route. */
function fold(running: Running, protocol: Protocol): [string, ApiRouter, string[]][] {
  const { routers } = running[protocol];
  const byOriginal = new Map<string, [ApiRouter, string[]]>();
  for (const [name, router] of Object.entries(routers)) {
    const original = originalOf(name, router, running, routers);
    const [first, entrypoints] = byOriginal.get(original) ?? [router, []];
    byOriginal.set(original, [
      first,
      [...new Set([...entrypoints, ...(router.using.length > 0 ? router.using : router.entryPoints)])],
    ]);
  }
  return [...byOriginal]
    .map(([name, [router, entrypoints]]) => [name, router, entrypoints] as [string, ApiRouter, string[]])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The name a router had before Traefik split it by entrypoint; its own when it is no clone. */
function originalOf(
  name: string,
  router: ApiRouter,
  running: Running,
  routers: Readonly<Record<string, ApiRouter>>,
): string {
  const [only] = router.entryPoints;
  if (only === undefined || router.entryPoints.length > 1) return name;
  const conflicted = `${only}-conflicted-`;
  if (name.startsWith(conflicted)) return name.slice(conflicted.length);
  if (!name.startsWith(`${only}-`)) return name;
  const original = name.slice(only.length + 1);
  // A router may well be called so; a clone has a twin on another entrypoint.
  const twins = [original, ...running.entryPoints.map((entryPoint) => `${entryPoint.name}-${original}`)];
  const isClone = twins.some((twin) => {
    const other = twin === name ? undefined : routers[twin];
    return other !== undefined && other.rule === router.rule && other.service === router.service;
  });
  return isClone ? original : name;
}

function describe(
  running: Running,
  protocol: Protocol,
  name: string,
  router: ApiRouter,
  entrypoints: string[],
  managed: ReadonlySet<string>,
): Route {
  const provider = providerOf(name);
  const qualified = router.service.includes("@") ? router.service : `${router.service}@${provider}`;
  const service = running[protocol].services[qualified];
  const resolver = router.tls?.["certResolver"];
  return {
    name,
    protocol,
    rule: router.rule,
    hosts: hostsOfRule(router.rule),
    entrypoints,
    service: router.service,
    servers: (service?.loadBalancer?.servers ?? []).map(({ url, address }) => withoutUserInfo(url || address)),
    middlewares: router.middlewares,
    tls: router.tls !== undefined,
    ...(typeof resolver === "string" && resolver !== "" && { cert_resolver: resolver }),
    priority: router.priority,
    status: router.status,
    errors: router.error.map(withoutUserInfo),
    provider,
    managed: managed.has(name),
  };
}

function routesOfFile({ name, text }: StoredFile, provider: OwnProvider): Route[] {
  const members = membersOf(text);
  if (members === undefined) return [];
  return Object.entries(members.routers).map(([router, config]) => {
    const {
      rule = "",
      service = "",
      entryPoints = [],
      middlewares = [],
      priority = 0,
      tls,
    } = config as Partial<ApiRouter>;
    const servers = Object.values(members.services).flatMap((one) =>
      ((one["loadBalancer"] as { servers?: { url?: string; address?: string }[] } | undefined)?.servers ?? []).map(
        ({ url, address }) => url ?? address ?? "",
      ),
    );
    return {
      name: ownName(router, { provider }),
      protocol: members.protocol,
      rule,
      hosts: hostsOfRule(rule),
      entrypoints: entryPoints,
      service,
      servers,
      middlewares,
      tls: tls !== undefined,
      priority: String(priority),
      status: "unknown",
      errors: [],
      provider,
      managed: name === router,
    };
  });
}

function page(
  all: readonly Route[],
  input: z.output<typeof listInputSchema>,
): Pick<ListResult, "total" | "routes" | "next_cursor"> {
  const search = input.search?.toLowerCase();
  const routes = all.filter((route) => {
    if (input.protocol !== "all" && route.protocol !== input.protocol) return false;
    if (input.status !== undefined && route.status !== input.status) return false;
    if (input.provider !== undefined && route.provider !== input.provider) return false;
    if (input.managed_only && !route.managed) return false;
    if (!input.include_internal && input.provider !== "internal" && route.provider === "internal") return false;
    return (
      search === undefined ||
      [route.name, route.rule, route.service, ...route.servers].some((text) => text.toLowerCase().includes(search))
    );
  });
  const start = Math.max(0, Number.parseInt(input.cursor ?? "0", 10) || 0);
  const end = start + input.limit;
  return {
    total: routes.length,
    routes: routes.slice(start, end),
    ...(end < routes.length && { next_cursor: String(end) }),
  };
}

async function findDrift(
  deps: Deps,
  files: readonly { readonly name: string; readonly text: string }[],
  running: Running,
): Promise<string[]> {
  const drift: string[] = [];
  for (const { name, text } of files) {
    const members = membersOf(text);
    if (members === undefined) {
      drift.push(`${name}: our file cannot be read by Traefik.`);
      continue;
    }
    const { state } = await look(lookupIn(running), members, running);
    if (state === "absent") drift.push(`${name}: the file is there, but Traefik has not loaded it.`);
    if (state === "stale") drift.push(`${name}: Traefik runs another version than the file holds.`);
  }
  const known = new Set(
    files.flatMap(({ text }) => Object.keys(membersOf(text)?.routers ?? {}).map((name) => ownName(name, running))),
  );
  for (const protocol of PROTOCOLS) {
    for (const name of Object.keys(running[protocol].routers)) {
      const ours = name.startsWith(deps.settings.NAME_PREFIX) && providerOf(name) === running.provider;
      if (ours && !known.has(name)) drift.push(`${name}: Traefik runs it, but there is no file of ours for it.`);
    }
  }
  return drift;
}
