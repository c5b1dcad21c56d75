import { ToolError } from "@shardgate/shard-sdk";
import { isIP } from "node:net";
import type { Deps } from "../deps.ts";
import { diagnose } from "./backend-diagnosis.ts";
import type { BackendInput, BackendResult, Server } from "./backend-result.ts";
import { scopeOf, serversOf, type Through } from "./backend-scope.ts";
import { forbiddenHost } from "./backends.ts";
import { inParallel } from "./in-parallel.ts";
import { probeHttp, probeTcp, type Probe } from "./probe.ts";
import { withoutUserInfo } from "./redact.ts";

/** Most servers and hosts looked at in one call, and how many at once. */
const MAX_PROBES = 25;
const WIDTH = 5;

/** Looks whether backends answer: by Traefik's own checks, by connections from here, and through the entrypoint. */
export async function getBackendStatus(deps: Deps, input: BackendInput, signal?: AbortSignal): Promise<BackendResult> {
  if ([input.route, input.service, input.all_problems || undefined].filter((one) => one !== undefined).length !== 1) {
    throw new ToolError("Give exactly one of `route`, `service` and `all_problems`.", {
      next: "To ask why a site is down, give its route.",
    });
  }
  const running = await deps.client.running(signal);
  const scope = await scopeOf(deps, input, running);
  const servers = scope.services.flatMap(([protocol, name]) => serversOf(running, protocol, name)).slice(0, MAX_PROBES);
  const probes = input.probe && !deps.simulated;
  const probed = probes ? await inParallel(servers, WIDTH, (server) => withProbe(server, deps)) : servers;
  const endToEnd = probes ? await inParallel(scope.hosts.slice(0, 5), WIDTH, (host) => throughTraefik(host)) : [];
  const errors = scope.errors.map(withoutUserInfo);
  return {
    simulated: deps.simulated,
    reachable_from: "shard",
    servers: probed,
    end_to_end: endToEnd,
    errors,
    ...(input.all_problems && servers.length === 0 && errors.length === 0
      ? {
          ok: true,
          diagnosis: "Nothing seems broken: Traefik reports no error, and every server in use is checked and up.",
          next_step: "If a site fails all the same, ask about its route.",
        }
      : diagnose(probed, endToEnd, errors, deps.simulated)),
  };
}

/** Tries one server from here, unless its address is one that must not be asked. */
export async function withProbe(server: Server, { settings }: Pick<Deps, "settings">): Promise<Server> {
  const isUrl = server.server.includes("://");
  const host = isUrl
    ? (URL.parse(server.server.replace(/^h2c:/i, "http:"))?.hostname ?? "")
    : server.server.replace(/:\d+$/, "");
  const shown = { ...server, server: withoutUserInfo(server.server) };
  const bare = host.replace(/^\[|\]$/g, "");
  const refused = bare === "" ? "no address" : forbiddenHost(bare, settings.ALLOWED_BACKEND_CIDRS);
  if (refused !== undefined)
    return { ...shown, probe: { tcp: false, error: `not probed: ${refused}`, conclusive: false } };
  const found: Probe = isUrl
    ? await probeHttp(new URL("/", server.server.replace(/^h2c:/i, "http:")).origin)
    : await probeTcp(server.server);
  const { tcp, http_status, latency_ms, error, tls_error } = found;
  return {
    ...shown,
    probe: {
      tcp,
      ...(http_status !== undefined && { http_status }),
      ...(latency_ms !== undefined && { latency_ms }),
      ...(error !== undefined && { error }),
      ...(tls_error !== undefined && { tls_error }),
      // A container's name means something inside Traefik's network only.
      conclusive: tcp || isIP(bare) !== 0 || bare.includes("."),
    },
  };
}

async function throughTraefik({ entry, host, path }: Through): Promise<BackendResult["end_to_end"][number]> {
  const { http_status: status, body, error, tls_error } = await probeHttp(entry, { host, path });
  const url = `${entry.startsWith("https") ? "https" : "http"}://${host}${path}`;
  if (status === undefined)
    return { url, meaning: `the entrypoint does not answer from here (${error ?? tls_error ?? "unknown"})` };
  return { url, status, meaning: meaningOf(status, body ?? "") };
}

/** What Traefik means by its own answers (those of a backend look different). */
function meaningOf(status: number, body: string): string {
  if (status === 404 && body.startsWith("404 page not found"))
    return "Traefik's own 404: no route matched, or the route is disabled";
  if (status === 502 && body.startsWith("Bad Gateway")) return "Traefik's own 502: it could not reach the backend";
  if (status === 503 && body.startsWith("no available server"))
    return "Traefik's own 503: the route has no server that is up";
  if (status === 504) return "Traefik's own 504: the backend took too long";
  if (status === 418) return "Traefik's noop service answers";
  if (status === 500 && body.startsWith("Internal Server Error"))
    return "Traefik's own 500: a server URL without scheme, or a login service that fails";
  if (status === 401 || status === 403) return "a login or an allow-list stands before it";
  if (status >= 300 && status < 400) return "a redirect, often to a login or to https";
  return status < 400 ? "it works" : "the backend itself answers with an error";
}
