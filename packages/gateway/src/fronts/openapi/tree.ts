import type { HttpRequest, ListedTool } from "@shardgate/mcp-wire";
import { toUpstreamName } from "@shardgate/contract";
import type { Access } from "../../access/api-key.ts";
import type { Gateway } from "../../gateway.ts";
import type { Handler } from "../front.ts";
import { type Caller, targetOf } from "./calls/caller.ts";
import { Documents } from "./documents/documents.ts";
import { type Guard, nothingThere } from "./guard.ts";
import { calledName, offeredTools } from "./offered-tools.ts";
import { operationOf } from "./operation.ts";
import type { OpenApiSettings } from "./settings.ts";
import { Site } from "./site.ts";

export interface TreeDeps {
  readonly gateway: Gateway;
  readonly version: string;
  readonly access: Access;
  readonly guard: Guard;
  readonly caller: Caller;
  readonly onBug: (error: unknown) => void;
  /** As they are now. */
  readonly settings: () => OpenApiSettings;
  /** What is said of the use of all its servers together. */
  readonly instructions: () => string | undefined;
}

/** Of an upstream: where its documents are, and its tools by name as they were listed when `from` was. */
interface Place {
  readonly site: Site;
  from: readonly ListedTool[] | undefined;
  tools: ReadonlyMap<string, ListedTool>;
  readonly calls: Map<string, Handler>;
}

/** All that one gateway has, as addresses: the pages of all its upstreams together, and a folder for each of them. */
export class Tree {
  readonly #deps: TreeDeps;
  readonly #documents: Documents;
  readonly #root: Site;
  readonly #places = new Map<string, Place>();
  readonly #nothing: Handler;
  readonly #stop: () => void;

  constructor(deps: TreeDeps) {
    this.#deps = deps;
    const { gateway, settings, instructions, onBug, guard } = deps;
    const documents = new Documents(deps);
    this.#documents = documents;
    this.#root = new Site({ title: () => settings().title, document: () => documents.all(), instructions, onBug });
    this.#nothing = nothingThere(guard);
    this.#stop = gateway.onToolsChanged(() => {
      for (const name of this.#places.keys()) if (!gateway.hasUpstream(name)) this.#places.delete(name);
      documents.refresh();
    });
  }

  /** What there is of all its upstreams together at a path such as `/docs`. */
  page(path: string): Handler | undefined {
    const page = this.#root.page(path);
    return page && this.#deps.guard("page", "GET, HEAD", page);
  }

  /** What stands at a path that begins with an upstream's name, `time/docs` for example; undefined where there is no such upstream. */
  folder(path: string): Handler | undefined {
    const end = path.indexOf("/");
    const name = end < 0 ? undefined : this.#nameOf(path.slice(0, end));
    return name === undefined ? undefined : (this.upstream(name, path.slice(end)) ?? this.#nothing);
  }

  /** What stands at `rest` of an upstream's own folder, `/docs` for example. */
  upstream(name: string, rest: string): Handler | undefined {
    const place = this.#placeOf(name);
    const page = place.site.page(rest);
    const tool = this.#toolHandler(name, place, decode(rest.slice(1)));
    if (page === undefined) return tool;
    const pageHandler = this.#deps.guard("page", "GET, HEAD", page);
    if (tool === undefined) return pageHandler;
    return (request, reply) => (isReading(request) ? pageHandler : tool)(request, reply);
  }

  /** Has nothing made anew any more. */
  close(): void {
    this.#stop();
  }

  #placeOf(name: string): Place {
    const { gateway, onBug } = this.#deps;
    let place = this.#places.get(name);
    if (place === undefined) {
      const site = new Site({
        title: () => name,
        document: () => this.#documents.server(name),
        instructions: () => gateway.describe(name)?.instructions,
        onBug,
      });
      this.#places.set(name, (place = { site, from: undefined, tools: new Map(), calls: new Map() }));
    }
    const listed = offeredTools(gateway, name);
    if (place.from !== listed) {
      place.from = listed;
      place.tools = new Map(listed.map((tool) => [tool.name, tool]));
      place.calls.clear();
    }
    return place;
  }

  #toolHandler(name: string, place: Place, tool: string): Handler | undefined {
    const known = place.calls.get(tool);
    if (known !== undefined) return known;
    const listed = place.tools.get(tool);
    if (listed === undefined) return undefined;
    const { gateway, guard, caller } = this.#deps;
    const target = targetOf(gateway, name, operationOf(listed), calledName(listed));
    const handler = guard("call", "POST", (request, reply, headers) => caller.call(target, request, reply, headers));
    place.calls.set(tool, handler);
    return handler;
  }

  /** The upstream a path names; one that had to be renamed is also found under the name it had. */
  #nameOf(part: string): string | undefined {
    const { gateway } = this.#deps;
    if (gateway.hasUpstream(part)) return part;
    const mapped = toUpstreamName(decode(part));
    return gateway.hasUpstream(mapped) ? mapped : undefined;
  }
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
