import { upstreamNameSchema } from "@shardgate/contract";
import { isIP } from "node:net";
import * as z from "zod";
import { durationSchema } from "../../config/duration.ts";
import { httpDefinitionShape } from "../../upstreams/definition.ts";

const hostSchema = z
  .string()
  .max(253)
  .regex(
    /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?$/,
    "is no DNS name",
  );

/** `1.2.3.4`, `1.2.3.4:5353`, `::1` or `[::1]:5353`. */
const serverSchema = z
  .string()
  .refine(
    (text) => isIP(text) > 0 || isIP(/^\[?(.*?)\]?:\d{1,5}$/.exec(text)?.[1] ?? "") > 0,
    "must be an address, perhaps with a port",
  );

/** One of `providers.dns`: upstreams from SRV records, or from the addresses of a name. */
export const dnsEntrySchema = z
  .strictObject({
    /** Name with SRV records, `_mcp._tcp.house.lan`: each is an upstream; with a `name`, all together are one. */
    srv: hostSchema.optional(),
    /** Name with A or AAAA records: each address is an upstream; with a `name`, all together are one. */
    host: hostSchema.optional(),
    /** Port at the addresses of `host`. */
    port: z.int().min(1).max(65_535).optional(),
    name: upstreamNameSchema.optional(),
    kind: z.enum(["shard", "mcp-http", "sse"]).default("shard"),
    scheme: z.enum(["http", "https"]).default("http"),
    /** Where the endpoint is; a shard says that itself. Default: /mcp, or /sse. */
    path: z.string().regex(/^\//, "must begin with /").optional(),
    headers: httpDefinitionShape.headers,
    timeout: httpDefinitionShape.timeout,
    /** Resolvers to ask; the machine's own unless said. */
    servers: z.array(serverSchema).max(5).default([]),
    /** How long the last good answer counts while there is no new one. */
    grace: durationSchema.prefault("2m"),
  })
  .refine(({ srv, host }) => (srv === undefined) !== (host === undefined), "says either srv or host")
  .refine(({ host, port }) => (host === undefined) === (port === undefined), "says a port with host, and none with srv")
  .refine(({ kind, path }) => kind !== "shard" || path === undefined, "says no path for a shard");

export const dnsSchema = z.array(dnsEntrySchema).max(50);

export type DnsEntry = z.output<typeof dnsEntrySchema>;
