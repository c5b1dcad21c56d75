import type { MergedConfig } from "./load-directory.ts";
import { defaultEntryPoints, isUdp, streamEntryPoints, type EntryPoint, type EntryPoints } from "./entry-points.ts";
import { internalMiddlewares, internalRouters, internalServices, OBSERVABILITY } from "./internal.ts";
import { Item, qualify, strings, text, type Items, type Runtime } from "./item.ts";
import { middlewareBuilder } from "./middlewares.ts";
import { applyModels, splitConflicts } from "./models.ts";
import { buildHttpRouters, buildTcpRouters, buildUdpRouters } from "./routers.ts";
import { httpServiceBuilder, streamServiceBuilder } from "./services.ts";

type Config = Record<string, unknown>;

const NONE: ReadonlySet<string> = new Set();

/** Parts that exist besides what the files say, from other providers or other files; they count as working. */
export interface Elsewhere {
  readonly httpServices: ReadonlySet<string>;
  readonly httpMiddlewares: ReadonlySet<string>;
  readonly tcpServices: ReadonlySet<string>;
  readonly tcpMiddlewares: ReadonlySet<string>;
  readonly udpServices: ReadonlySet<string>;
}

const NOTHING: Elsewhere = {
  httpServices: NONE,
  httpMiddlewares: NONE,
  tcpServices: NONE,
  tcpMiddlewares: NONE,
  udpServices: NONE,
};

/**
 * Makes a running configuration out of what one provider says, with the state and the faults Traefik's API would show.
 *
 * @param provider what follows the `@` in the names
 */
export function buildRuntime(
  loaded: MergedConfig,
  entryPoints: EntryPoints,
  elsewhere = NOTHING,
  provider = "file",
): Runtime {
  return buildFromProviders({ [provider]: loaded }, entryPoints, elsewhere);
}

/** The same out of what several providers say, by their names. */
export function buildFromProviders(
  loaded: Readonly<Record<string, MergedConfig>>,
  entryPoints: EntryPoints,
  elsewhere = NOTHING,
): Runtime {
  // Building fills names in; what was loaded must stay as it is, to tell the next load from it.
  const providers = Object.entries(structuredClone(loaded));
  const defaults = defaultEntryPoints(entryPoints);
  const stream = streamEntryPoints(entryPoints);
  const datagram = Object.keys(entryPoints)
    .filter((name) => isUdp(entryPoints[name] as EntryPoint))
    .toSorted();
  const sections = (protocol: keyof MergedConfig, section: string) =>
    new Map(providers.flatMap(([name, config]) => [...qualified(config[protocol][section] ?? {}, name)]));

  const httpRouters = splitConflicts(applyModels(withEntryPoints(sections("http", "routers"), defaults), entryPoints));
  const http = {
    routers: items(httpRouters, httpRouter, internalRouters(entryPoints)),
    services: items(sections("http", "services"), httpService, internalServices(entryPoints)),
    middlewares: items(sections("http", "middlewares"), same, internalMiddlewares()),
  };
  const tcp = {
    routers: items(withEntryPoints(sections("tcp", "routers"), defaults)),
    services: items(sections("tcp", "services")),
    middlewares: items(sections("tcp", "middlewares")),
  };
  const udp = {
    routers: items(withEntryPoints(sections("udp", "routers"), datagram)),
    services: items(sections("udp", "services")),
  };

  const transports = new Set(sections("http", "serversTransports").keys());
  const tlsOptions = new Set(sections("tls", "options").keys());
  buildHttpRouters(http.routers, {
    entryPoints: stream,
    tlsOptions,
    buildService: beyond(elsewhere.httpServices, http.services, httpServiceBuilder(http.services, transports)),
    buildMiddlewares: eachBeyond(elsewhere.httpMiddlewares, http.middlewares),
  });
  buildTcpRouters(tcp.routers, {
    entryPoints: stream,
    tlsOptions,
    buildService: beyond(elsewhere.tcpServices, tcp.services, streamServiceBuilder(tcp.services, "tcp")),
    buildMiddlewares: eachBeyond(elsewhere.tcpMiddlewares, tcp.middlewares),
  });
  buildUdpRouters(udp.routers, {
    entryPoints: datagram,
    tlsOptions: NONE,
    buildService: beyond(elsewhere.udpServices, udp.services, streamServiceBuilder(udp.services, "udp")),
    buildMiddlewares: () => {},
  });
  noteUse(http);
  noteUse({ routers: tcp.routers, services: tcp.services });
  noteUse(udp);
  return { http, tcp, udp };
}

