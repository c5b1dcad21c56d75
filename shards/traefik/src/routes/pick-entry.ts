import { ToolError } from "@shardgate/shard-sdk";
import { nearest } from "@shardgate/traefik-sim/config";
import type { ApiEntryPoint, Running } from "../client/api-types.ts";
import { portOf } from "./backends.ts";

/** What was wished for; all of it may be left open. */
export interface EntryWish {
  readonly entrypoints?: readonly string[] | undefined;
  readonly tls: "auto" | "on" | "off";
  readonly cert_resolver?: string | undefined;
  readonly defaultEntryPoint?: string | undefined;
  readonly defaultResolver?: string | undefined;
}

/** What was chosen, with one sentence for each choice. */
export interface Entry {
  readonly entryPoints: readonly string[];
  /** The router's own TLS part; undefined when it has none (plain HTTP, or the entrypoint brings TLS). */
  readonly tls: { readonly certResolver?: string } | undefined;
  /** Whether requests reach the route over TLS. */
  readonly encrypted: boolean;
  readonly picked: readonly string[];
  readonly warnings: readonly string[];
}

/** Entrypoints that HTTP routers can use, without the API's own. */
export function httpEntryPoints(running: Running): ApiEntryPoint[] {
  return running.entryPoints.filter(({ name, address }) => name !== "traefik" && !address.endsWith("/udp"));
}

/**
 * Chooses entrypoint and certificate resolver from what the running Traefik has.
 *
 * @throws ToolError when a wished one does not exist, or none can be chosen
 */
export function pickEntry(running: Running, wish: EntryWish): Entry {
  const known = httpEntryPoints(running);
  const picked: string[] = [];
  const names = wish.entrypoints?.length ? wish.entrypoints : [choose(known, wish, picked)];
  const chosen = names.map((name) => require(known, name));
  const modelled = chosen.filter(({ http }) => http.tls !== undefined);
  if (wish.tls === "off" && modelled.length > 0) {
    throw new ToolError(`\`tls\`: entrypoint ${modelled[0]?.name} always uses TLS.`, {
      next: `Leave tls out, or name an entrypoint without it: ${plainNames(known)}.`,
    });
  }
  const encrypted =
    wish.tls === "on" ||
    wish.cert_resolver !== undefined ||
    modelled.length > 0 ||
    (wish.tls === "auto" && chosen.every(looksEncrypted));
  if (!encrypted)
    return {
      entryPoints: names,
      tls: undefined,
      encrypted,
      picked,
      warnings: ["Requests travel unencrypted on this entrypoint."],
    };
  if (wish.cert_resolver === undefined && modelled.length === chosen.length) {
    picked.push(`TLS comes from entrypoint ${modelled.map(({ name }) => name).join(", ")}`);
    return { entryPoints: names, tls: undefined, encrypted, picked, warnings: [] };
  }
  return { entryPoints: names, encrypted, picked, ...resolver(running, wish, picked) };
}

function require(known: readonly ApiEntryPoint[], name: string): ApiEntryPoint {
  const found = known.find((entryPoint) => entryPoint.name === name);
  if (found !== undefined) return found;
  const names = known.map((entryPoint) => entryPoint.name);
  const close = nearest(name, names);
  throw new ToolError(`\`entrypoints\`: Traefik has no entrypoint ${JSON.stringify(name)} for this.`, {
    next: `${close === undefined ? "" : `Did you mean ${close}? `}It has: ${names.join(", ") || "none"}.`,
  });
}

function choose(known: readonly ApiEntryPoint[], wish: EntryWish, picked: string[]): string {
  const say = (name: string, why: string): string => {
    picked.push(`entrypoint ${name} (${why})`);
    return name;
  };
  if (wish.defaultEntryPoint !== undefined)
    return say(require(known, wish.defaultEntryPoint).name, "the operator's default");
  const encrypted = known.filter(looksEncrypted);
  const plain = known.filter((entryPoint) => !looksEncrypted(entryPoint));
  const candidates = wish.tls === "off" ? plain : [...encrypted, ...(wish.tls === "on" ? [] : plain)];
  const marked = candidates.find(({ asDefault }) => asDefault);
  if (marked !== undefined) return say(marked.name, "marked as default in Traefik");
  const usual = candidates.find(
    ({ name, address }) => ["websecure", "https", "web", "http"].includes(name) || [443, 80].includes(portOf(address)),
  );
  if (usual !== undefined) return say(usual.name, looksEncrypted(usual) ? "the one for HTTPS" : "the one for HTTP");
  if (candidates.length === 1) return say((candidates[0] as ApiEntryPoint).name, "the only one");
  throw new ToolError("`entrypoints`: no entrypoint can be chosen with certainty.", {
    next: `Name one of: ${known.map(({ name }) => name).join(", ") || "none exists"}.`,
  });
}

function resolver(running: Running, wish: EntryWish, picked: string[]): Pick<Entry, "tls" | "warnings"> {
  const known = knownResolvers(running);
  if (wish.cert_resolver !== undefined) {
    const unknown = known.length > 0 && !known.includes(wish.cert_resolver);
    const warnings = unknown
      ? [
          `No other route uses the certificate resolver ${wish.cert_resolver} (in use: ${known.join(", ")}). If it does not exist, Traefik serves its default certificate and only logs it.`,
        ]
      : [];
    return { tls: { certResolver: wish.cert_resolver }, warnings };
  }
  const chosen = wish.defaultResolver ?? known[0];
  if (chosen === undefined) {
    return {
      tls: {},
      warnings: [
        "No certificate resolver is in use anywhere: unless a certificate for this host is installed, browsers will warn. Give cert_resolver if there is one.",
      ],
    };
  }
  picked.push(
    `certificate resolver ${chosen} (${wish.defaultResolver === undefined ? "as other routes use it" : "the operator's default"})`,
  );
  return { tls: { certResolver: chosen }, warnings: [] };
}

/** Certificate resolvers in use, the most used first; Traefik tells nowhere which exist. */
export function knownResolvers(running: Running): string[] {
  const used = [
    ...Object.values(running.http.routers).map(({ tls }) => tls?.["certResolver"]),
    ...Object.values(running.tcp.routers).map(({ tls }) => tls?.["certResolver"]),
    ...running.entryPoints.map(({ http }) => http.tls?.["certResolver"]),
  ].filter((name): name is string => typeof name === "string" && name !== "");
  const count = (name: string) => used.filter((one) => one === name).length;
  return [...new Set(used)].toSorted((a, b) => count(b) - count(a) || (a < b ? -1 : 1));
}

function looksEncrypted({ name, address, http }: ApiEntryPoint): boolean {
  return http.tls !== undefined || /^(websecure|https)/i.test(name) || [443, 8443].includes(portOf(address));
}

function plainNames(known: readonly ApiEntryPoint[]): string {
  return (
    known
      .filter(({ http }) => http.tls === undefined)
      .map(({ name }) => name)
      .join(", ") || "there is none"
  );
}
