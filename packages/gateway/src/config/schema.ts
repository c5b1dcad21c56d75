import { upstreamNameSchema } from "@shardgate/contract";
import * as z from "zod";
import { type UpstreamDefinition, upstreamOptionsSchema } from "../upstreams/index.ts";

/** `gateway.yaml`. Unknown keys are errors, every key has a default. */
export const configSchema = z.strictObject({
  listen: z
    .strictObject({
      /** Address to listen on. Loopback unless told otherwise. */
      host: z.string().min(1).default("127.0.0.1"),
      port: z.int().min(0).max(65535).default(9100),
      /** Further names under which the gateway is reached, for the check of the Host header. */
      allowed_hosts: z.array(z.string()).default([]),
      /** Origins of web pages that may call it, such as `https://chat.example.com`. */
      allowed_origins: z.array(z.string()).default([]),
    })
    .prefault({}),
  upstreams: z.record(upstreamNameSchema, upstreamOptionsSchema).default({}),
});

export interface GatewayConfig {
  readonly listen: z.output<typeof configSchema>["listen"];
  readonly upstreams: readonly UpstreamDefinition[];
}

/** Configuration without a file. */
export const DEFAULT_CONFIG: GatewayConfig = toConfig(configSchema.parse({}));

export function toConfig({ listen, upstreams }: z.output<typeof configSchema>): GatewayConfig {
  const definitions = Object.entries(upstreams).map(([name, options]) => ({ id: name, name, options }));
  return { listen, upstreams: definitions };
}
