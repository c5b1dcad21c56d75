import { z } from "zod";

// Traefik's API grows with its minor versions, so only what is used is named, and everything else passes.
const text = z.string().catch("");
const texts = z.array(z.string()).catch([]);
const object = z.record(z.string(), z.unknown());

export const versionSchema = z.looseObject({ Version: text, Codename: text, startDate: text });

export const routerSchema = z.looseObject({
  rule: text,
  service: text,
  entryPoints: texts,
  using: texts,
  middlewares: texts,
  /** 64 bits wide, so it is kept as a text. */
  priority: z.union([z.string(), z.number()]).transform(String).catch("0"),
  tls: object.optional().catch(undefined),
  status: text,
  error: texts,
});

export const serviceSchema = z.looseObject({
  status: text,
  error: texts,
  usedBy: texts,
  serverStatus: z.record(z.string(), z.string()).catch({}),
  loadBalancer: z
    .looseObject({
      servers: z.array(z.looseObject({ url: text, address: text })).catch([]),
      healthCheck: object.optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

export const middlewareSchema = z.looseObject({ status: text, error: texts, usedBy: texts });

export const entryPointSchema = z.looseObject({
  name: text,
  address: text,
  asDefault: z.boolean().catch(false),
  http: z
    .looseObject({
      tls: object.optional().catch(undefined),
      middlewares: texts,
      redirections: object.optional().catch(undefined),
    })
    .catch({ middlewares: [] }),
});

const map = <T extends z.ZodType>(schema: T) => z.record(z.string(), schema).catch({});

export const rawDataSchema = z.looseObject({
  routers: map(routerSchema),
  services: map(serviceSchema),
  middlewares: map(middlewareSchema),
  tcpRouters: map(routerSchema),
  tcpServices: map(serviceSchema),
  tcpMiddlewares: map(middlewareSchema),
  udpRouters: map(routerSchema),
  udpServices: map(serviceSchema),
});

export const certificateSchema = z.looseObject({
  commonName: text,
  sans: texts,
  issuerCN: text,
  issuerOrg: text,
  notAfter: text,
});

export type ApiCertificate = z.output<typeof certificateSchema>;

/** Any router, service or middleware as a single-item endpoint shows it. */
export const itemSchema = z.record(z.string(), z.unknown());

export type ApiItem = z.output<typeof itemSchema>;
export type SectionName = "routers" | "services" | "middlewares";
export type Protocol = "http" | "tcp" | "udp";
export type ApiRouter = z.output<typeof routerSchema>;
export type ApiService = z.output<typeof serviceSchema>;
export type ApiMiddleware = z.output<typeof middlewareSchema>;
export type ApiEntryPoint = z.output<typeof entryPointSchema>;
/** How Traefik gets our routes: from files, or by asking us. */
export type OwnProvider = "file" | "http";
export type ApiVersion = z.output<typeof versionSchema>;

/** The running configuration of one protocol; names are qualified (`app@docker`). */
export interface Section {
  readonly routers: Readonly<Record<string, ApiRouter>>;
  readonly services: Readonly<Record<string, ApiService>>;
  readonly middlewares: Readonly<Record<string, ApiMiddleware>>;
}

/** All that runs, read at one moment. */
export interface Running extends Readonly<Record<Protocol, Section>> {
  readonly version: string;
  /** The provider that our own routes come from: `app` is `app@file` or `app@http`. */
  readonly provider: OwnProvider;
  readonly entryPoints: readonly ApiEntryPoint[];
}
