import type { ApiItem, Protocol, Running } from "../client/api-types.ts";
import type { TraefikClient } from "../client/traefik-client.ts";
import type { Deps } from "../deps.ts";
import { defaultPriority } from "./conflicts.ts";
import { ownName } from "./names.ts";
import type { RoutePlan } from "./route-plan.ts";

/** The part of a plan that a proof compares. */
export type Expected = Pick<RoutePlan, "protocol" | "routers" | "services" | "middlewares">;

/** What Traefik shows of a route. */
export interface Sight {
  /** `absent`: nothing of that name; `stale`: other fields than expected; `loaded`: as expected. */
  readonly state: "absent" | "stale" | "loaded";
  /** Worst status of its routers. */
  readonly status: string;
  readonly errors: readonly string[];
  /** Names its routers have in Traefik: a router on several entrypoints may be split into clones. */
  readonly seenAs: readonly string[];
}

/** Where a route is looked up: the API, or a snapshot of it. */
export type Lookup = Pick<TraefikClient, "item" | "searchRouters">;

/** Looks things up in what was read before, without asking the API again. */
export function lookupIn(running: Running): Lookup {
  return {
    item: (protocol, section, name) => Promise.resolve(running[protocol][section][name]),
    searchRouters: (protocol, text) =>
      Promise.resolve(new Map(Object.entries(running[protocol].routers).filter(([name]) => name.includes(text)))),
  };
}

/** Looks once. Routers are looked up by name, then by search, as Traefik may have renamed them. */
export async function look(client: Lookup, expected: Expected, running: Running, signal?: AbortSignal): Promise<Sight> {
  const { protocol } = expected;
  const seen = new Map<string, ApiItem>();
  let complete = true;
  for (const [name, router] of Object.entries(expected.routers)) {
    const found = await routersOf(client, protocol, ownName(name, running), texts(router["entryPoints"]), signal);
    for (const [key, item] of found) seen.set(key, item);
    complete &&= found.size > 0 && showsRouter(router, [...found.values()], running);
  }
  if (seen.size === 0 && Object.keys(expected.routers).length > 0)
    return { state: "absent", status: "", errors: [], seenAs: [] };
  const parts: ApiItem[] = [...seen.values()];
  for (const section of ["services", "middlewares"] as const) {
    for (const [name, wanted] of Object.entries(expected[section])) {
      const item = await client.item(protocol, section, ownName(name, running), signal);
      if (item !== undefined) parts.push(item);
      complete &&= item !== undefined && (section === "services" ? showsService(wanted, item) : contains(item, wanted));
    }
  }
  return {
    state: complete ? "loaded" : "stale",
    status: worst([...seen.values()].map(({ status }) => String(status))),
    errors: [...new Set(parts.flatMap(({ error }) => texts(error)))],
    seenAs: [...seen.keys()].toSorted(),
  };
}

/** How often Traefik is told again while it has not loaded, in ms; how often it is asked, at first and later. */
const POKE_EVERY = 3000;
const ASK_EVERY = [30, 200] as const;
const FIRST_PHASE = 300;

/**
 * Looks until it is as wished, or VERIFY_TIMEOUT_MS have passed. While it is not, Traefik is told again to load: a load
 * that met a half-written folder fails for good, until the next event.
 *
 * @param looking looks once
 * @param done when to stop
 * @returns what was seen last, and how long it took
 */
export async function waitFor(
  { clock, settings, tellTraefik }: Deps,
  looking: () => Promise<Sight>,
  done: (sight: Sight) => boolean,
  signal?: AbortSignal,
): Promise<Sight & { readonly tookMs: number }> {
  const started = clock.now();
  let poked = started;
  for (;;) {
    const sight = await looking();
    const tookMs = clock.now() - started;
    if (done(sight) || tookMs >= settings.VERIFY_TIMEOUT_MS) return { ...sight, tookMs };
    if (clock.now() - poked >= POKE_EVERY) {
      await tellTraefik();
      poked = clock.now();
    }
    await clock.sleep(tookMs < FIRST_PHASE ? ASK_EVERY[0] : ASK_EVERY[1], signal);
  }
}

/** What Traefik should show of a route after a change: its members as they are, or that it is gone. */
export interface Wish {
  readonly members: Expected;
  readonly gone: boolean;
}

