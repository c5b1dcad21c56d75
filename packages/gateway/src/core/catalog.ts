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

function ownNameJson({ name, ownName = name }: OfferedTool): Buffer {
  return Buffer.from(JSON.stringify(ownName));
}
