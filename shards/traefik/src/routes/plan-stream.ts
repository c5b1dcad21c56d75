import { ToolError } from "@shardgate/shard-sdk";
import { nearest, parseRule } from "@shardgate/traefik-sim/config";
import type { ApiEntryPoint, Running } from "../client/api-types.ts";
import type { Settings } from "../settings.ts";
import { forbiddenHost, portOf } from "./backends.ts";
import type { RouteWish } from "./create-input.ts";
import { readHost } from "./hosts.ts";
import { routerName } from "./names.ts";
import { knownResolvers } from "./pick-entry.ts";
import { requirePlainText } from "./plain-text.ts";
import { resolveReference } from "./references.ts";
import type { RoutePlan } from "./route-plan.ts";

const HTTP_ONLY = [
  "path_prefix",
  "strip_prefix",
  "pass_host_header",
  "health_check",
  "sticky",
  "streaming",
  "security_headers",
  "basic_auth_users",
  "rate_limit",
  "redirect_https",
  "ip_allowlist",
] as const;
const TCP_ONLY = ["host", "hosts", "rule", "cert_resolver", "tls_passthrough", "priority", "middlewares"] as const;

/**
 * Turns a wish for a TCP or UDP route into a plan.
 *
 * @throws ToolError naming the field that cannot be used
 */
export function planStreamRoute(
  input: RouteWish,
  running: Running,
  settings: Settings,
  protocol: "tcp" | "udp",
): RoutePlan {
  requirePlainText(input);
  const unusable = [...HTTP_ONLY, ...(protocol === "udp" ? TCP_ONLY : [])].find((field) => input[field] !== undefined);
  if (unusable !== undefined)
    throw new ToolError(`\`${unusable}\` does not exist for ${protocol.toUpperCase()} routes.`, {
      next: "Leave it out.",
    });
  const name = routerName(input.name, settings.NAME_PREFIX);
  const picked: string[] = [];
  const entryPoints = pickStreamEntry(input, running, protocol, picked);
  const { rule, tls, warnings } =
    protocol === "tcp" ? matchTcp(input, running, settings, picked) : { rule: "", tls: undefined, warnings: [] };
  const servers = readAddresses(input, settings).map((address) => ({ address }));
  const known = Object.keys(running[protocol].services);
  const service = input.service === undefined ? name : resolveReference(input.service, known, "service", "service");
  if (servers.length > 0 === (input.service !== undefined)) {
    throw new ToolError("Give either `backend` or `service`.", {
      next: "A backend is host:port here, such as 192.168.1.20:5432.",
    });
  }
  const middlewares = (input.middlewares ?? []).map((one, index) =>
    resolveReference(one, Object.keys(running.tcp.middlewares), "TCP middleware", `middlewares[${index}]`),
  );
  return {
    protocol,
    name,
    rule,
    entryPoints,
    routers: {
      [name]: {
        ...(protocol === "tcp" && { rule }),
        service,
        entryPoints,
        ...(middlewares.length > 0 && { middlewares }),
        ...(input.priority !== undefined && { priority: input.priority }),
        ...(tls !== undefined && { tls }),
      },
    },
    services: input.service === undefined ? { [name]: { loadBalancer: { servers } } } : {},
    middlewares: {},
    picked,
    warnings,
  };
}

function pickStreamEntry(
  input: RouteWish,
  running: Running,
  protocol: "tcp" | "udp",
  picked: string[],
): readonly string[] {
  const all = running.entryPoints.filter(
    ({ name, address }) => name !== "traefik" && address.endsWith("/udp") === (protocol === "udp"),
  );
  const names = all.map(({ name }) => name);
  const unknown = input.entrypoints?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const close = nearest(unknown, names);
    throw new ToolError(
      `\`entrypoints\`: Traefik has no ${protocol.toUpperCase()} entrypoint ${JSON.stringify(unknown)}.`,
      {
        next: `${close === undefined ? "" : `Did you mean ${close}? `}It has: ${names.join(", ") || "none; its operator must add one"}.`,
      },
    );
  }
  if (input.entrypoints?.length) return input.entrypoints;
  // Web entrypoints serve sites; a database belongs on one of its own.
  const free = protocol === "udp" ? all : all.filter((one) => !isWeb(one));
  if (free.length === 1) {
    const [only] = free as [ApiEntryPoint];
    picked.push(`entrypoint ${only.name} (the only one for ${protocol.toUpperCase()})`);
    return [only.name];
  }
  throw new ToolError("`entrypoints`: none can be chosen with certainty.", {
    next: `Name one of: ${(free.length > 0 ? free : all).map(({ name }) => name).join(", ") || "none exists; Traefik's operator must add one"}.`,
  });
}

