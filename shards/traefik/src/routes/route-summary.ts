import { z } from "zod";
import type { Running } from "../client/api-types.ts";
import { portOf } from "./backends.ts";
import { hostsOfRule } from "./hosts.ts";
import type { Expected } from "./prove.ts";

/** A route in few words, for results. */
export const routeSummarySchema = z.object({
  name: z.string().describe("Name of the router in Traefik."),
  protocol: z.enum(["http", "tcp", "udp"]),
  rule: z.string(),
  urls: z.array(z.string()).describe("Addresses to try in a browser."),
  entrypoints: z.array(z.string()),
  service: z.string(),
  backends: z.array(z.string()).describe("Where the requests go; empty for an existing service."),
  middlewares: z.array(z.string()),
  cert_resolver: z.string().optional(),
});

export type RouteSummary = z.output<typeof routeSummarySchema>;

export function summarize(name: string, expected: Expected, running: Running): RouteSummary {
  const router = (expected.routers[name] ?? {}) as {
    rule?: string;
    service?: string;
    entryPoints?: string[];
    middlewares?: string[];
    tls?: { certResolver?: string };
  };
  const entrypoints = router.entryPoints ?? [];
  const resolver = router.tls?.certResolver;
  return {
    name,
    protocol: expected.protocol,
    rule: router.rule ?? "",
    urls: expected.protocol === "http" ? urlsOf(router.rule ?? "", entrypoints, router.tls !== undefined, running) : [],
    entrypoints,
    service: router.service ?? "",
    backends: Object.values(expected.services).flatMap(serversOf),
    middlewares: router.middlewares ?? [],
    ...(resolver !== undefined && { cert_resolver: resolver }),
  };
}

function serversOf(service: Readonly<Record<string, unknown>>): string[] {
  const servers =
    (service["loadBalancer"] as { servers?: { url?: string; address?: string }[] } | undefined)?.servers ?? [];
  return servers.map(({ url, address }) => url ?? address ?? "").filter((server) => server !== "");
}

function urlsOf(rule: string, entryPoints: readonly string[], tls: boolean, running: Running): string[] {
  const prefix = /PathPrefix\(`([^`]*)`\)/.exec(rule)?.[1] ?? "/";
  return entryPoints.flatMap((name) => {
    const entryPoint = running.entryPoints.find((one) => one.name === name);
    if (entryPoint === undefined) return [];
    const encrypted = tls || entryPoint.http.tls !== undefined;
    const port = portOf(entryPoint.address);
    const shown = [80, 443, 0].includes(port) ? "" : `:${port}`;
    return hostsOfRule(rule)
      .filter((host) => !host.includes("*"))
      .map((host) => `${encrypted ? "https" : "http"}://${host}${shown}${prefix}`);
  });
}
