import { qualifyNames } from "@shardgate/contract";
import { type Era, replaceMember } from "@shardgate/mcp-wire";
import { CONFIRM_CALL } from "./confirm-tool.ts";
import { joinArray } from "./join-array.ts";
import type { OfferedTool } from "./offer.ts";

/** The way from a qualified name to the tool it stands for. */
export interface Route {
  /** Qualified name. */
  readonly name: string;
  readonly upstream: string;
  readonly tool: OfferedTool;
  /** The tool's own name as JSON, ready to be spliced into a call. */
  readonly nameJson: Buffer;
}

/** One tool of a list, as it stands there. */
export interface ListedEntry {
  readonly upstream: string;
  readonly tool: OfferedTool;
  readonly bytes: Buffer;
}

/** One upstream's tools, as they are offered. */
export interface UpstreamTools {
  readonly upstream: string;
  readonly tools: readonly OfferedTool[];
  /** True where its tools keep their own names among all tools. */
  readonly isBare?: boolean;
  /** True where not every tool of its list is offered, or not under its own name. */
  readonly isChosen?: boolean;
  /** How often the upstream said that they changed: clients hear of it though nothing we can see differs. */
  readonly announced?: number;
}

/**
 * All tools of all upstreams at one moment; immutable. Lists are put together once, when first asked for, from the bytes
 * the upstreams gave: only names differ.
 */
export class Catalog {
  readonly routes: ReadonlyMap<string, Route>;
  readonly #byUpstream: ReadonlyMap<string, UpstreamTools>;
  readonly #lists = new Map<string, Buffer>();
  /** By upstream, then by what it calls the tool itself; made when first asked for. */
  #byOwnName: ReadonlyMap<string, ReadonlyMap<string, Route>> | undefined;

  private constructor(routes: ReadonlyMap<string, Route>, byUpstream: ReadonlyMap<string, UpstreamTools>) {
    this.routes = routes;
    this.#byUpstream = byUpstream;
  }

  /** Names every tool; the order is that of upstream names, then of each upstream's own list. */
  static of(lists: readonly UpstreamTools[]): Catalog {
    const ordered = lists.toSorted((a, b) => (a.upstream < b.upstream ? -1 : 1));
    const owned = ordered.flatMap(({ upstream, tools, isBare = false }) =>
      tools.map((tool) => ({ upstream, tool, isBare })),
    );
    const names = qualifyNames(owned.map(({ tool, ...entry }) => ({ ...entry, tool: tool.name })));
    const routes = new Map<string, Route>();
    for (const [index, { upstream, tool }] of owned.entries()) {
      // The gateway's own tool is nobody else's.
      const name = names[index] === CONFIRM_CALL ? `${CONFIRM_CALL}_2` : (names[index] as string);
      routes.set(name, { name, upstream, tool, nameJson: ownNameJson(tool) });
    }
    return new Catalog(routes, new Map(ordered.map((list) => [list.upstream, list])));
  }

  /** Tools of one upstream; none where it is not known. */
  toolsOf(upstream: string): readonly OfferedTool[] {
    const tools = this.#byUpstream.get(upstream)?.tools;
    // No tools are the same as no upstream: nothing changes for anybody when one without tools comes or goes.
    return tools === undefined || tools.length === 0 ? NONE : tools;
  }

  /** What one upstream has here; undefined where it is not known. */
  of(upstream: string): UpstreamTools | undefined {
    return this.#byUpstream.get(upstream);
  }

  /** True where not every tool an upstream has is offered, or not under its own name. */
  isChosen(upstream: string): boolean {
    return this.#byUpstream.get(upstream)?.isChosen === true;
  }

  /** What an upstream calls the tool that it offers under `name`, as JSON; undefined where it offers none of that name. */
  ownName(upstream: string, name: string): Buffer | undefined {
    const tool = this.toolsOf(upstream).find((one) => one.name === name);
    return tool && ownNameJson(tool);
  }

  /** The tool that an upstream itself calls `own`; undefined where it lists none, or none that is offered. */
  routeTo(upstream: string, own: string): Route | undefined {
    this.#byOwnName ??= new Map(
      [...ofEach(this.routes)].map(([name, routes]) => [
        name,
        new Map(routes.map((route) => [route.tool.ownName ?? route.tool.name, route])),
      ]),
    );
    return this.#byOwnName.get(upstream)?.get(own);
  }

  /**
   * A part of it, under the same names.
   *
   * @param before an earlier part, whose lists stay the same objects where nothing in them differs
   */
  only(keeps: (route: Route) => boolean, before?: Catalog): Catalog {
    const routes = new Map([...this.routes].filter(([, route]) => keeps(route)));
    const lists = [...ofEach(routes)].map(([upstream, kept]): [string, UpstreamTools] => {
      const { announced, ...all } = this.#byUpstream.get(upstream) as UpstreamTools;
      const isWhole = kept.length === all.tools.length;
      // What an upstream announces may be of tools that are not in the part.
      const tools = kept.map(({ tool }) => tool);
      const list = { ...all, tools, isChosen: true, ...(isWhole && announced !== undefined && { announced }) };
      const old = before?.of(upstream);
      return [upstream, old !== undefined && isSameList(old, list) ? old : list];
    });
    return new Catalog(routes, new Map(lists));
  }

  /** The JSON array of tools in the words of an era: of one upstream with their own names, or of all, qualified. */
  list(era: Era, upstream?: string): Buffer {
    const key = `${era} ${upstream ?? ""}`;
    let list = this.#lists.get(key);
    if (list === undefined) {
      list = joinArray(this.listed(era, upstream).map(({ bytes }) => bytes));
      this.#lists.set(key, list);
    }
    return list;
  }

  /** What that list is made of, in its order. */
  listed(era: Era, upstream?: string): readonly ListedEntry[] {
    if (upstream !== undefined) return this.toolsOf(upstream).map((tool) => ({ upstream, tool, bytes: tool[era] }));
    return [...this.routes.values()].map(({ name, upstream: owner, tool }) => ({
      upstream: owner,
      tool,
      bytes: replaceMember(tool[era], "name", Buffer.from(JSON.stringify(name))),
    }));
  }
}

const NONE: readonly OfferedTool[] = [];

/** The routes of each upstream. */
function ofEach(routes: ReadonlyMap<string, Route>): ReadonlyMap<string, readonly Route[]> {
  const grouped = new Map<string, Route[]>();
  for (const route of routes.values()) {
    const group = grouped.get(route.upstream);
    if (group === undefined) grouped.set(route.upstream, [route]);
    else group.push(route);
  }
  return grouped;
}

/** True where a client of the upstream's tools could see no difference. */
export function isSameList(a: UpstreamTools, b: UpstreamTools): boolean {
  if (
    a.announced !== b.announced ||
    a.isBare !== b.isBare ||
    a.isChosen !== b.isChosen ||
    a.tools.length !== b.tools.length
  )
    return false;
  return a.tools.every((tool, index) => {
    const other = b.tools[index] as OfferedTool;
    if (tool === other) return true;
    if (tool.name !== other.name || tool.ownName !== other.ownName || tool.confirm !== other.confirm) return false;
    return tool.modern.equals(other.modern);
  });
}

function ownNameJson({ name, ownName = name }: OfferedTool): Buffer {
  return Buffer.from(JSON.stringify(ownName));
}
