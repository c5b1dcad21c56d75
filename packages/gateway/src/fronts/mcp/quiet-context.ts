import type { ExchangeContext } from "@shardgate/mcp-wire";
import { changedContext } from "../../core/changed-context.ts";

/**
 * The same context without notifications, which Open WebUI has no use for (openwebui §1.3): in the modern era, where
 * nothing else comes before an answer, that keeps it plain JSON, since it takes no event of more than 1 MiB.
 */
export function quietContext(context: ExchangeContext): ExchangeContext {
  return context.era === "legacy" ? context : changedContext(context, { notify: () => undefined });
}
