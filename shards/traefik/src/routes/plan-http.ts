import { ToolError } from "@shardgate/shard-sdk";
import type { Running } from "../client/api-types.ts";
import type { Settings } from "../settings.ts";
import { missingOutpost } from "./authentik.ts";
import { portOf, readBackend } from "./backends.ts";
import type { RouteWish } from "./create-input.ts";
import { buildRule, readHost, requireAllowedDomains } from "./hosts.ts";
import { ownName, routerName } from "./names.ts";
import { ownMiddlewares } from "./own-middlewares.ts";
import { httpEntryPoints, pickEntry, type Entry } from "./pick-entry.ts";
import { requirePlainText } from "./plain-text.ts";
import { resolveReference } from "./references.ts";
import type { Members, RoutePlan } from "./route-plan.ts";

/** Kinds of middlewares that ask who somebody is. */
const AUTH = ["basicAuth", "digestAuth", "forwardAuth", "plugin"];

/**
 * Turns a wish into a route, against what runs: names are resolved, open choices made, targets checked.
 *
 * @param apiUrl base URL of Traefik's API, which no backend may be
 * @throws ToolError naming the field that cannot be used
 */
export function planHttpRoute(input: RouteWish, running: Running, settings: Settings, apiUrl: string): RoutePlan {
  requirePlainText(input);
  if (input.tls_passthrough !== undefined)
    throw new ToolError("`tls_passthrough` exists for TCP routes only.", {
      next: 'Leave it out, or use protocol: "tcp".',
    });
  const name = routerName(input.name, settings.NAME_PREFIX);
  const hosts = [...(input.host === undefined ? [] : [input.host]), ...(input.hosts ?? [])].map((host) =>
    readHost(host, "host"),
  );
  const rule = buildRule({ hosts: [...new Set(hosts)], rule: input.rule, path_prefix: input.path_prefix });
  requireAllowedDomains(rule, settings.ALLOWED_DOMAINS);
  const entry = pickEntry(running, {
    entrypoints: input.entrypoints,
    tls: input.tls,
    cert_resolver: input.cert_resolver,
    defaultEntryPoint: settings.DEFAULT_ENTRYPOINT,
    defaultResolver: settings.DEFAULT_CERT_RESOLVER,
  });
  const target = planTarget(input, name, running, settings, apiUrl);
  const own = ownMiddlewares(input, name);
  const known = Object.keys(running.http.middlewares);
  const wanted = (input.middlewares ?? []).map((middleware, index) =>
    resolveReference(middleware, known, "middleware", `middlewares[${index}]`),
  );
  const middlewares = [...wanted, ...Object.keys(own).map((one) => ownName(one, running))];
  const redirect = input.redirect_https === true ? redirectToHttps(name, rule, entry, running) : undefined;
  const picked = [...entry.picked, ...target.picked];
  for (const [index, asked] of (input.middlewares ?? []).entries()) {
    if (asked !== wanted[index]) picked.push(`middleware ${wanted[index]} for ${asked}`);
  }
  return {
    protocol: "http",
    name,
    rule,
    entryPoints: entry.entryPoints,
    routers: {
      [name]: {
        rule,
        service: target.service,
        entryPoints: entry.entryPoints,
        ...(middlewares.length > 0 && { middlewares }),
        ...(input.priority !== undefined && { priority: input.priority }),
        ...(entry.tls !== undefined && { tls: entry.tls }),
      },
      ...redirect?.routers,
    },
    services: target.services,
    middlewares: { ...own, ...redirect?.middlewares },
    picked,
    warnings: [
      ...entry.warnings,
      ...missingOutpost(wanted, rule, running),
      ...authWarning(
        input.basic_auth_users === undefined ? wanted : undefined,
        entry.entryPoints,
        running,
        settings.REQUIRE_AUTH_MIDDLEWARE,
      ),
    ],
  };
}

interface Target {
  readonly service: string;
  readonly services: Members;
  readonly picked: readonly string[];
}

