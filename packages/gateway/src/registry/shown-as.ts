import { toUpstreamName } from "@shardgate/contract";
import type { UpstreamDefinition, UpstreamOptions } from "../upstreams/index.ts";

/** What to call an upstream that has no name yet, from its address: `http://traefik-shard:9101` → `traefik-shard`. */
export function provisionalName({ name, options }: UpstreamDefinition): string {
  if (name !== undefined) return name;
  if (!("url" in options)) return toUpstreamName(options.command);
  const { hostname, port } = new URL(options.url);
  const isAddress = hostname === "localhost" || /^[\d.]+$|^\[/.test(hostname);
  return toUpstreamName(isAddress ? `${hostname}-${port}` : hostname);
}

/** An address without what may be secret in it: credentials and query; undefined for a program. */
export function publicUrl(options: UpstreamOptions): string | undefined {
  if (!("url" in options)) return undefined;
  const { origin, pathname } = new URL(options.url);
  return pathname === "/" ? origin : origin + pathname;
}
