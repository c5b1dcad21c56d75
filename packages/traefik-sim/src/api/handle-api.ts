import type { EntryPoints } from "../runtime/entry-points.ts";
import type { Items, Runtime } from "../runtime/item.ts";
import { itemView, rawView, select } from "./represent.ts";
import { apiError, json, notFound, page } from "./respond.ts";

/** What the API speaks about. */
export interface ApiState {
  readonly runtime: Runtime;
  readonly entryPoints: EntryPoints;
  readonly version: string;
  readonly startDate: string;
}

const WORDS: Readonly<Record<string, string>> = { routers: "router", services: "service", middlewares: "middleware" };

/** Answers one request to Traefik's API, version 3.7: paths, paging, errors and shapes as the real one. */
export function handleApi(request: Request, state: ApiState): Response {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/ping") return new Response("OK");
  if (!pathname.startsWith("/api/")) return notFound();
  const [kind = "", section = "", name, ...rest] = pathname.slice("/api/".length).split("/");
  if (rest.length > 0) return notFound();
  const answer = route(kind, section, name, searchParams, state);
  if (answer === undefined) return notFound();
  return request.method === "GET" ? answer() : new Response(null, { status: 405 });
}

function route(
  kind: string,
  section: string,
  name: string | undefined,
  query: URLSearchParams,
  state: ApiState,
): (() => Response) | undefined {
  if (kind === "http" || kind === "tcp" || kind === "udp") {
    const items = (state.runtime[kind] as Readonly<Record<string, Items>>)[section];
    if (items === undefined || !Object.hasOwn(WORDS, section)) return undefined;
    return () => (name === undefined ? listOf(kind, section, items, query) : single(kind, section, items, name));
  }
  if (name !== undefined) return undefined;
  const encoded = section === "" ? undefined : section;
  if (kind === "entrypoints") return () => entryPoints(state.entryPoints, encoded, query);
  if (kind === "certificates") return hasCertificates(state.version) ? () => certificates(encoded, query) : undefined;
  if (encoded !== undefined) return undefined;
  if (kind === "version")
    return () => json({ Version: state.version, Codename: "simulated", startDate: state.startDate });
  if (kind === "overview") return () => json(overview(state.runtime));
  if (kind === "rawdata") return () => json(rawData(state.runtime));
  return undefined;
}

function listOf(protocol: string, section: string, items: Items, query: URLSearchParams): Response {
  return page(
    select(items, query).map(([name, item]) => itemView(protocol, section, name, item)),
    query,
  );
}

function single(protocol: string, section: string, items: Items, encoded: string): Response {
  const name = decode(encoded);
  if (name === undefined) return apiError(`unable to decode ${WORDS[section]}ID ${JSON.stringify(encoded)}`, 400);
  const item = items.get(name);
  return item === undefined
    ? apiError(`${WORDS[section]} not found: ${name}`, 404)
    : json(itemView(protocol, section, name, item));
}

function entryPoints(all: EntryPoints, encoded: string | undefined, query: URLSearchParams): Response {
  const view = (name: string) => {
    const { http, ...rest } = all[name] as EntryPoints[string];
    return {
      transport: {},
      forwardedHeaders: {},
      ...rest,
      http: { sanitizePath: true, maxHeaderBytes: 1_048_576, ...http },
      name,
    };
  };
  if (encoded === undefined) return page(Object.keys(all).toSorted().map(view), query);
  const name = decode(encoded) ?? encoded;
  return Object.hasOwn(all, name) ? json(view(name)) : apiError(`entry point not found: ${name}`, 404);
}

/** The simulation has no certificates: Traefik's own generated default never shows here either. */
function certificates(encoded: string | undefined, query: URLSearchParams): Response {
  return encoded === undefined
    ? page([], query)
    : apiError(`certificate not found: ${decode(encoded) ?? encoded}`, 404);
}

function hasCertificates(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 3 || (major === 3 && minor >= 7);
}

function count(items: Items): { total: number; warnings: number; errors: number } {
  const states = [...items.values()].map((item) => item.status);
  const of = (status: string) => states.filter((state) => state === status).length;
  return { total: items.size, warnings: of("warning"), errors: of("disabled") };
}

function overview({ http, tcp, udp }: Runtime): unknown {
  return {
    http: { routers: count(http.routers), services: count(http.services), middlewares: count(http.middlewares) },
    tcp: { routers: count(tcp.routers), services: count(tcp.services), middlewares: count(tcp.middlewares) },
    udp: { routers: count(udp.routers), services: count(udp.services) },
    certificates: { total: 0, warnings: 0, errors: 0 },
    features: { tracing: "", metrics: "", accessLog: false },
    providers: ["File"],
  };
}

function views(items: Items): Record<string, unknown> | undefined {
  if (items.size === 0) return undefined;
  return Object.fromEntries([...items].map(([name, item]) => [name, rawView(item)]));
}

function rawData({ http, tcp, udp }: Runtime): unknown {
  return {
    routers: views(http.routers),
    middlewares: views(http.middlewares),
    services: views(http.services),
    tcpRouters: views(tcp.routers),
    tcpMiddlewares: views(tcp.middlewares),
    tcpServices: views(tcp.services),
    udpRouters: views(udp.routers),
    udpServices: views(udp.services),
  };
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
