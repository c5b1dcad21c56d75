import { ToolError } from "@shardgate/shard-sdk";
import type { Running } from "../client/api-types.ts";

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The name of our router for what a caller calls a route: `jellyfin`, `mcp-jellyfin`, `mcp-jellyfin@file` and `@http` are one.
 *
 * @throws ToolError when it cannot be a name
 */
export function routerName(wanted: string, prefix: string): string {
  const plain = wanted.trim().replace(/@(file|http)$/, "");
  const short = plain.startsWith(prefix) ? plain.slice(prefix.length) : plain;
  const name = `${prefix}${short}`;
  if (NAME.test(short) && name.length <= 63) return name;
  throw new ToolError(`\`name\`: ${JSON.stringify(wanted.slice(0, 80))} is no name for a route.`, {
    next: "Use 1 to 40 lower-case letters, digits and hyphens, such as jellyfin or home-assistant.",
  });
}

/** The provider in a qualified name: `docker` in `app@docker`. */
export function providerOf(qualified: string): string {
  return qualified.split("@").slice(1).join("@");
}

/** The name without its provider. */
export function baseOf(qualified: string): string {
  return qualified.split("@", 1)[0] as string;
}

/** How Traefik calls a router, service or middleware of ours: `app@file`, or `app@http` where it asks us. */
export function ownName(name: string, { provider }: Pick<Running, "provider">): string {
  return `${name}@${provider}`;
}
