import type { BackendResult, Server } from "./backend-result.ts";
import { remedyFor } from "./remedies.ts";

/** One sentence on what is wrong, and what to do. */
export function diagnose(
  servers: readonly Server[],
  through: BackendResult["end_to_end"],
  errors: readonly string[],
  simulated: boolean,
): Pick<BackendResult, "ok" | "diagnosis" | "next_step"> {
  if (errors.length > 0)
    return { ok: false, diagnosis: `Traefik reports: ${errors.slice(0, 5).join("; ")}.`, next_step: remedyFor(errors) };
  if (servers.length === 0)
    return {
      ok: false,
      diagnosis: "There is no server behind it: Traefik answers 503, or the service is Traefik's own.",
      next_step: "Give the service a backend.",
    };
  const down = servers.filter(
    ({ traefik_status: status, probe }) => status === "down" || (probe?.conclusive === true && !probe.tcp),
  );
  if (down.length > 0) {
    const names = down
      .map(({ server, probe }) => `${server}${probe?.error === undefined ? "" : ` (${probe.error})`}`)
      .join(", ");
    return {
      ok: false,
      diagnosis: `${down.length} of ${servers.length} servers do not answer: ${names}.`,
      next_step: "Start the service, or correct address and port of the backend; requests to it get 502.",
    };
  }
  const tls = servers.find(({ probe }) => probe?.tls_error !== undefined);
  if (tls !== undefined)
    return {
      ok: false,
      diagnosis: `${tls.server} speaks no TLS that can be understood (${tls.probe?.tls_error}).`,
      next_step: "Use http:// for it if it serves plain HTTP.",
    };
  const bad = through.find(({ meaning }) => meaning.startsWith("Traefik's own"));
  if (bad !== undefined)
    return {
      ok: false,
      diagnosis: `${bad.url}: ${bad.meaning}.`,
      next_step: "Compare host, entrypoint and TLS of the route with what was asked for; get_route shows them.",
    };
  const inconclusive = servers.filter(({ probe }) => probe !== undefined && !probe.conclusive);
  if (inconclusive.length > 0)
    return {
      ok: true,
      diagnosis: `${inconclusive.map(({ server }) => server).join(", ")} cannot be judged from here: the name may exist only in Traefik's network.`,
      next_step: through.length > 0 ? `Through Traefik: ${through[0]?.meaning}.` : "Open the site to see.",
    };
  if (servers.every(({ probe }) => probe === undefined)) {
    const unchecked = servers.filter(({ traefik_status: status }) => status === "unknown_no_healthcheck").length;
    const why = simulated ? "Traefik is simulated, so nothing is probed." : "Nothing was probed.";
    return {
      ok: true,
      diagnosis: `${why} Traefik checks ${servers.length - unchecked} of ${servers.length} servers.`,
      next_step:
        unchecked > 0
          ? "Add a health_check to the route to let Traefik notice a dead server."
          : "All are up as Traefik sees them.",
    };
  }
  return {
    ok: true,
    diagnosis: `All ${servers.length} servers answer.`,
    next_step:
      through[0] === undefined
        ? "If the site still fails, check its DNS name and get_route."
        : `Through Traefik: ${through[0].meaning}.`,
  };
}
