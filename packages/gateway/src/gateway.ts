import { randomBytes } from "node:crypto";
import {
  type Era,
  type ExchangeContext,
  type ListKind,
  type Message,
  type ResourceWatch,
  type ServerDescription,
  UpstreamError,
} from "@shardgate/mcp-wire";
import type { Plans } from "./confirmation/plans.ts";
import { say } from "./confirmation/say.ts";
import { UNKNOWN_TOKEN } from "./confirmation/words.ts";
import { type About, describeAll } from "./core/aggregate-description.ts";
import { aim } from "./core/aim.ts";
import { Call, compose, type Interceptor, type Next } from "./core/call.ts";
import { CONFIRM_CALL, isConfirmation, tokenIn } from "./core/confirm-tool.ts";
import { GatewayError, type GatewayErrorKind } from "./core/errors.ts";
import { changedContext } from "./core/changed-context.ts";
import type { Catalog, Route } from "./core/catalog.ts";
import type { Logger } from "./core/logger.ts";
import type { OfferedTool } from "./core/offer.ts";
import type { Snapshot, Snapshots, UpstreamState } from "./core/snapshot.ts";
import { type Asker, ToolLists } from "./core/tool-lists.ts";
import { OPEN, type Visibility } from "./core/visibility.ts";
import type { CallStats } from "./metrics/call-stats.ts";
import type { Status } from "./status.ts";
import { listOf, logs, onListChanged, type OtherList, pushAs, watchResources } from "./gateway-lists.ts";

export type { OtherList };

/** All that a front may know of what is behind it. */
export interface Gateway {
  /** Names of the upstreams, in the order of their definitions. */
  upstreams(): Iterable<string>;
  hasUpstream(name: string): boolean;
  /** What all upstreams together can do. */
  describeAll(): ServerDescription;
  /** What one upstream says of itself; undefined while it was never reached. */
  describe(upstream: string): ServerDescription | undefined;
  /** The era an upstream is spoken to in; undefined while it was never reached. */
  eraOf(upstream: string): Era | undefined;
  /** Every tool by its qualified name, whoever may see it. */
  routes(): ReadonlyMap<string, Route>;
  /**
   * The tools that who asks may see, as a JSON array and as they need them: of one upstream under their own names, or of
   * all under qualified ones.
   */
  listTools(asker: Asker, upstream?: string): Buffer;
  /** The same of one upstream under their own names; one array for as long as nothing about them changes. */
  toolsOf(upstream: string): readonly OfferedTool[];
  /** The same of what else there is, which is worded alike in both eras. */
  list(list: OtherList, upstream?: string): Buffer;
  /**
   * Calls a tool by its qualified name, which is in `message`.
   *
   * @throws GatewayError
   */
  callTool(message: Message, context: ExchangeContext, front: string): Promise<Message>;
  /**
   * Passes a request of any method to one upstream as it is.
   *
   * @throws GatewayError
   */
  relay(upstream: string, message: Message, context: ExchangeContext, front: string): Promise<Message>;
  /**
   * Passes a request for a prompt, a resource or a completion to the upstream that has what it names.
   *
   * @throws GatewayError
   */
  request(message: Message, context: ExchangeContext, front: string): Promise<Message>;
  /** Sets the level of log messages at every upstream that has some; those that fail are left out, the log says why. */
  setLevel(message: Message, context: ExchangeContext, front: string): Promise<void>;
  /** Passes a notification to one upstream, or to all. */
  notify(upstream: string | undefined, message: Message, context: ExchangeContext): void;
  /** Tells of changes of resources: of one upstream, or of all under what they are called among all. */
  watchResources(uris: readonly string[], onUpdated: (uri: string) => void, upstream?: string): Promise<ResourceWatch>;
  /** Calls `listener` with a list and the names of upstreams whose list changed; returns the way to stop it. */
  onListChanged(listener: (list: ListKind, upstreams: ReadonlySet<string>) => void): () => void;
  /** Calls `listener` with the names of upstreams whose tools changed; returns the way to stop it. */
  onToolsChanged(listener: (upstreams: ReadonlySet<string>) => void): () => void;
  status(): Status;
  /** What is counted of the calls. */
  readonly calls: CallStats;
}

