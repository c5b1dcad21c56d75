import { alternativesOf, parseRule, type Decoded, type Finding } from "@shardgate/traefik-sim/config";
import { readHost } from "./hosts.ts";

type Config = Readonly<Record<string, unknown>>;

/** Faults that Traefik never mentions: it takes the configuration, and requests fail or never match. */
export function silentFaults(config: Decoded): Finding[] {
  const http = (config["http"] ?? {}) as Readonly<Record<string, Readonly<Record<string, Config>> | undefined>>;
  const findings: Finding[] = [];
  const warn = (path: string, message: string, fix: string) =>
    findings.push({ severity: "warning", path, message, fix });
  for (const [name, router] of Object.entries(http["routers"] ?? {})) {
    const path = `http.routers.${name}`;
    if (router["entryPoints"] === undefined)
      warn(
        path,
        "names no entrypoint, so it listens on every TCP entrypoint, also those meant for databases",
        "Name its entryPoints.",
      );
    if (router["ruleSyntax"] !== undefined)
      warn(`${path}.ruleSyntax`, "is deprecated", "Write the rule in the syntax of Traefik 3 and remove it.");
    if (name.includes("@")) warn(path, "an @ in a name breaks the references of this router", "Remove the @.");
    for (const message of silentRule(String(router["rule"] ?? ""))) warn(`${path}.rule`, message, "Correct the rule.");
  }
  for (const [name, service] of Object.entries(http["services"] ?? {})) {
    const servers = ((service["loadBalancer"] as Config | undefined)?.["servers"] ?? []) as readonly Config[];
    for (const [index, server] of servers.entries()) {
      const message = silentUrl(String(server["url"] ?? ""));
      if (message !== undefined)
        warn(
          `http.services.${name}.loadBalancer.servers[${index}].url`,
          message,
          "Write it like http://192.168.1.20:8096.",
        );
    }
  }
  for (const [name, middleware] of Object.entries(http["middlewares"] ?? {})) {
    const forward = middleware["forwardAuth"] as Config | undefined;
    if (forward !== undefined && !forward["address"])
      warn(
        `http.middlewares.${name}.forwardAuth`,
        "has no address: every request is answered with 500",
        "Give its address.",
      );
  }
  return findings;
}

function silentRule(rule: string): string[] {
  const parsed = parseRule(rule, "http");
  if (parsed.fault !== undefined) return [];
  return alternativesOf(parsed.tree)
    .flat()
    .flatMap((matcher) => {
      const [value = ""] = matcher.args;
      if (matcher.name === "HostRegexp" && /\{[a-z]+:/.test(value))
        return [`HostRegexp(\`${value}\`) is syntax of Traefik 2 and never matches`];
      if (matcher.name !== "Host" || value === "*") return [];
      try {
        readHost(value, "rule");
        return [];
      } catch {
        return [`Host(\`${value}\`) is no host name and never matches`];
      }
    });
}

function silentUrl(url: string): string | undefined {
  if (url === "") return "is empty: every request is answered with 500";
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined)
    return /:/.test(url.split("/")[0] as string) ? undefined : "has no scheme: every request is answered with 500";
  if (!["http", "https", "h2c"].includes(scheme)) return `has the scheme ${scheme}: every request is answered with 500`;
  return URL.canParse(url.replace(/^h2c:/i, "http:")) ? undefined : "cannot be reached: host or port is impossible";
}
