import { ToolError } from "@shardgate/shard-sdk";
import type { ApiService, Protocol, Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import type { BackendInput, Server } from "./backend-result.ts";
import { portOf } from "./backends.ts";
import { findRoute, qualified, reach } from "./get-route.ts";
import { hostsOfRule } from "./hosts.ts";
import { baseOf, providerOf } from "./names.ts";

/** What a question is about. */
export interface Scope {
  readonly services: readonly (readonly [Protocol, string])[];
  readonly hosts: readonly Through[];
  readonly errors: readonly string[];
}

/** One request as a browser would make it. */
export interface Through {
  readonly entry: string;
  readonly host: string;
  readonly path: string;
}

/** Finds services, hosts and errors that belong to a question. */
export async function scopeOf(deps: Deps, input: BackendInput, running: Running): Promise<Scope> {
  if (input.all_problems) return problems(running);
  if (input.service !== undefined) {
    const { service } = input;
    const names = Object.keys(running.http.services);
    const found = names.includes(service) ? [service] : names.filter((name) => baseOf(name) === service);
    if (found.length !== 1)
      throw new ToolError(`Traefik has ${found.length === 0 ? "no" : "several"} services ${JSON.stringify(service)}.`, {
        next: found.length > 1 ? `Name one of: ${found.join(", ")}.` : "list_routes shows the services in use.",
      });
    return {
      services: reach(running, "http", found).map((name) => ["http", name] as const),
      hosts: [],
      errors: running.http.services[found[0] as string]?.error ?? [],
    };
  }
  const { name, protocol } = await findRoute(deps, input.route as string, running);
  const all = Object.entries(running[protocol].routers).filter(
    ([one]) => one === name || (protocol === "http" && one.endsWith(`-${name}`)),
  );
  if (all.length === 0)
    throw new ToolError(`Traefik does not run ${name}.`, { next: "Call reload_config; get_route shows the file." });
  const services = reach(
    running,
    protocol,
    all.map(([, router]) => qualified(router.service, name)),
  );
  const errors = [
    ...all.flatMap(([, router]) => router.error),
    ...services.flatMap((one) => running[protocol].services[one]?.error ?? []),
  ];
  const hosts =
    protocol === "http" && all.every(([, router]) => router.status !== "disabled")
      ? all.flatMap(([, router]) => throughs(router, running, deps.apiUrl))
      : [];
  return { services: services.map((one) => [protocol, one] as const), hosts, errors: [...new Set(errors)] };
}

/** Everything that is disabled, warned about, or has a server that is down or unchecked. */
function problems(running: Running): Scope {
  const services = (["http", "tcp"] as const).flatMap((protocol) =>
    Object.entries(running[protocol].services)
      .filter(
        ([name, service]) =>
          providerOf(name) !== "internal" &&
          service.usedBy.length > 0 &&
          (service.status !== "enabled" ||
            Object.values(service.serverStatus).includes("DOWN") ||
            service.loadBalancer?.healthCheck === undefined),
      )
      .map(([name]) => [protocol, name] as const),
  );
  const errors = (["http", "tcp", "udp"] as const).flatMap((protocol) =>
    Object.entries(running[protocol].routers).flatMap(([name, { error }]) =>
      error.map((message) => `${name}: ${message}`),
    ),
  );
  return { services, hosts: [], errors };
}

/** How a browser would reach a route, as far as the entrypoint can be found from here. */
function throughs(router: Running["http"]["routers"][string], running: Running, apiUrl: string): Through[] {
  const traefik = new URL(apiUrl).hostname;
  const path = /Path(?:Prefix)?\(`([^`]*)`\)/.exec(router.rule)?.[1] ?? "/";
  return router.using.flatMap((name) => {
    const entryPoint = running.entryPoints.find((one) => one.name === name);
    if (entryPoint === undefined || portOf(entryPoint.address) === 0) return [];
    const entry = `${router.tls === undefined ? "http" : "https"}://${traefik}:${portOf(entryPoint.address)}`;
    return hostsOfRule(router.rule)
      .filter((host) => !host.includes("*"))
      .slice(0, 3)
      .map((host) => ({ entry, host, path }));
  });
}

/** Servers of a service with what Traefik says of them. */
export function serversOf(running: Running, protocol: Protocol, name: string): Server[] {
  const service: ApiService | undefined = running[protocol].services[name];
  const balancer = service?.loadBalancer;
  return (balancer?.servers ?? []).map(({ url, address }) => {
    const server = url || address;
    const said = service?.serverStatus[server];
    const checked = balancer?.healthCheck !== undefined;
    const traefik_status = !checked
      ? "unknown_no_healthcheck"
      : said === "DOWN"
        ? "down"
        : said === "UP"
          ? "up"
          : "unknown";
    return { server, service: name, traefik_status };
  });
}