export interface GatewayDeps {
  readonly calls: CallStats;
  /** Calls that wait for a person's agreement, wherever they were planned. */
  readonly plans: Plans;
  /** What exists. */
  readonly registry: Snapshots;
  readonly status: () => Status;
  /** As it is now; nothing where it stands for all upstreams. */
  readonly about?: () => About;
  /** Who may see which tools; everybody all of them unless it is said. */
  readonly visibility?: Visibility;
  readonly interceptors: readonly Interceptor[];
  readonly logger: Logger;
  readonly version: string;
}

/** Joins registry and interceptors into what the fronts see. Each request reads one snapshot and goes to one upstream. */
export function createGateway({
  calls: callStats,
  plans,
  registry,
  status: reportStatus,
  about = () => ({}),
  visibility = OPEN,
  interceptors,
  logger,
  version,
}: GatewayDeps): Gateway {
  const run = compose(interceptors, exchange);
  // Unique over restarts, so that a request id found in a log means one call.
  const boot = randomBytes(4).toString("hex");
  let calls = 0;
  const nextRequestId = (): string => `${boot}-${(++calls).toString(36)}`;

  function dispatch(
    upstream: UpstreamState,
    message: Message,
    context: ExchangeContext,
    front: string,
  ): Promise<Message> {
    return run(new Call(nextRequestId(), front, upstream, message, context));
  }

  /** A call that was planned is confirmed where it goes to. */
  function confirmCall(message: Message, context: ExchangeContext, front: string): Promise<Message> {
    const upstream = registry.current.upstreams.get(plans.upstreamOf(tokenIn(message) ?? "") ?? "");
    if (upstream?.confirms !== undefined) return dispatch(upstream, message, context, front);
    const { method, name } = message;
    logger.info({ requestId: nextRequestId(), front, method, name, outcome: "tool_error" }, "call");
    return Promise.resolve(say(message, context.era, UNKNOWN_TOKEN, { isError: true }));
  }

  const toolLists = new ToolLists();
  let shown: { readonly snapshot: Snapshot; readonly description: ServerDescription } | undefined;
  function described(snapshot: Snapshot): ServerDescription {
    if (shown?.snapshot !== snapshot) shown = { snapshot, description: describeAll(snapshot, version, about()) };
    return shown.description;
  }

  return {
    calls: callStats,
    upstreams: () => registry.current.upstreams.keys(),
    hasUpstream: (name) => registry.current.upstreams.has(name),
    describeAll: () => described(registry.current),
    describe: (name) => registry.current.upstreams.get(name)?.description,
    eraOf: (name) => registry.current.upstreams.get(name)?.era,
    toolsOf: (upstream) => registry.current.catalog.toolsOf(upstream),
    routes: () => registry.current.catalog.routes,
    listTools(asker, upstream) {
      const snapshot = registry.current;
      const catalog = visibility.visible(snapshot.catalog, asker.headers);
      return toolLists.list({ snapshot, catalog, instructions: about().instructions, upstream }, asker);
    },
    list: (list, upstream) => listOf(registry.current, list, upstream),
    callTool(message, context, front) {
      const { catalog, upstreams } = registry.current;
      const { name } = message;
      const route = name === undefined ? undefined : catalog.routes.get(name);
      const upstream = route && upstreams.get(route.upstream);
      if (route === undefined || upstream === undefined) {
        if (name === CONFIRM_CALL) return confirmCall(message, context, front);
        const error = unknownTool(name);
        error.requestId = nextRequestId();
        logger.warn({ requestId: error.requestId, front, method: message.method, name, outcome: error.kind }, "call");
        return Promise.reject(error);
      }
      return dispatch(upstream, message.withName(route.nameJson), context, front);
    },
    relay(name, message, context, front) {
      const { catalog, upstreams } = registry.current;
      const upstream = upstreams.get(name);
      if (upstream === undefined) return Promise.reject(unknownUpstream(name));
      if (message.method === "tools/call") {
        const request = offered(catalog, upstream, message);
        if (request === undefined) return Promise.reject(unknownTool(message.name));
        return dispatch(upstream, request, context, front);
      }
      const response = dispatch(upstream, message, context, front);
      if (message.method !== "tools/list") return response;
      return response.then((list) => visibility.narrow(list, name, context.headers));
    },
    async request(message, context, front) {
      const snapshot = registry.current;
      const aimed = aim(snapshot, message);
      if (aimed === undefined) {
        const text = `Method not found: ${message.method}`;
        throw new GatewayError("unknown_method", text, { phase: "route", sent: false });
      }
      const { upstream: name, answer } = aimed;
      const upstream = snapshot.upstreams.get(name);
      if (upstream === undefined) throw unknownUpstream(name);
      const around = changedContext(context, {
        push: pushAs(snapshot, name, context),
        // What is put into other words has to be whole.
        large: answer === undefined ? context.large : undefined,
      });
      const response = await dispatch(upstream, aimed.message, around, front);
      return answer === undefined ? response : answer(response);
    },
    async setLevel(message, context, front) {
      const willing = [...registry.current.upstreams.values()].filter(
        ({ status, description }) => (status === "up" || status === "degraded") && logs(description),
      );
      await Promise.allSettled(willing.map((upstream) => dispatch(upstream, message, context, front)));
    },
    notify(name, message, context) {
      // A call without an id would get past everything that judges calls.
      if (!message.method.startsWith("notifications/")) return;
      const { upstreams } = registry.current;
      const all = name === undefined ? [...upstreams.keys()] : [name];
      for (const one of all) upstreams.get(one)?.handle.notify(message, context.session);
    },
    watchResources: (uris, onUpdated, upstream) => watchResources(registry.current, uris, onUpdated, upstream),
    onToolsChanged: (listener) =>
      onListChanged(registry, visibility, (list, upstreams) => list === "tools" && listener(upstreams)),
    onListChanged: (listener) => onListChanged(registry, visibility, listener),
    status: reportStatus,
  };
}

