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
import type { Gateway, OtherList } from "../../gateway.ts";
import { quietContext } from "./quiet-context.ts";
import { wholeResult } from "./whole-result.ts";

const FRONT = "mcp";

/** All upstreams as one server, under qualified names. */
export function aggregateEndpoint(gateway: Gateway): Endpoint {
  return {
    describe: () => gateway.describeAll(),
    exchange: (message, context) =>
      message.method === "tools/call" ? callTool(gateway, message, context) : askAll(gateway, message, context),
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
    exchange: (message, context) =>
      message.method === "tools/call"
        ? callTool(gateway, message, context, name)
        : askOne(gateway, message, context, name),
    notify: (message, context) => gateway.notify(name, message, context),
    watchResources: (uris, onUpdated) => gateway.watchResources(uris, onUpdated, name),
    onListChanged: (listener) =>
      gateway.onListChanged((changed, upstreams) => {
        if (upstreams.has(name)) listener(changed);
      }),
  };
}

/**
 * A tool of all upstreams by its qualified name, or of one by its own; in the shape that Open WebUI needs where it asks. The
 * one async step between a front's server and the gateway: each further one would cost every call.
 */
async function callTool(
  gateway: Gateway,
  message: Message,
  context: ExchangeContext,
  upstream?: string,
): Promise<Message> {
  const isUi = isOpenWebUi(context.headers);
  const to = isUi ? quietContext(context) : context;
  try {
    const response = await (upstream === undefined
      ? gateway.callTool(message, to, FRONT)
      : gateway.relay(upstream, message, to, FRONT));
    return isUi ? wholeResult(response, context.era) : response;
  } catch (error) {
    return failure(error, message, context);
  }
}

/** Everything else that all upstreams are asked. */
async function askAll(gateway: Gateway, message: Message, context: ExchangeContext): Promise<Message> {
  const { method } = message;
  if (isList(method)) return list(gateway, method, message, context);
  try {
    if (method !== "logging/setLevel" || context.era !== "legacy")
      return await gateway.request(message, context, FRONT);
    await gateway.setLevel(message, context, FRONT);
    return Message.result(message.id as string, "{}");
  } catch (error) {
    return failure(error, message, context);
  }
}

/** Everything else that one upstream is asked. */
async function askOne(
  gateway: Gateway,
  message: Message,
  context: ExchangeContext,
  upstream: string,
): Promise<Message> {
  const { method } = message;
  if (isList(method) && declares(gateway, upstream, method)) return list(gateway, method, message, context, upstream);
  try {
    return await gateway.relay(upstream, message, context, FRONT);
  } catch (error) {
    return failure(error, message, context);
  }
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
  const items = kind === "tools" ? gateway.listTools(context, upstream) : gateway.list(kind, upstream);
  const head = context.era === "modern" ? MODERN_HEAD : "{";
  return Message.result(message.id as string, Buffer.concat([Buffer.from(`${head}"${member}":`), items, CLOSE]));
}

const MODERN_HEAD = `{"resultType":"complete","ttlMs":${LIST_TTL_MS},"cacheScope":"private",`;
const CLOSE = Buffer.from("}");

/** What a resource that nobody has was called before 2026-07-28 (2025-11-25 server/resources, "Error Handling"). */
const LEGACY_RESOURCE_NOT_FOUND = -32002;

/** A failure of the gateway's as a JSON-RPC error. @throws any other error, as it is */
function failure(error: unknown, message: Message, context: ExchangeContext): Message {
  if (!(error instanceof GatewayError)) throw error;
  const isLegacyCode = error.kind === "unknown_resource" && context.era === "legacy";
  const code = isLegacyCode ? LEGACY_RESOURCE_NOT_FOUND : error.code;
  return Message.error(message.id, { code, message: error.message, data: error.data });
}
