import { UpstreamError } from "@shardgate/mcp-wire";
import type { Upstream } from "./upstream.ts";

/** Stands for a kind that can be configured but not spoken to yet: always down, with that as its reason. */
export function notBuilt(kind: string): Upstream {
  const reason = () =>
    new UpstreamError("unavailable", `upstreams of the kind ${kind} are not built yet`, { sent: false });
  const refuse = () => Promise.reject(reason());
  return {
    connect: refuse,
    check: refuse,
    readLists: refuse,
    exchange: refuse,
    notify: () => undefined,
    watchResources: refuse,
    watch: () => undefined,
    close: async () => undefined,
  };
}
