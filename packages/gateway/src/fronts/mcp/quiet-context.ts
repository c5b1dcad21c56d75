import type { ExchangeContext } from "@shardgate/mcp-wire";

/**
 * The same context without notifications, which Open WebUI has no use for (openwebui §1.3): in the modern era, where
 * nothing else comes before an answer, that keeps it plain JSON, since it takes no event of more than 1 MiB.
 */
export function quietContext(context: ExchangeContext): ExchangeContext {
  if (context.era === "legacy") return context;
  return {
    era: context.era,
    version: context.version,
    session: context.session,
    client: context.client,
    cancellation: context.cancellation,
    requestId: context.requestId,
    paramHeaders: context.paramHeaders,
    headers: context.headers,
    passedHeaders: context.passedHeaders,
    notify: () => undefined,
    request: (message) => context.request(message),
    large: context.large,
    push: context.push,
  };
}
