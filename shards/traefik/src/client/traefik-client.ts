import { readLimited, ToolError } from "@shardgate/shard-sdk";
import { z } from "zod";
import {
  certificateSchema,
  entryPointSchema,
  itemSchema,
  rawDataSchema,
  versionSchema,
  type ApiCertificate,
  type ApiItem,
  type ApiVersion,
  type OwnProvider,
  type Protocol,
  type Running,
  type SectionName,
} from "./api-types.ts";

/** Asks Traefik's API; nothing else in the shard knows its paths and shapes. */
export interface TraefikClient {
  version(signal?: AbortSignal): Promise<ApiVersion>;
  /** Routers, services, middlewares and entrypoints; the former three are one consistent snapshot. */
  running(signal?: AbortSignal): Promise<Running>;
  /** One router, service or middleware by its qualified name; undefined when Traefik has none of that name. */
  item(protocol: Protocol, section: SectionName, name: string, signal?: AbortSignal): Promise<ApiItem | undefined>;
  /** Certificates in Traefik's default store; undefined below 3.7, which does not tell. */
  certificates(signal?: AbortSignal): Promise<readonly ApiCertificate[] | undefined>;
  /** Routers whose name or rule contains a text, by qualified name. */
  searchRouters(protocol: Protocol, text: string, signal?: AbortSignal): Promise<ReadonlyMap<string, ApiItem>>;
}

/** How to reach the API. */
export interface TraefikClientOptions {
  /** Base URL; `/api/...` is appended. */
  readonly baseUrl: string;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** The provider that our own routes come from. */
  readonly provider: OwnProvider;
}

/** Longest wait for one answer, in ms, and its largest size in bytes (10,000 routes take about 10 MB). */
const TIMEOUT = 5000;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * A client of Traefik's API, versions 3.x. Answers are read leniently: what is missing or odd becomes empty.
 * Every method throws a ToolError that says what went wrong and what to do.
 */
export function createTraefikClient({ baseUrl, fetch, user, password, provider }: TraefikClientOptions): TraefikClient {
  const base = baseUrl.replace(/\/+$/, "");
  const headers: Record<string, string> = { accept: "application/json" };
  if (user !== undefined) headers["authorization"] = `Basic ${btoa(`${user}:${password ?? ""}`)}`;

  async function get<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
    const found = await find(path, schema, signal);
    if (found !== undefined) return found;
    throw new ToolError(`Traefik's API answered 404 to ${path}.`, {
      next: "Check that TRAEFIK_API_URL points to Traefik's API, version 3, without /api or /dashboard at its end.",
    });
  }

  /** Undefined when the API says 404. */
  async function find<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T | undefined> {
    const limit = AbortSignal.timeout(TIMEOUT);
    const request = new Request(`${base}${path}`, {
      headers,
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    let response: Response;
    let body: string;
    try {
      response = await fetch(request);
      body = await readLimited(response, MAX_BYTES);
    } catch (error) {
      signal?.throwIfAborted();
      throw new ToolError(`Traefik's API does not answer at ${base}: ${reason(error)}.`, {
        next: "Check that Traefik runs, that its API is on (api.insecure or a router to api@internal) and that TRAEFIK_API_URL is right.",
        cause: error,
      });
    }
    if (response.ok) return parse(body, schema, `${base}${path}`);
    if (response.status === 401 || response.status === 403) {
      throw new ToolError(`Traefik's API refuses us (status ${response.status}).`, {
        next: "Set TRAEFIK_API_USER and TRAEFIK_API_PASSWORD.",
      });
    }
    if (response.status === 404) return undefined;
    throw new ToolError(`Traefik's API answered ${response.status} to ${path}.`, { next: "Look into Traefik's log." });
  }

  return {
    item: (protocol, section, name, signal) =>
      find(`/api/${protocol}/${section}/${encodeURIComponent(name)}`, itemSchema, signal),
    certificates: (signal) => find("/api/certificates?per_page=10000", z.array(certificateSchema), signal),
    async searchRouters(protocol, text, signal) {
      const path = `/api/${protocol}/routers?per_page=10000&search=${encodeURIComponent(text)}`;
      const list = await get(path, z.array(itemSchema), signal);
      return new Map(list.map((item) => [String(item["name"]), item]));
    },
    version: (signal) => get("/api/version", versionSchema, signal),
    async running(signal) {
      const [version, raw, entryPoints] = await Promise.all([
        get("/api/version", versionSchema, signal),
        get("/api/rawdata", rawDataSchema, signal),
        get("/api/entrypoints?per_page=10000", z.array(entryPointSchema), signal),
      ]);
      return {
        version: version.Version,
        provider,
        entryPoints,
        http: { routers: raw.routers, services: raw.services, middlewares: raw.middlewares },
        tcp: { routers: raw.tcpRouters, services: raw.tcpServices, middlewares: raw.tcpMiddlewares },
        udp: { routers: raw.udpRouters, services: raw.udpServices, middlewares: {} },
      };
    },
  };
}

function parse<T>(body: string, schema: z.ZodType<T>, url: string): T {
  try {
    return schema.parse(JSON.parse(body, keepWide as (key: string, value: unknown) => unknown));
  } catch (error) {
    throw new ToolError(`What answers at ${url} is not Traefik's API.`, {
      next: "Check TRAEFIK_API_URL.",
      cause: error,
    });
  }
}

/** Integers beyond 2^53 (the priorities of Traefik's own routers) stay as they are written. */
function keepWide(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  return typeof value === "number" &&
    !Number.isSafeInteger(value) &&
    context.source !== undefined &&
    /^-?\d+$/.test(context.source)
    ? context.source
    : value;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  if (error.name === "TimeoutError") return `no answer within ${TIMEOUT / 1000} s`;
  return typeof code === "string" ? `${error.message} (${code})` : error.message;
}