function planTarget(input: RouteWish, name: string, running: Running, settings: Settings, apiUrl: string): Target {
  const urls = [...(input.backend === undefined ? [] : [input.backend]), ...(input.backends ?? [])];
  if (input.service !== undefined) {
    if (urls.length > 0) throw new ToolError("`service` and `backend` were both given.", { next: "Give one of them." });
    const unused = (["health_check", "sticky", "pass_host_header", "streaming"] as const).find(
      (field) => input[field] !== undefined,
    );
    if (unused !== undefined)
      throw new ToolError(`\`${unused}\` belongs to a backend of this route, not to an existing service.`, {
        next: "Leave it out, or give backend.",
      });
    const service = resolveReference(input.service, Object.keys(running.http.services), "service", "service");
    return {
      service,
      services: {},
      picked: service === input.service ? [] : [`service ${service} for ${input.service}`],
    };
  }
  if (urls.length === 0)
    throw new ToolError("`backend` is missing.", {
      next: "Give the URL of the service, such as http://192.168.1.20:8096, or an existing service.",
    });
  const policy = { allowed: settings.ALLOWED_BACKEND_CIDRS, apiUrl, entryPoints: running.entryPoints };
  const servers = [...new Set(urls.map((url) => readBackend(url, policy)))].map((url) => ({ url }));
  const check = input.health_check;
  if (check !== undefined && !/^\/[^\s?#]*(\?[^\s#]*)?$/.test(check.path)) {
    throw new ToolError(`\`health_check.path\`: ${JSON.stringify(check.path)} is no path.`, {
      next: "Start it with /, such as /health.",
    });
  }
  return {
    service: name,
    services: {
      [name]: {
        loadBalancer: {
          servers,
          ...(input.pass_host_header !== undefined && { passHostHeader: input.pass_host_header }),
          ...(check !== undefined && {
            healthCheck: {
              path: check.path,
              interval: goSeconds(check.interval_s),
              timeout: goSeconds(check.timeout_s),
            },
          }),
          // Below zero Traefik flushes after each write.
          ...(input.streaming === true && { responseForwarding: { flushInterval: "-1ms" } }),
          ...(input.sticky === true && { sticky: { cookie: { name: `${name}-backend`, httpOnly: true } } }),
        },
      },
    },
    picked: urls.filter((url) => !url.includes("://")).map((url) => `http:// in front of ${url}`),
  };
}

/** A second router that sends plain HTTP requests of the same rule on to HTTPS. */
function redirectToHttps(
  name: string,
  rule: string,
  entry: Entry,
  running: Running,
): Pick<RoutePlan, "routers" | "middlewares"> {
  if (!entry.encrypted)
    throw new ToolError("`redirect_https` needs a route that uses HTTPS.", {
      next: 'Use tls: "on", or leave redirect_https out.',
    });
  const plain = httpEntryPoints(running).find(
    ({ name: one, address, http }) =>
      http.tls === undefined &&
      !entry.entryPoints.includes(one) &&
      (/^(web|http)$/.test(one) || portOf(address) === 80),
  );
  if (plain === undefined)
    throw new ToolError("`redirect_https`: Traefik has no entrypoint for plain HTTP.", { next: "Leave it out." });
  return {
    routers: {
      [`${name}-redirect`]: {
        rule,
        service: "noop@internal",
        entryPoints: [plain.name],
        middlewares: [ownName(`${name}-https`, running)],
      },
    },
    middlewares: { [`${name}-https`]: { redirectScheme: { scheme: "https", permanent: true } } },
  };
}

/** Seconds as Traefik prints a duration, so that what is read back equals what was written. */
function goSeconds(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return `${h > 0 ? `${h}h` : ""}${h > 0 || m > 0 ? `${m}m` : ""}${s}s`;
}

function authWarning(
  names: readonly string[] | undefined,
  entryPoints: readonly string[],
  running: Running,
  required: boolean,
): string[] {
  // A login of its own.
  if (names === undefined) return [];
  const inherited = running.entryPoints
    .filter(({ name }) => entryPoints.includes(name))
    .flatMap(({ http }) => http.middlewares);
  if ([...names, ...inherited].some((name) => isAuth(name, running))) return [];
  if (required) {
    throw new ToolError("A route here needs a middleware that asks for a login (REQUIRE_AUTH_MIDDLEWARE).", {
      next: `Add one to middlewares: ${
        Object.keys(running.http.middlewares)
          .filter((name) => isAuth(name, running))
          .join(", ") || "Traefik has none yet"
      }.`,
    });
  }
  return ["No middleware asks for a login: whoever reaches this host reaches the service."];
}

function isAuth(name: string, running: Running, depth = 0): boolean {
  const middleware = running.http.middlewares[name] as Record<string, unknown> | undefined;
  if (middleware === undefined || depth > 5) return false;
  if (AUTH.some((type) => middleware[type] !== undefined)) return true;
  const chain = (middleware["chain"] as { middlewares?: unknown } | undefined)?.middlewares;
  return Array.isArray(chain) && chain.some((child) => typeof child === "string" && isAuth(child, running, depth + 1));
}
