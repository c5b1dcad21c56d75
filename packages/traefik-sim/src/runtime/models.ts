import { matchersOf, parseRule } from "../config/index.ts";
import type { EntryPoints } from "./entry-points.ts";
import { qualify, strings, text } from "./item.ts";

type Config = Record<string, unknown>;
type Configs = Map<string, Config>;

/**
 * What entrypoints with TLS, middlewares or observability of their own ("models") make of the HTTP routers on them: a
 * router on several entrypoints splits, each modelled one gets a clone named `<entrypoint>-<router>`.
 */
export function applyModels(routers: Configs, entryPoints: EntryPoints): Configs {
  const result: Configs = new Map();
  for (const [name, router] of routers) {
    const wanted = strings(router["entryPoints"]);
    const plain = wanted.filter((entryPoint) => modelOf(entryPoints, entryPoint) === undefined);
    if (plain.length > 0 || wanted.length === 0) result.set(name, { ...router, entryPoints: plain });
    for (const entryPoint of wanted) {
      const model = modelOf(entryPoints, entryPoint);
      if (model === undefined) continue;
      const middlewares = [...(model.middlewares ?? []), ...strings(router["middlewares"])];
      const tls = router["tls"] ?? (model.tls === undefined ? undefined : { ...model.tls });
      result.set(wanted.length > 1 ? `${entryPoint}-${name}` : name, {
        ...router,
        entryPoints: [entryPoint],
        ...(tls !== undefined && { tls }),
        ...(middlewares.length > 0 && { middlewares }),
      });
    }
  }
  return result;
}

function modelOf(entryPoints: EntryPoints, name: string) {
  const http = entryPoints[name]?.http;
  return http?.tls === undefined && (http?.middlewares ?? []).length === 0 ? undefined : http;
}

/** Routers that lost their TLS options on an entrypoint, by their new name. */
export const CONFLICT_MESSAGE =
  "router's TLSOptions configuration is conflicting with other routers on the same entrypoint and host, default TLS options will be used instead";

/**
 * Splits off the routers whose host another router on the same entrypoint serves with other TLS options: they become
 * `<entrypoint>-conflicted-<router>`, all of them, also those that ask for the default options.
 */
export function splitConflicts(routers: Configs): Configs {
  const byPlace = new Map<string, Map<string, string[]>>();
  for (const [name, router] of routers) {
    if (router["tls"] === undefined) continue;
    for (const entryPoint of strings(router["entryPoints"])) {
      for (const host of hostsOf(text(router["rule"]))) {
        const options = byPlace.get(`${entryPoint}\0${host}`) ?? new Map<string, string[]>();
        const option = tlsOptionsOf(name, router);
        options.set(option, [...(options.get(option) ?? []), name]);
        byPlace.set(`${entryPoint}\0${host}`, options);
      }
    }
  }
  const conflicted = new Map<string, Set<string>>();
  for (const [place, options] of byPlace) {
    if (options.size < 2) continue;
    for (const name of [...options.values()].flat()) {
      const places = conflicted.get(name) ?? new Set();
      conflicted.set(name, places.add(place.split("\0")[0] as string));
    }
  }
  const result: Configs = new Map();
  for (const [name, router] of routers) {
    const lost = conflicted.get(name) ?? new Set<string>();
    const kept = strings(router["entryPoints"]).filter((entryPoint) => !lost.has(entryPoint));
    if (kept.length > 0 || lost.size === 0) result.set(name, { ...router, entryPoints: kept });
    for (const entryPoint of lost)
      result.set(`${entryPoint}-conflicted-${name}`, { ...router, entryPoints: [entryPoint] });
  }
  return result;
}

/** The TLS options a router asks for, qualified; `default` when it names none. */
export function tlsOptionsOf(name: string, router: Config): string {
  const options = text((router["tls"] as Config | undefined)?.["options"]);
  return options === "" || options === "default" ? "default" : qualify(options, name);
}

function hostsOf(rule: string): string[] {
  const parsed = parseRule(rule, "http");
  if (parsed.fault !== undefined) return [];
  return matchersOf(parsed.tree).flatMap((matcher) =>
    matcher.name === "Host" ? matcher.args.map((host) => host.toLowerCase()) : [],
  );
}
