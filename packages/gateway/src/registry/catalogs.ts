import { memberOf } from "@shardgate/mcp-wire";
import { Catalog, isSameList, type UpstreamTools } from "../core/catalog.ts";
import { isChoosing } from "../core/offer.ts";
import { PromptCatalog, type UpstreamPrompts } from "../core/prompt-catalog.ts";
import { ResourceCatalog, type UpstreamResources } from "../core/resource-catalog.ts";
import type { Place } from "./place.ts";

/** What all upstreams list, put together anew only where something of it changed. */
export class Catalogs {
  tools: Catalog = Catalog.of([]);
  prompts: PromptCatalog = PromptCatalog.of([]);
  resources: ResourceCatalog = new ResourceCatalog([]);
  #tools: ReadonlyMap<string, UpstreamTools> = new Map();
  #prompts: readonly UpstreamPrompts[] = [];
  #resources: readonly UpstreamResources[] = [];

  /** @param places by the names of their upstreams */
  update(places: ReadonlyMap<string, Place>): void {
    const ordered = [...places].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const tools = new Map(ordered.map(([name, place]) => [name, this.#offeredBy(name, place)]));
    if (tools.size !== this.#tools.size || [...tools].some(([name, list]) => this.#tools.get(name) !== list)) {
      this.tools = Catalog.of([...tools.values()]);
      this.#tools = tools;
    }
    const prompts = ordered.map(([upstream, { supervisor, definition }]) => ({
      upstream,
      prompts: supervisor.lists.prompts,
      isBare: definition.options.prefix === false,
      announced: supervisor.announced.prompts,
    }));
    if (!isSame(prompts, this.#prompts)) {
      this.prompts = PromptCatalog.of((this.#prompts = keepOld(prompts, this.#prompts)));
    }
    const resources = ordered.map(([upstream, { supervisor }]) => ({
      upstream,
      resources: supervisor.lists.resources,
      templates: supervisor.lists.templates,
      isCapable: hasResources(supervisor.description?.capabilities),
      announced: supervisor.announced.resources,
    }));
    if (!isSame(resources, this.#resources)) {
      this.resources = new ResourceCatalog((this.#resources = keepOld(resources, this.#resources)));
    }
  }

  /** The tools of an upstream as they are offered: the same object as before where nothing differs. */
  #offeredBy(upstream: string, place: Place): UpstreamTools {
    const { tools: policy, prefix } = place.definition.options;
    const now: UpstreamTools = {
      upstream,
      tools: place.offered,
      isBare: prefix === false,
      isChosen: isChoosing(policy),
      announced: place.supervisor.announced.tools,
    };
    const before = this.#tools.get(upstream);
    return before !== undefined && isSameList(before, now) ? before : now;
  }
}

type Entry = UpstreamPrompts | UpstreamResources;

/** True where each member of each entry is the same; lists are the same object while nothing in them changed. */
function isSame<T extends Entry>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((entry, index) => isSameEntry(entry, b[index] as T));
}

/** The entries as they are now, those that are as before by the object they were. */
function keepOld<T extends Entry>(now: readonly T[], before: readonly T[]): readonly T[] {
  return now.map((entry) => before.find((old) => isSameEntry(old, entry)) ?? entry);
}

function isSameEntry<T extends Entry>(a: T, b: T): boolean {
  return (Object.keys(a) as (keyof T)[]).every((key) => a[key] === b[key]);
}

function hasResources(capabilities: string | undefined): boolean {
  return capabilities !== undefined && memberOf(Buffer.from(capabilities), "resources") !== undefined;
}