/** Looks at several routes as one: `loaded` when every wish is met. */
export async function lookAtAll(
  deps: Deps,
  wishes: readonly Wish[],
  running: Running,
  signal?: AbortSignal,
): Promise<Sight> {
  // One route is three small questions; for more, one large one is cheaper.
  const lookup = wishes.length === 1 ? deps.client : lookupIn(await deps.client.running(signal));
  const sights = await Promise.all(wishes.map(({ members }) => look(lookup, members, running, signal)));
  const met = sights.every(({ state }, index) =>
    wishes[index]?.gone === true ? state !== "loaded" : state === "loaded",
  );
  const there = sights.filter((_, index) => wishes[index]?.gone !== true);
  return {
    state: met ? "loaded" : sights.every(({ state }) => state === "absent") ? "absent" : "stale",
    status: worst(there.map(({ status }) => status)),
    errors: [...new Set(there.flatMap(({ errors }) => errors))],
    seenAs: there.flatMap(({ seenAs }) => seenAs),
  };
}

/** The router itself, and its clones on the entrypoints it is meant for. */
export async function routersOf(
  client: Lookup,
  protocol: Protocol,
  qualified: string,
  entryPoints: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, ApiItem>> {
  const exact = await client.item(protocol, "routers", qualified, signal);
  const found = new Map(exact === undefined ? [] : [[qualified, exact] as const]);
  const missing = entryPoints.filter((entryPoint) => !texts(exact?.["entryPoints"]).includes(entryPoint));
  if (protocol !== "http" || (exact !== undefined && missing.length === 0)) return found;
  const clones = new Set(
    missing.flatMap((entryPoint) => [`${entryPoint}-${qualified}`, `${entryPoint}-conflicted-${qualified}`]),
  );
  for (const [key, item] of await client.searchRouters(protocol, qualified, signal))
    if (clones.has(key)) found.set(key, item);
  return found;
}

/** Whether routers together show what one router was written as; entrypoints may have added TLS and middlewares. */
function showsRouter(wanted: Readonly<Record<string, unknown>>, shown: readonly ApiItem[], running: Running): boolean {
  const rule = String(wanted["rule"] ?? "");
  const covered = new Set(shown.flatMap(({ entryPoints }) => texts(entryPoints)));
  if (!texts(wanted["entryPoints"]).every((entryPoint) => covered.has(entryPoint))) return false;
  return shown.every((router) => {
    const models = running.entryPoints.filter(({ name }) => texts(router["entryPoints"]).includes(name));
    const added = new Set(models.flatMap(({ http }) => http.middlewares));
    const own = texts(router["middlewares"]).filter(
      (name) => !added.has(name) || texts(wanted["middlewares"]).includes(name),
    );
    const priority = wanted["priority"] ?? defaultPriority(rule);
    return (
      String(router["rule"] ?? "") === rule &&
      router["service"] === wanted["service"] &&
      sameList(own, texts(wanted["middlewares"])) &&
      (rule === "" || String(router["priority"]) === String(priority)) &&
      (wanted["tls"] === undefined
        ? router["tls"] === undefined || models.some(({ http }) => http.tls !== undefined)
        : contains(router["tls"], wanted["tls"]))
    );
  });
}

/** Whether a service is as written, with Traefik's defaults where nothing was written. */
function showsService(wanted: Readonly<Record<string, unknown>>, shown: ApiItem): boolean {
  if (!contains(shown, wanted)) return false;
  const [mine, theirs] = [wanted["loadBalancer"], shown["loadBalancer"]] as [ApiItem | undefined, ApiItem | undefined];
  if (mine === undefined || theirs === undefined) return mine === theirs;
  const extra = ["healthCheck", "sticky", "serversTransport"].some(
    (key) => mine[key] === undefined && theirs[key] !== undefined,
  );
  const [flush, shownFlush] = [mine, theirs].map(
    (one) => (one["responseForwarding"] as ApiItem | undefined)?.["flushInterval"] ?? "100ms",
  );
  const host = mine["passHostHeader"] ?? theirs["passHostHeader"] ?? true;
  return !extra && flush === shownFlush && (mine["passHostHeader"] !== undefined || host === true);
}

/** Whether `part` is in `whole`, member by member; lists must be equally long. */
function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) && whole.length === part.length && part.every((item, index) => contains(whole[index], item))
    );
  }
  if (typeof part === "object" && part !== null) {
    if (typeof whole !== "object" || whole === null) return false;
    return Object.entries(part).every(([key, value]) => contains((whole as Record<string, unknown>)[key], value));
  }
  return whole === part;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function worst(statuses: readonly string[]): string {
  return ["disabled", "warning", "enabled"].find((status) => statuses.includes(status)) ?? "";
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
