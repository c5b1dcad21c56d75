import { ToolError } from "@shardgate/shard-sdk";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { z } from "zod";
import type { Running } from "../client/api-types.ts";
import type { Deps } from "../deps.ts";
import { portOf } from "./backends.ts";
import { hostsOfRule } from "./hosts.ts";
import { inParallel } from "./in-parallel.ts";
import { knownResolvers } from "./pick-entry.ts";

export const sslInputSchema = z.object({
  domain: z.string().max(253).optional().describe("Only this host name."),
  expiring_within_days: z.number().int().min(1).max(3650).default(30).describe("What counts as expiring soon."),
});

const certificateSchema = z.object({
  domain: z.string(),
  sans: z.array(z.string()),
  issuer: z.string(),
  not_after: z.string(),
  days_left: z.number(),
  status: z
    .enum(["ok", "expiring", "expired", "default", "untrusted"])
    .describe("default: Traefik's self-made certificate, so none was issued for this host."),
  source: z
    .enum(["traefik_api", "handshake"])
    .describe("traefik_api: in Traefik's store; handshake: what a client really gets."),
  trust_error: z.string().optional(),
});

export const sslOutputSchema = z.object({
  simulated: z.boolean().describe("true: there is no real Traefik."),
  ok: z.boolean(),
  certificates: z.array(certificateSchema),
  routes_without_certificate: z
    .array(z.string())
    .describe("HTTPS hosts that get Traefik's default certificate or none."),
  default_certificate_served: z.array(z.string()),
  resolvers_in_use: z.array(z.string()),
  unreachable: z.array(z.string()).describe("Hosts whose certificate could not be fetched, with the reason."),
  stale: z.array(z.string()).describe("Hosts that are served an older certificate than Traefik has."),
  next_step: z.string(),
});

export type SslResult = z.output<typeof sslOutputSchema>;
type Certificate = z.output<typeof certificateSchema>;

const DAY = 86_400_000;
const TIMEOUT = 3000;
const MAX_HOSTS = 60;
const DEFAULT_NAME = "TRAEFIK DEFAULT CERT";

/** Looks at certificates: those in Traefik's store (3.7 and later), and those that clients really get. */
export async function checkSslStatus(
  deps: Deps,
  input: z.output<typeof sslInputSchema>,
  signal?: AbortSignal,
): Promise<SslResult> {
  const running = await deps.client.running(signal);
  const wanted = input.domain?.trim().toLowerCase();
  const stored = (await deps.client.certificates(signal)) ?? [];
  const hosts = encryptedHosts(running).filter(({ host }) => wanted === undefined || host === wanted);
  if (
    wanted !== undefined &&
    hosts.length === 0 &&
    !stored.some(({ commonName, sans }) => covers([commonName, ...sans], wanted))
  ) {
    throw new ToolError(`No HTTPS route serves ${wanted}, and Traefik has no certificate for it.`, {
      next: "list_routes with search shows whether it is routed at all.",
    });
  }
  const now = deps.clock.now();
  const certificates: Certificate[] = stored
    .filter(({ commonName, sans }) => wanted === undefined || covers([commonName, ...sans], wanted))
    .map(({ commonName, sans, issuerCN, issuerOrg, notAfter }) =>
      certificate(
        commonName || (sans[0] ?? ""),
        sans,
        issuerCN || issuerOrg,
        notAfter,
        "traefik_api",
        now,
        input.expiring_within_days,
      ),
    );
  const address = deps.settings.TRAEFIK_TLS_ADDRESS ?? tlsAddress(running, deps.apiUrl);
  const unreachable: string[] = [];
  const defaults: string[] = [];
  const stale: string[] = [];
  const shaken =
    deps.simulated || address === undefined
      ? []
      : await inParallel(hosts.slice(0, MAX_HOSTS), 5, async ({ host }) => ({
          host,
          got: await handshake(address, host),
        }));
  for (const { host, got } of shaken) {
    if ("error" in got) {
      unreachable.push(`${host}: ${got.error}`);
      if (/unrecognized_name/i.test(got.error)) defaults.push(host);
      continue;
    }
    const seen = certificate(host, got.sans, got.issuer, got.notAfter, "handshake", now, input.expiring_within_days);
    const isDefault = got.commonName === DEFAULT_NAME;
    if (isDefault) defaults.push(host);
    const newer = stored.find(
      ({ commonName, sans, notAfter }) =>
        covers([commonName, ...sans], host) && Date.parse(notAfter) > Date.parse(got.notAfter) + DAY,
    );
    if (newer !== undefined && !isDefault) stale.push(host);
    const trouble = isDefault
      ? "default"
      : seen.status === "ok" && got.trustError !== undefined
        ? "untrusted"
        : seen.status;
    certificates.push({
      ...seen,
      status: trouble,
      ...(got.trustError !== undefined && { trust_error: got.trustError }),
    });
  }
  const without = hosts.filter(({ host }) => defaults.includes(host)).map(({ host, router }) => `${host} (${router})`);
  const bad = certificates.filter(({ status }) => status !== "ok");
  return {
    simulated: deps.simulated,
    ok: bad.length === 0 && without.length === 0,
    certificates: certificates.toSorted((a, b) => a.days_left - b.days_left),
    routes_without_certificate: without,
    default_certificate_served: defaults,
    resolvers_in_use: knownResolvers(running),
    unreachable,
    stale,
    next_step: nextStep(deps.simulated, address, hosts.length, bad, without, stale),
  };
}

