import { type Endpoint, type ExchangeContext, LIST_TTL_MS, Message, RpcCode, WireError } from "@shardgate/mcp-wire";
import { GatewayError } from "../../core/errors.ts";
import type { Gateway } from "../../gateway.ts";

const FRONT = "mcp";

/** All upstreams as one server, under qualified names. */
export function aggregateEndpoint(gateway: Gateway, version: string): Endpoint {
  const description = {
    serverInfo: JSON.stringify({ name: "shardgate", title: "Shardgate", version }),
    capabilities: '{"tools":{"listChanged":true}}',
    instructions: undefined,
  };
  return {
    describe: () => description,
    async exchange(message, context) {
      if (message.method === "tools/call") return await answer(message, gateway.callTool(message, context, FRONT));
      if (message.method === "tools/list") return toolList(message, context, gateway.listTools(context.era));
      throw new WireError(RpcCode.methodNotFound, `Method not found: ${message.method}`);
    },
    // Nothing a client tells all upstreams at once concerns one of them.
    notify: () => undefined,
    onListChanged: (listener) => gateway.onToolsChanged(() => listener("tools")),
  };
}

/** One upstream as if the client spoke to it: its own names, its own words about itself, every method. */
export function upstreamEndpoint(gateway: Gateway, name: string): Endpoint {
  const unreached = {
    serverInfo: JSON.stringify({ name, version: "0" }),
    capabilities: '{"tools":{}}',
    instructions: undefined,
  };
  return {
    describe: () => gateway.describe(name) ?? unreached,
    async exchange(message, context) {
      if (message.method === "tools/list" && gateway.describe(name) !== undefined) {
        return toolList(message, context, gateway.listTools(context.era, name));
      }
      return await answer(message, gateway.relay(name, message, context, FRONT));
    },
    notify: (message, context) => gateway.notify(name, message, context),
    onListChanged: (listener) =>
      gateway.onToolsChanged((upstreams) => {
        if (upstreams.has(name)) listener("tools");
      }),
  };
}

/** The whole list on one page, from memory; the modern era wants to know how long it may be kept, and for whom. */
function toolList(message: Message, context: ExchangeContext, tools: Buffer): Message {
  const head = context.era === "modern" ? MODERN_HEAD : LEGACY_HEAD;
  return Message.result(message.id as string, Buffer.concat([head, tools, CLOSE]));
}

const LEGACY_HEAD = Buffer.from('{"tools":');
const MODERN_HEAD = Buffer.from(`{"resultType":"complete","ttlMs":${LIST_TTL_MS},"cacheScope":"private","tools":`);
const CLOSE = Buffer.from("}");

/**
 * Where a failure of the gateway's becomes a JSON-RPC error. (On the path of a call, an `async` function awaits what it
 * returns: handing a promise on unawaited costs two more turns of the queue.)
 */
async function answer(message: Message, call: Promise<Message>): Promise<Message> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return Message.error(message.id, error);
  }
}
