import { createHash, timingSafeEqual } from "node:crypto";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type Announcement, announcementSchema, type Lease } from "@shardgate/contract";
import type { Logger } from "../../core/logger.ts";
import type { Timers } from "../../core/timers.ts";
import { learnedOptionsSchema, type UpstreamDefinition } from "../../upstreams/index.ts";
import { isLoopback, refuseAddress } from "../../upstreams/learned-address.ts";
import type { Provider, ProviderReport } from "../provider.ts";
import { Leases } from "./leases.ts";
import { readBody } from "./read-body.ts";
import type { AnnounceOptions } from "./schema.ts";

export interface AnnounceDeps {
  readonly timers: Timers;
  readonly logger: Logger;
  /** Addresses of a host name; the system's resolver unless a test has another. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** A shard announces again when this part of its lease is over, so that one loss on the way does no harm. */
const RENEW_AFTER = 1 / 3;
/** A refusal that repeats is told once in this time, in milliseconds. */
const REMIND_MS = 60_000;
const MAX_REFUSALS = 100;

/** Shards that register themselves: `POST /announce` with a token gives a lease, and what is not renewed is gone when it ends. */
export function announceProvider(options: AnnounceOptions, deps: AnnounceDeps): Provider {
  const { timers, logger, resolve = resolveBySystem } = deps;
  const leases = new Leases(options);
  const secret = digest(options.token);
  /** By name: who was refused it, and until when that is shown. */
  const refused = new Map<string, { readonly problem: string; readonly until: number }>();
  let emit: (definitions: readonly UpstreamDefinition[]) => void = () => undefined;
  let report: (report: ProviderReport) => void = () => undefined;
  let cancelExpiry = (): void => undefined;
  let warnedAt = -Infinity;

  function changed(): void {
    emit(leases.live.map(define));
    tell();
  }

  function tell(): void {
    for (const [name, { until }] of refused) if (until <= timers.now()) refused.delete(name);
    report({ problems: [...refused.values()].map(({ problem }) => problem) });
  }

  function awaitExpiry(): void {
    cancelExpiry();
    const next = leases.next;
    if (next === undefined) return;
    cancelExpiry = timers.after(Math.max(0, next - timers.now()), () => {
      const over = leases.expire(timers.now());
      for (const name of over) logger.warn({ upstream: name }, "lease ended: the shard did not announce itself again");
      if (over.length > 0) changed();
      awaitExpiry();
    });
  }

  function refuse(name: string, status: number, problem: string): Response {
    if (refused.has(name) || refused.size < MAX_REFUSALS) {
      refused.set(name, { problem: `${name}: ${problem}`, until: timers.now() + REMIND_MS });
      tell();
    }
    return answer(status, { error: problem });
  }

  async function take(announcement: Announcement, remoteAddress: string | undefined): Promise<Response> {
    const { name, url } = announcement;
    const problem = announcement.lease_s === 0 ? undefined : await problemOf(url, remoteAddress, resolve);
    if (problem !== undefined) return refuse(name, 422, `${url} cannot be used: ${problem}`);
    const taken = leases.take(announcement, timers.now());
    switch (taken.outcome) {
      case "taken": {
        const where = taken.by.announcement.url;
        return refuse(name, 409, `another shard at ${where} holds the name ${name}; it is free when that one stops`);
      }
      case "full":
        return refuse(
          name,
          503,
          `${options.max} shards are registered, and more are not taken; see providers.announce.max`,
        );
      case "unknown":
        return answer(200, { name, lease_s: 0, renew_s: 0 } satisfies Lease);
      case "withdrawn":
        logger.info({ upstream: name, url }, "announcement withdrawn");
        changed();
        awaitExpiry();
        return answer(200, { name, lease_s: 0, renew_s: 0 } satisfies Lease);
      default: {
        const { outcome, leaseMs } = taken;
        refused.delete(name);
        if (outcome !== "renewed") {
          logger.info({ upstream: name, url, outcome }, "announced");
          changed();
        }
        awaitExpiry();
        const seconds = leaseMs / 1_000;
        return answer(200, { name, lease_s: seconds, renew_s: seconds * RENEW_AFTER } satisfies Lease);
      }
    }
  }

  return {
    name: "announce",
    async watch(emitTo, signal, reportTo) {
      [emit, report] = [emitTo, reportTo];
      emit([]);
      signal.addEventListener("abort", () => cancelExpiry());
    },
    endpoint: {
      path: "/announce",
      async fetch(request, remoteAddress) {
        if (request.method !== "POST") return answer(405, { error: "Announce with POST" }, { allow: "POST" });
        if (!isAllowed(request, secret)) {
          if (timers.now() - warnedAt > REMIND_MS) {
            warnedAt = timers.now();
            logger.warn({ from: remoteAddress }, "announcement without the right token");
          }
          const error =
            "The token is not the gateway's: set GATEWAY_TOKEN to providers.announce.token of its configuration";
          return answer(401, { error }, { "www-authenticate": "Bearer" });
        }
        const body = await readBody(request);
        if (body === undefined) return answer(413, { error: "An announcement is smaller than 16 KiB" });
        const parsed = announcementSchema.safeParse(json(body));
        if (!parsed.success) {
          const issues = parsed.error.issues.map(
            ({ path, message }) => `${path.join(".") || "announcement"}: ${message}`,
          );
          return answer(400, { error: issues.join("; ") });
        }
        return take(parsed.data, remoteAddress);
      },
    },
  };
}

function define({ name, url }: Announcement): UpstreamDefinition {
  const { origin } = new URL(url);
  return { id: name, name, options: learnedOptionsSchema.parse({ kind: "shard", url: origin }), learned: true };
}

/** Why the gateway must not call an address somebody announced; undefined where it may. */
async function problemOf(
  url: string,
  remoteAddress: string | undefined,
  resolve: (host: string) => Promise<readonly string[]>,
): Promise<string | undefined> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  let addresses: readonly string[];
  try {
    addresses = isIP(host) > 0 ? [host] : await resolve(host);
  } catch (error) {
    const code = (error as { code?: string }).code ?? (error as Error).message;
    return `the gateway cannot resolve ${host} (${code}); announce an address that it knows (ANNOUNCE_URL)`;
  }
  for (const address of addresses) {
    const reason = refuseAddress(address);
    if (reason !== undefined) return `${address} ${reason}`;
    if (isLoopback(address) && remoteAddress !== undefined && !isLoopback(remoteAddress)) {
      return `${address} is the gateway's own machine, and the announcement came from another; announce an address that the gateway reaches (ANNOUNCE_URL)`;
    }
  }
  return undefined;
}

const resolveBySystem = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** Compares digests, so that how long it takes tells nothing of the token. */
function isAllowed(request: Request, secret: Buffer): boolean {
  const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  return given !== undefined && timingSafeEqual(digest(given), secret);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function answer(status: number, body: object, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store", ...headers } });
}
