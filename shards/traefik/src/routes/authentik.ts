import type { Running } from "../client/api-types.ts";
import { hostsOfRule } from "./hosts.ts";

const OUTPOST = "/outpost.goauthentik.io";

/**
 * authentik's login needs a second router: requests for its own path on the same host must reach the outpost, or the
 * login ends in a loop. Says so when that router is missing (docs.goauthentik.io, Traefik forward auth).
 */
export function missingOutpost(middlewares: readonly string[], rule: string, running: Running): string[] {
  const usesAuthentik = middlewares.some((name) => {
    const forward = (running.http.middlewares[name] as Record<string, unknown> | undefined)?.["forwardAuth"] as
      | { address?: string }
      | undefined;
    return forward?.address?.includes(OUTPOST) === true;
  });
  if (!usesAuthentik) return [];
  const served = Object.values(running.http.routers).filter(
    (router) => router.rule.includes(OUTPOST) && router.status !== "disabled",
  );
  const hosts = hostsOfRule(rule).filter(
    (host) =>
      !served.some(
        (router) => hostsOfRule(router.rule).length === 0 || hostsOfRule(router.rule).some((one) => covers(one, host)),
      ),
  );
  return hosts.map(
    (host) =>
      `authentik needs a second route for ${host}: rule Host(\`${host}\`) && PathPrefix(\`${OUTPOST}/\`) to its outpost, unless authentik runs in domain mode.`,
  );
}

function covers(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith("*.") && host.split(".").slice(1).join(".") === pattern.slice(2));
}