function isWeb({ name, address, http }: ApiEntryPoint): boolean {
  return http.tls !== undefined || /^(web|http)/i.test(name) || [80, 443].includes(portOf(address));
}

function matchTcp(
  input: RouteWish,
  running: Running,
  settings: Settings,
  picked: string[],
): {
  readonly rule: string;
  readonly tls: Readonly<Record<string, unknown>> | undefined;
  readonly warnings: readonly string[];
} {
  const hosts = [...(input.host === undefined ? [] : [input.host]), ...(input.hosts ?? [])].map((host) =>
    readHost(host, "host"),
  );
  const rule =
    input.rule?.replace(/\s+/g, " ").trim() ??
    (hosts.length === 0 ? "HostSNI(`*`)" : hosts.map((host) => `HostSNI(\`${host}\`)`).join(" || "));
  const parsed = parseRule(rule, "tcp");
  if (parsed.fault !== undefined)
    throw new ToolError(`\`rule\`: ${parsed.fault.message}.`, {
      next: parsed.fault.hint ?? "Write it like HostSNI(`db.example.com`).",
    });
  const catchAll = rule === "HostSNI(`*`)";
  const wantsTls =
    input.tls === "on" ||
    input.tls_passthrough === true ||
    input.cert_resolver !== undefined ||
    (input.tls === "auto" && !catchAll);
  if (!catchAll && !wantsTls)
    throw new ToolError("`tls`: a TCP route with a host name needs TLS, as the name is in the TLS greeting.", {
      next: "Leave tls out, or leave the host out to take every connection of the entrypoint.",
    });
  if (catchAll) {
    const warnings = ["It takes every connection on its entrypoint."];
    return { rule, tls: wantsTls ? tlsOf(input, running, settings, picked) : undefined, warnings };
  }
  return { rule, tls: tlsOf(input, running, settings, picked), warnings: [] };
}

function tlsOf(
  input: RouteWish,
  running: Running,
  settings: Settings,
  picked: string[],
): Readonly<Record<string, unknown>> {
  if (input.tls_passthrough === true) return { passthrough: true };
  const resolver = input.cert_resolver ?? settings.DEFAULT_CERT_RESOLVER ?? knownResolvers(running)[0];
  if (resolver === undefined) return {};
  if (input.cert_resolver === undefined) picked.push(`certificate resolver ${resolver}`);
  return { certResolver: resolver };
}

function readAddresses(input: RouteWish, settings: Settings): readonly string[] {
  const given = [...(input.backend === undefined ? [] : [input.backend]), ...(input.backends ?? [])];
  return [...new Set(given)].map((text) => {
    const [, host = "", port = ""] =
      /^(?:(?:tcp|udp):\/\/)?(\[[0-9a-f:]+\]|[a-z0-9._-]+):(\d{1,5})$/i.exec(text.trim()) ?? [];
    if (host === "" || Number(port) < 1 || Number(port) > 65_535)
      throw new ToolError(`\`backend\`: ${JSON.stringify(text)} is no host:port.`, {
        next: "Write it like 192.168.1.20:5432.",
      });
    // Read as a URL, other spellings of an address (0x7f.1) become the address itself.
    const bare = URL.parse(`http://${host}`)?.hostname.replace(/^\[|\]$/g, "") ?? "";
    const odd = bare === "" ? "it is no host" : forbiddenHost(bare, settings.ALLOWED_BACKEND_CIDRS);
    if (odd !== undefined)
      throw new ToolError(`\`backend\`: ${JSON.stringify(text)} is not allowed: ${odd}.`, {
        next: "Give the address of the service itself.",
      });
    return `${host}:${port}`;
  });
}
