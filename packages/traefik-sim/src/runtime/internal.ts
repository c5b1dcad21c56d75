import { INTERNAL_ENTRY_POINT, type EntryPoints } from "./entry-points.ts";

type Config = Record<string, unknown>;

/** What Traefik fills in where a router says nothing about observability. */
export const OBSERVABILITY = { accessLogs: true, metrics: true, tracing: true, traceVerbosity: "minimal" };

/** The routers Traefik makes for itself when its API is open on the internal entrypoint. */
export function internalRouters(entryPoints: EntryPoints): Map<string, Config> {
  if (entryPoints[INTERNAL_ENTRY_POINT] === undefined) return new Map();
  const base = { entryPoints: [INTERNAL_ENTRY_POINT], ruleSyntax: "default", observability: OBSERVABILITY };
  return new Map([
    [
      "api@internal",
      { ...base, service: "api@internal", rule: "PathPrefix(`/api`)", priority: 9_223_372_036_854_775_806n },
    ],
    [
      "ping@internal",
      { ...base, service: "ping@internal", rule: "PathPrefix(`/ping`)", priority: 9_223_372_036_854_775_807n },
    ],
  ]);
}

export function internalServices(entryPoints: EntryPoints): Map<string, Config> {
  const names = entryPoints[INTERNAL_ENTRY_POINT] === undefined ? ["noop"] : ["api", "noop", "ping"];
  return new Map(names.map((name) => [`${name}@internal`, {}]));
}

export function internalMiddlewares(): Map<string, Config> {
  return new Map();
}
