import { Cancellation, type ExchangeContext, type HttpReply, LATEST_MODERN, modernRequest } from "@shardgate/mcp-wire";
import { GatewayError } from "../../core/errors.ts";
import type { Gateway } from "../../gateway.ts";

const CLIENT_INFO = { name: "shardgate-dashboard", version: "1" };

/** A tool's result, or why there is none. */
export type Tried = Readonly<Record<string, unknown>> | { readonly error: string };

/** Calls a tool for a person at the dashboard; leaving the page cancels it. */
export async function tryTool(gateway: Gateway, name: string, args: object, reply: HttpReply): Promise<Tried> {
  const cancellation = new Cancellation();
  reply.onGone(() => cancellation.cancel(new Error("the page was left")));
  const message = modernRequest(1, "tools/call", { name, arguments: args }, CLIENT_INFO);
  const context: ExchangeContext = {
    era: "modern",
    version: LATEST_MODERN,
    session: undefined,
    client: { clientInfo: CLIENT_INFO, capabilities: {} },
    cancellation,
    paramHeaders: [],
    notify: () => undefined,
    request: () => Promise.reject(new Error("the dashboard cannot answer questions")),
  };
  try {
    const response = await gateway.callTool(message, context, "dashboard");
    const outcome = JSON.parse(response.outcome.toString()) as Record<string, unknown>;
    return response.isError ? { error: `${String(outcome["message"])} (code ${String(outcome["code"])})` } : outcome;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { error: `${error.message} (${error.kind}, request ${error.requestId ?? "unknown"})` };
  }
}