/** Innermost step of every call: out to the upstream, and its failures into the one table of errors. */
const exchange: Next = async (call) => {
  const { upstream } = call;
  try {
    return await upstream.handle.exchange(call.message, call);
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    if (error.failure === "unavailable" || error.failure === "crashed") upstream.handle.suspect();
    const { kind, phase } = FAILURES[error.failure];
    const details = { upstream: upstream.name, phase, sent: error.sent, cause: error };
    throw new GatewayError(kind, `${upstream.name}: ${error.message}`, details);
  }
};

const FAILURES: Record<UpstreamError["failure"], { kind: GatewayErrorKind; phase: "connect" | "call" | "answer" }> = {
  unavailable: { kind: "upstream_unavailable", phase: "connect" },
  limited: { kind: "upstream_limited", phase: "connect" },
  crashed: { kind: "upstream_crashed", phase: "call" },
  protocol: { kind: "upstream_protocol_error", phase: "answer" },
  "too-large": { kind: "payload_too_large", phase: "answer" },
  "session-lost": { kind: "upstream_unavailable", phase: "connect" },
  cancelled: { kind: "cancelled", phase: "call" },
};

/** A call of one upstream's tool, under the name the upstream knows; undefined where it is not offered. */
function offered(catalog: Catalog, upstream: UpstreamState, message: Message): Message | undefined {
  const { name } = message;
  if (name === undefined || !catalog.isChosen(upstream.name) || isConfirmation(upstream, message)) return message;
  const own = catalog.ownName(upstream.name, name);
  return own && message.withName(own);
}

function unknownUpstream(name: string): GatewayError {
  return new GatewayError("invalid_request", `Unknown upstream: ${name}`, { phase: "route", sent: false });
}

function unknownTool(name: string | undefined): GatewayError {
  const message = name === undefined ? "params.name is missing; name the tool to call" : `Unknown tool: ${name}`;
  return new GatewayError(name === undefined ? "invalid_request" : "unknown_tool", message, {
    phase: "route",
    sent: false,
  });
}