/** Builds a part, unless it is one of those that exist elsewhere and not here. */
function beyond(elsewhere: ReadonlySet<string>, here: Items, build: (name: string) => void): (name: string) => void {
  return (name) => {
    if (here.has(name) || !elsewhere.has(name)) build(name);
  };
}

function eachBeyond(elsewhere: ReadonlySet<string>, here: Items): (names: readonly string[]) => void {
  const build = middlewareBuilder(here);
  return (names) => build(names.filter((name) => here.has(name) || !elsewhere.has(name)));
}

function qualified(section: Readonly<Record<string, unknown>>, provider: string): Map<string, Config> {
  return new Map(Object.entries(section).map(([name, config]) => [`${name}@${provider}`, { ...(config as Config) }]));
}

function withEntryPoints(routers: Map<string, Config>, defaults: readonly string[]): Map<string, Config> {
  for (const router of routers.values())
    if (strings(router["entryPoints"]).length === 0) router["entryPoints"] = [...defaults];
  return routers;
}

const same = (config: Config): Config => config;

function items(configs: Map<string, Config>, fill = same, internal: ReadonlyMap<string, Config> = new Map()): Items {
  return new Map([
    ...[...configs].map(([name, config]) => [name, new Item(fill(config))] as const),
    ...[...internal].map(([name, config]) => [name, new Item(config)] as const),
  ]);
}

function httpRouter(config: Config): Config {
  return {
    ...config,
    observability: { ...OBSERVABILITY, ...(config["observability"] as Config | undefined) },
  };
}

/** The defaults of Traefik's structs that the API shows. */
function httpService(config: Config): Config {
  const balancer = config["loadBalancer"] as Config | undefined;
  if (balancer === undefined) return mapPart(config, "weighted", withWeights);
  const defaults = { strategy: "wrr", passHostHeader: true, responseForwarding: { flushInterval: "100ms" } };
  const filled = mapPart({ ...defaults, ...balancer }, "healthCheck", (check) => ({ ...HEALTH_CHECK, ...check }));
  return mapPart({ ...config, loadBalancer: withSticky(filled) }, "weighted", withWeights);
}

const HEALTH_CHECK = { mode: "http", interval: "30s", timeout: "5s", followRedirects: true };

function withWeights(weighted: Config): Config {
  const services = ((weighted["services"] ?? []) as Config[]).map((child) => ({ weight: 1, ...child }));
  return withSticky({ ...weighted, services });
}

function withSticky(part: Config): Config {
  return mapPart(part, "sticky", (sticky) => mapPart(sticky, "cookie", (cookie) => ({ path: "/", ...cookie })));
}

function mapPart(config: Config, key: string, change: (part: Config) => Config): Config {
  const part = config[key] as Config | undefined;
  return part === undefined ? config : { ...config, [key]: change(part) };
}

/** Fills in which routers name a service or middleware themselves; Traefik does so for all but TCP middlewares. */
function noteUse(part: { routers: Items; services: Items; middlewares?: Items }): void {
  for (const [name, router] of part.routers) {
    note(part.services.get(qualify(text(router.config["service"]), name)), name);
    for (const middleware of strings(router.config["middlewares"]))
      note(part.middlewares?.get(qualify(middleware, name)), name);
  }
}

function note(item: Item | undefined, user: string): void {
  item?.usedBy.push(user);
  item?.usedBy.sort();
}
