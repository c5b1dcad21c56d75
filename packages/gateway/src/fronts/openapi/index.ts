import type { HttpReply, HttpRequest, ListedTool } from "@shardgate/mcp-wire";
import { toUpstreamName } from "@shardgate/contract";
import type { Access, Purpose } from "../../access/api-key.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Gateway } from "../../gateway.ts";
import type { Front, Handler } from "../front.ts";
import { Caller, targetOf } from "./calls/caller.ts";
import { refusal, type Shaped } from "./calls/shape-result.ts";
import { answerPreflight, corsHeaders } from "../cors.ts";
import { Documents } from "./documents/documents.ts";
import { Site } from "./site.ts";
import { calledName, offeredTools } from "./offered-tools.ts";
import { operationOf } from "./operation.ts";
import type { OpenApiSettings } from "./settings.ts";

export interface OpenApiFrontDeps {
  readonly gateway: Gateway;
  readonly logger: Logger;
  readonly version: string;
  readonly access: Access;
  /** As they are now. */
  readonly settings: () => OpenApiSettings;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Of an upstream: where its documents are, and its tools by name as they were listed when `from` was. */
interface Place {
  readonly site: Site;
  from: readonly ListedTool[] | undefined;
  tools: ReadonlyMap<string, ListedTool>;
  readonly calls: Map<string, Handler>;
}

const DRAINED = "The gateway shuts down, and the call did not end in time";
const NOT_FOUND = refusal(404, "Not Found");
const NOT_ALLOWED = refusal(405, "Method Not Allowed");

/**
 * The tools of every upstream over plain HTTP, at mcpo's addresses: `POST /<name>/<tool>`, `/<name>/openapi.json`,
 * `/<name>/docs`, `/<name>/redoc`, and all of them in one document at the root (openwebui §2.4, §6).
 */
export function openApiFront(deps: OpenApiFrontDeps): Front {
  const { gateway, logger, version, access, settings } = deps;
  const onBug = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    logger.error({ error: text }, "unexpected error");
  };
  const caller = new Caller({ gateway, onBug, now: deps.now, keepAlive: () => settings().keep_alive });
  const documents = new Documents({ gateway, settings, access, version });
  const root = new Site({
    title: () => settings().title,
    document: () => documents.all(),
    instructions: () => undefined,
    onBug,
  });
  const places = new Map<string, Place>();

  /** Everything but the answer itself: what a browser wants to know first, and who may. */
  function guarded(purpose: Purpose, methods: string, serve: Serve): Handler {
    return (request, reply) => {
      const headers = corsHeaders(request);
      if (answerPreflight(request, reply)) return;
      const authorization = request.header("authorization");
      const isAllowed = methods.includes(request.method);
      // Without a key nobody learns what there is, where even pages ask for it.
      const denial = access.check(authorization, isAllowed ? purpose : "page");
      if (denial !== undefined) {
        const challenge = denial.challenge === undefined ? {} : { "WWW-Authenticate": denial.challenge };
        return send(reply, refusal(denial.status, denial.message, challenge), headers);
      }
      if (!isAllowed) return send(reply, NOT_ALLOWED, { ...headers, Allow: methods });
      serve(request, reply, headers);
    };
  }

  const nothing = guarded("page", "GET, HEAD, POST, PUT, PATCH, DELETE", (_, reply, headers) =>
    send(reply, NOT_FOUND, headers),
  );

  function placeOf(name: string): Place {
    let place = places.get(name);
    if (place === undefined) {
      const site = new Site({
        title: () => name,
        document: () => documents.server(name),
        instructions: () => gateway.describe(name)?.instructions,
        onBug,
      });
      places.set(name, (place = { site, from: undefined, tools: new Map(), calls: new Map() }));
    }
    const listed = offeredTools(gateway, name);
    if (place.from !== listed) {
      place.from = listed;
      place.tools = new Map(listed.map((tool) => [tool.name, tool]));
      place.calls.clear();
    }
    return place;
  }

  function toolHandler(name: string, place: Place, tool: string): Handler | undefined {
    const known = place.calls.get(tool);
    if (known !== undefined) return known;
    const listed = place.tools.get(tool);
    if (listed === undefined) return undefined;
    const target = targetOf(name, operationOf(listed), calledName(listed));
    const handler = guarded("call", "POST", (request, reply, headers) => caller.call(target, request, reply, headers));
    place.calls.set(tool, handler);
    return handler;
  }

  /** What stands at `rest` of an upstream's own folder, `/docs` for example. */
  function serveUpstream(name: string, rest: string): Handler | undefined {
    const place = placeOf(name);
    const page = place.site.page(rest);
    const tool = toolHandler(name, place, decode(rest.slice(1)));
    if (page === undefined) return tool;
    const pageHandler = guarded("page", "GET, HEAD", page);
    if (tool === undefined) return pageHandler;
    return (request, reply) => (isReading(request) ? pageHandler : tool)(request, reply);
  }

  function route(path: string): Handler | undefined {
    const { single, root_path: rootPath, path_prefix: prefix } = settings();
    const local = rootPath !== "" && path.startsWith(`${rootPath}/`) ? path.slice(rootPath.length) : path;
    if (single !== undefined) return gateway.hasUpstream(single) ? serveUpstream(single, local) : undefined;
    const page = root.page(local);
    if (page !== undefined) return guarded("page", "GET, HEAD", page);
    if (!local.startsWith(prefix)) return undefined;
    const end = local.indexOf("/", prefix.length);
    if (end < 0) return undefined;
    const name = nameOf(local.slice(prefix.length, end));
    return name === undefined ? undefined : (serveUpstream(name, local.slice(end)) ?? nothing);
  }

  /** The upstream a path names; one that had to be renamed is also found under the name it had. */
  function nameOf(part: string): string | undefined {
    if (gateway.hasUpstream(part)) return part;
    const mapped = toUpstreamName(decode(part));
    return gateway.hasUpstream(mapped) ? mapped : undefined;
  }

  const stop = gateway.onToolsChanged(() => {
    for (const name of places.keys()) if (!gateway.hasUpstream(name)) places.delete(name);
    documents.refresh();
  });

  return {
    name: "openapi",
    isGuarded: true,
    route,
    get active() {
      return caller.active;
    },
    tick: () => caller.tick(),
    drain: () => undefined,
    close() {
      stop();
      caller.abort(new GatewayError("draining", DRAINED, { phase: "call", sent: true }));
    },
  };
}

type Serve = (request: HttpRequest, reply: HttpReply, headers: Readonly<Record<string, string>>) => void;

function send(reply: HttpReply, { status, type, body, headers }: Shaped, more: Readonly<Record<string, string>>): void {
  reply.send(status, { ...more, ...headers, "Content-Type": type }, body);
}

function isReading({ method }: HttpRequest): boolean {
  return method === "GET" || method === "HEAD";
}

function decode(part: string): string {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
