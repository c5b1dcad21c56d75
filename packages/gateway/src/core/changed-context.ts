import type { ExchangeContext } from "@shardgate/mcp-wire";

/** The same context but for `changes`. (A spread would lose what a class has by getters.) */
export function changedContext(context: ExchangeContext, changes: Partial<ExchangeContext>): ExchangeContext {
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
    notify: (message) => context.notify(message),
    request: (message) => context.request(message),
    large: context.large,
    push: context.push,
    ...changes,
  };
}