function nextStep(
  simulated: boolean,
  address: string | undefined,
  hosts: number,
  bad: readonly Certificate[],
  without: readonly string[],
  stale: readonly string[],
): string {
  if (simulated) return "Traefik is simulated: it has no certificates. Connect a real one to see them.";
  if (without.length > 0)
    return "No certificate was issued for these hosts: check that the route names a certificate resolver that exists, that the host's DNS is right, and Traefik's log for ACME errors.";
  if (stale.length > 0) return "Traefik has newer certificates than it serves for these hosts: reload or restart it.";
  if (bad.some(({ status }) => status === "expired" || status === "expiring"))
    return "Renewal seems stuck for those that expire: look for ACME errors in Traefik's log.";
  if (address === undefined && hosts > 0)
    return "What clients get was not checked: set TRAEFIK_TLS_ADDRESS to Traefik's host:port for HTTPS.";
  if (hosts === 0) return "No route uses HTTPS.";
  return bad.length > 0
    ? "Some certificates are not trusted here, such as self-signed ones; browsers may warn."
    : "All certificates are in order.";
}

/** Hosts that are served over TLS, with the router that does. */
function encryptedHosts(running: Running): { readonly host: string; readonly router: string }[] {
  const found = new Map<string, string>();
  for (const section of [running.http, running.tcp]) {
    for (const [name, { rule, tls, status }] of Object.entries(section.routers)) {
      if (tls === undefined || status === "disabled" || name.endsWith("@internal")) continue;
      for (const host of hostsOfRule(rule)) if (!host.includes("*") && !found.has(host)) found.set(host, name);
    }
  }
  return [...found].map(([host, router]) => ({ host, router }));
}

/** Traefik's HTTPS port on the machine of its API. */
function tlsAddress(running: Running, apiUrl: string): string | undefined {
  const used = new Set(
    Object.values(running.http.routers).flatMap(({ tls, using }) => (tls === undefined ? [] : using)),
  );
  const entryPoint = running.entryPoints.find(({ name, http }) => http.tls !== undefined || used.has(name));
  if (entryPoint === undefined || portOf(entryPoint.address) === 0) return undefined;
  return `${new URL(apiUrl).hostname}:${portOf(entryPoint.address)}`;
}

interface Shaken {
  readonly commonName: string;
  readonly sans: readonly string[];
  readonly issuer: string;
  readonly notAfter: string;
  readonly trustError?: string;
}

/** The certificate a client gets for a host; nothing is sent after the handshake. */
function handshake(address: string, servername: string): Promise<Shaken | { readonly error: string }> {
  const [, host = "", port = "443"] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return new Promise((done) => {
    const socket = connect({ host, port: Number(port), servername, rejectUnauthorized: false, timeout: TIMEOUT });
    const end = (result: Shaken | { readonly error: string }) => {
      socket.destroy();
      done(result);
    };
    socket.on("secureConnect", () => {
      const peer: DetailedPeerCertificate = socket.getPeerCertificate(true);
      const sans = (peer.subjectaltname ?? "")
        .split(", ")
        .filter((entry) => entry.startsWith("DNS:"))
        .map((entry) => entry.slice(4));
      const name = (value: string | string[] | undefined): string =>
        Array.isArray(value) ? (value[0] ?? "") : (value ?? "");
      const trustError = socket.authorized ? undefined : String(socket.authorizationError);
      end({
        commonName: name(peer.subject.CN),
        sans,
        issuer: name(peer.issuer.CN) || name(peer.issuer.O),
        notAfter: new Date(peer.valid_to).toISOString(),
        ...(trustError !== undefined && { trustError }),
      });
    });
    socket.on("timeout", () => end({ error: `no answer within ${TIMEOUT / 1000} s` }));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      end({
        error: /unrecognized.name/i.test(error.message)
          ? "unrecognized_name: Traefik has no certificate for it (sniStrict)"
          : (error.code ?? error.message),
      }),
    );
  });
}

function certificate(
  domain: string,
  sans: readonly string[],
  issuer: string,
  notAfter: string,
  source: Certificate["source"],
  now: number,
  soon: number,
): Certificate {
  const days = Math.floor((Date.parse(notAfter) - now) / DAY);
  const status = days < 0 ? "expired" : days < soon ? "expiring" : "ok";
  return { domain, sans: [...sans], issuer, not_after: notAfter, days_left: days, status, source };
}

function covers(names: readonly string[], host: string): boolean {
  return names.some((name) => {
    const lower = name.toLowerCase();
    return lower === host || (lower.startsWith("*.") && host.split(".").slice(1).join(".") === lower.slice(2));
  });
}
