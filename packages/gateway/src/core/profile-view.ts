import type { Catalog, Route } from "./catalog.ts";
import { confirmsOf } from "./offer.ts";
import { matcher } from "./pattern.ts";
import type { Snapshot, UpstreamState } from "./snapshot.ts";

/**
 * What a profile shows of all there is: each tool that one of `upstreams`, `groups` and `include` names, and `exclude` does
 * not; where none of the three is there, every tool. `*` stands for any characters in all of them.
 */
export interface ProfileChoice {
  /** Upstreams with all they have. */
  readonly upstreams?: readonly string[] | undefined;
  /** The same of every upstream of a group. */
  readonly groups?: readonly string[] | undefined;
  /** Qualified names of tools. */
  readonly include?: readonly string[] | undefined;
  /** Qualified names of tools that are left out, whatever chooses them. */
  readonly exclude?: readonly string[] | undefined;
}

/** A part of a snapshot, and what it was made from. */
export interface ProfileView {
  readonly snapshot: Snapshot;
  readonly base: Snapshot;
  readonly choice: ProfileChoice;
  /** Upstreams that are chosen with all they have. */
  readonly whole: ReadonlySet<string>;
}

/**
 * The part of a snapshot that a profile shows: its tools under the names they have among all, and prompts and resources of
 * the upstreams that have a tool in it or are chosen whole.
 *
 * @param before the view until now, of which stays what did not change
 */
export function viewOf(base: Snapshot, choice: ProfileChoice, before?: ProfileView): ProfileView {
  const whole = wholeUpstreams(base, choice);
  const isSame = before?.choice === choice && isSameSet(before.whole, whole);
  const catalog =
    isSame && before.base.catalog === base.catalog
      ? before.snapshot.catalog
      : base.catalog.only(chooser(choice, whole), before?.snapshot.catalog);
  const shown = [...base.upstreams].filter(([name]) => whole.has(name) || catalog.of(name) !== undefined);
  const upstreams = new Map(shown.map(([name, state]) => [name, narrowed(state, catalog)]));
  const keeps = (name: string): boolean => upstreams.has(name);
  const isKept = before !== undefined && isSameSet(before.snapshot.upstreams, upstreams);
  const prompts = isKept && before.base.prompts === base.prompts ? before.snapshot.prompts : base.prompts.only(keeps);
  const resources =
    isKept && before.base.resources === base.resources ? before.snapshot.resources : base.resources.only(keeps);
  const { generation } = base;
  return { snapshot: { generation, catalog, prompts, resources, upstreams }, base, choice, whole };
}

/** What a profile names and nothing of the snapshot is, in words for an operator. */
export function problemsOf({ base, choice, snapshot }: ProfileView): readonly string[] {
  const states = [...base.upstreams.values()];
  const tools = [...base.catalog.routes.keys()];
  const named = [
    ["upstreams", states.map(({ name }) => name), "is no upstream"],
    ["groups", states.flatMap(({ group }) => group ?? []), "is no upstream's group"],
    ["include", tools, "fits no tool"],
    ["exclude", tools, "fits no tool"],
  ] as const;
  const unknown = named.flatMap(([key, existing, what]) =>
    (choice[key] ?? []).filter((pattern) => !existing.some(matcher([pattern]))).map((one) => `${key}: ${one} ${what}`),
  );
  return snapshot.catalog.routes.size > 0 ? unknown : [...unknown, "it has no tools"];
}

/** What is not shown is not agreed to either. */
function narrowed(state: UpstreamState, catalog: Catalog): UpstreamState {
  return state.confirms === undefined ? state : { ...state, confirms: confirmsOf(catalog.toolsOf(state.name)) };
}

function wholeUpstreams({ upstreams: states }: Snapshot, choice: ProfileChoice): ReadonlySet<string> {
  const { upstreams, groups, include } = choice;
  if (upstreams === undefined && groups === undefined && include === undefined) return new Set(states.keys());
  const [isNamed, isGrouped] = [matcher(upstreams ?? []), matcher(groups ?? [])];
  const whole = [...states.values()].filter(
    ({ name, group }) => isNamed(name) || (group !== undefined && isGrouped(group)),
  );
  return new Set(whole.map(({ name }) => name));
}

function chooser({ include = [], exclude = [] }: ProfileChoice, whole: ReadonlySet<string>): (route: Route) => boolean {
  const [isIncluded, isExcluded] = [matcher(include), matcher(exclude)];
  return ({ name, upstream }) => (whole.has(upstream) || isIncluded(name)) && !isExcluded(name);
}

/** Of sets, or of the keys of maps. */
function isSameSet(a: Keyed, b: Keyed): boolean {
  return a.size === b.size && [...a.keys()].every((one) => b.has(one));
}

type Keyed = Pick<ReadonlyMap<string, unknown>, "size" | "has" | "keys">;
