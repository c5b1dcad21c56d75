import { type ListedItem, type ListedTool, type ListKind, type Lists, NO_LISTS } from "@shardgate/mcp-wire";
import type { ReadLists } from "../upstreams/upstream.ts";

/** What is known of an upstream's lists. Each is the same object for as long as nothing in it changes. */
export class KnownLists {
  lists: Lists = NO_LISTS;
  /** How often the upstream said that a list changed, each counted when it was read again. */
  announced: Readonly<Record<ListKind, number>> = { tools: 0, prompts: 0, resources: 0 };
  /** What could not be listed, and what was left out, as of the last reading. */
  problems: readonly string[] = [];
  readonly #pending = new Set<ListKind>();

  /** True while a change was announced and the lists were not read since. */
  get isStale(): boolean {
    return this.#pending.size > 0;
  }

  /** The upstream says that a list changed. */
  announce(list: ListKind): void {
    this.#pending.add(list);
  }

  /** From here on the lists are being read: what is announced later has to be read again. */
  reading(): readonly ListKind[] {
    const told = [...this.#pending];
    this.#pending.clear();
    return told;
  }

  /**
   * Takes the lists as they are now.
   *
   * @param told what {@link reading} gave; clients hear of it though nothing we can see differs
   * @returns whether there is something to tell, and problems that were not there before
   */
  take(
    { lists, problems }: ReadLists,
    told: readonly ListKind[] = [],
  ): { isNew: boolean; problems: readonly string[] } {
    const isSame = problems.join("; ") === this.problems.join("; ");
    const fresh = isSame ? [] : problems;
    this.problems = problems;
    const before = this.lists;
    this.lists = keepSame(before, lists);
    if (told.length > 0) {
      const counted = { ...this.announced };
      for (const list of told) counted[list]++;
      this.announced = counted;
    }
    return { isNew: this.lists !== before || told.length > 0, problems: fresh };
  }
}

function keepSame(before: Lists, now: Lists): Lists {
  const isSameTools =
    now.tools.length === before.tools.length &&
    now.tools.every(({ modern }, index) => modern.equals((before.tools[index] as ListedTool).modern));
  const kept: Lists = {
    tools: isSameTools ? before.tools : now.tools,
    prompts: isSameItems(before.prompts, now.prompts) ? before.prompts : now.prompts,
    resources: isSameItems(before.resources, now.resources) ? before.resources : now.resources,
    templates: isSameItems(before.templates, now.templates) ? before.templates : now.templates,
  };
  const isSame = (Object.keys(kept) as (keyof Lists)[]).every((list) => kept[list] === before[list]);
  return isSame ? before : kept;
}

function isSameItems(a: readonly ListedItem[], b: readonly ListedItem[]): boolean {
  return a.length === b.length && a.every(({ bytes }, index) => bytes.equals((b[index] as ListedItem).bytes));
}
