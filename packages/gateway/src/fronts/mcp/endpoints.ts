import {
  type Endpoint,
  type ExchangeContext,
  LIST_TTL_MS,
  type ListKind,
  memberOf,
  Message,
  RpcCode,
  WireError,
} from "@shardgate/mcp-wire";
import { GatewayError } from "../../core/errors.ts";
import { isOpenWebUi } from "../../core/open-webui.ts";
import { readerOf } from "../../core/tool-lists.ts";
import type { Gateway, OtherList } from "../../gateway.ts";
import { quietContext } from "./quiet-context.ts";
import { wholeResult } from "./whole-result.ts";

const FRONT = "mcp";

/** All upstreams as one server, under qualified names. */
export function aggregateEndpoint(gateway: Gateway): Endpoint {
  return {
    describe: () => gateway.describeAll(),
    async exchange(message, context) {
      const { method } = message;
      if (method === "tools/call") return await result(message, context, (to) => gateway.callTool(message, to, FRONT));
      if (isList(method)) return list(gateway, method, message, context);
      if (method === "logging/setLevel" && context.era === "legacy") {
        await gateway.setLevel(message, context, FRONT);
        return Message.result(message.id as string, "{}");
      }
      return await answer(message, context, gateway.request(message, context, FRONT));
    },
    notify(message, context) {
      // Of what a client tells, only this concerns every upstream.
      if (message.method === "notifications/roots/list_changed") gateway.notify(undefined, message, context);
    },
    watchResources: (uris, onUpdated) => gateway.watchResources(uris, onUpdated),
    onListChanged: (listener) => gateway.onListChanged((changed) => listener(changed)),
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
      const { method } = message;
      if (isList(method) && declares(gateway, name, method)) return list(gateway, method, message, context, name);
      const relay = (to: ExchangeContext) => gateway.relay(name, message, to, FRONT);
      if (method === "tools/call") return await result(message, context, relay);
      return await answer(message, context, relay(context));
    },
    notify: (message, context) => gateway.notify(name, message, context),
    watchResources: (uris, onUpdated) => gateway.watchResources(uris, onUpdated, name),
    onListChanged: (listener) =>
      gateway.onListChanged((changed, upstreams) => {
        if (upstreams.has(name)) listener(changed);
      }),
  };
}

/** Methods that are answered from memory: the member their list is in, which it is, and the capability it needs. */
const LISTS = {
  "tools/list": { member: "tools", list: "tools", capability: "tools" },
  "prompts/list": { member: "prompts", list: "prompts", capability: "prompts" },
  "resources/list": { member: "resources", list: "resources", capability: "resources" },
  "resources/templates/list": { member: "resourceTemplates", list: "templates", capability: "resources" },
} as const satisfies Record<string, { member: string; list: OtherList | "tools"; capability: ListKind }>;

type ListMethod = keyof typeof LISTS;

function isList(method: string): method is ListMethod {
  return Object.hasOwn(LISTS, method);
}

/** What an upstream does not say it has, it is asked for itself. */
function declares(gateway: Gateway, upstream: string, method: ListMethod): boolean {
  const description = gateway.describe(upstream);
  if (description === undefined) return false;
  return memberOf(Buffer.from(description.capabilities), LISTS[method].capability) !== undefined;
}

/**
 * The whole list on one page, from memory; the modern era wants to know how long it may be kept, and for whom.
 *
 * @throws WireError `-32602` for a cursor, since no page of ours gave one
 */
function list(
  gateway: Gateway,
  method: ListMethod,
  message: Message,
  context: ExchangeContext,
  upstream?: string,
): Message {
  const params = message.paramsBytes;
  if (params !== undefined && memberOf(params, "cursor") !== undefined) {
    throw new WireError(RpcCode.invalidParams, `Invalid params: no page of ${method} has this cursor`);
  }
  const { member, list: kind } = LISTS[method];
  const items =
    kind === "tools" ? gateway.listTools(context.era, upstream, readerOf(context)) : gateway.list(kind, upstream);
  const head = context.era === "modern" ? MODERN_HEAD : "{";
  return Message.result(message.id as string, Buffer.concat([Buffer.from(`${head}"${member}":`), items, CLOSE]));
}

const MODERN_HEAD = `{"resultType":"complete","ttlMs":${LIST_TTL_MS},"cacheScope":"private",`;
const CLOSE = Buffer.from("}");

/** What a resource that nobody has was called before 2026-07-28 (2025-11-25 server/resources, "Error Handling"). */
const LEGACY_RESOURCE_NOT_FOUND = -32002;

/** What a tool gives, for clients that would not see all of it otherwise as they need it. */
async function result(message: Message, context: ExchangeContext, call: Call): Promise<Message> {
  if (!isOpenWebUi(context.headers)) return await answer(message, context, call(context));
  return wholeResult(await answer(message, context, call(quietContext(context))), context.era);
}

type Call = (context: ExchangeContext) => Promise<Message>;

/** Where a failure of the gateway's becomes a JSON-RPC error. */
async function answer(message: Message, context: ExchangeContext, call: Promise<Message>): Promise<Message> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const isLegacyCode = error.kind === "unknown_resource" && context.era === "legacy";
    const code = isLegacyCode ? LEGACY_RESOURCE_NOT_FOUND : error.code;
    return Message.error(message.id, { code, message: error.message, data: error.data });
  }
}
