import {
  editObject,
  type ExchangeContext,
  type ListKind,
  memberOf,
  type Message,
  type ResourceWatch,
  type ServerDescription,
  UpstreamError,
} from "@shardgate/mcp-wire";
import { resourceRoute } from "./core/aim.ts";
import { GatewayError } from "./core/errors.ts";
import { isQualified } from "./core/resource-catalog.ts";
import type { Snapshot, Snapshots } from "./core/snapshot.ts";
import type { Visibility } from "./core/visibility.ts";

/** Lists besides that of the tools. */
export type OtherList = "prompts" | "resources" | "templates";

export function listOf({ prompts, resources }: Snapshot, list: OtherList, upstream: string | undefined): Buffer {
  if (list === "prompts") return prompts.list(upstream);
  return list === "resources" ? resources.list(upstream) : resources.listTemplates(upstream);
}

/** True where a server says that it sends log messages. */
export function logs(description: ServerDescription | undefined): boolean {
  return description !== undefined && memberOf(Buffer.from(description.capabilities), "logging") !== undefined;
}

/** How an upstream's own messages to a subscriber are worded for who knows all upstreams: URIs as they are called there. */
export function pushAs(
  { resources }: Snapshot,
  upstream: string,
  context: ExchangeContext,
): ((message: Message) => void) | undefined {
  const { session } = context;
  if (session === undefined) return undefined;
  return (message) => {
    const { uri } = message;
    const shown = uri === undefined ? undefined : resources.publicUri(upstream, uri);
    const params = message.paramsBytes;
    const isSame = shown === uri || params === undefined;
    session.send(isSame ? message : message.withParams(editObject(params, { uri: JSON.stringify(shown) })));
  };
}

/** Watches resources at the upstreams that have them; what nobody has, or cannot be watched, is left out. */
export async function watchResources(
  snapshot: Snapshot,
  uris: readonly string[],
  onUpdated: (uri: string) => void,
  only: string | undefined,
): Promise<ResourceWatch> {
  const wanted = new Map<string, { readonly asked: string; readonly uri: string }[]>();
  for (const asked of uris) {
    const route = only === undefined ? routeOf(snapshot, asked) : { upstream: only, uri: asked };
    if (route === undefined) continue;
    const { upstream, uri } = route;
    wanted.set(upstream, [...(wanted.get(upstream) ?? []), { asked, uri }]);
  }
  const watched = await Promise.all(
    [...wanted].map(async ([upstream, entries]) => {
      // What changes below a URI is told under its own, which then gets the same words in front.
      const publicOf = (uri: string): string => {
        const exact = entries.find((entry) => entry.uri === uri);
        if (exact !== undefined) return exact.asked;
        const parent = entries.find((entry) => uri.startsWith(entry.uri) && isQualified(entry.asked));
        return parent === undefined ? uri : parent.asked + uri.slice(parent.uri.length);
      };
      const handle = snapshot.upstreams.get(upstream)?.handle;
      const own = entries.map(({ uri }) => uri);
      const stop = await handle?.watchResources(own, (uri) => onUpdated(publicOf(uri))).catch(asUnwatched);
      return stop === undefined ? undefined : { uris: entries.map(({ asked }) => asked), stop };
    }),
  );
  const running = watched.filter((one) => one !== undefined);
  return {
    uris: running.flatMap((one) => one.uris),
    stop() {
      for (const one of running) one.stop();
    },
  };
}

/** An upstream that does not answer is not watched, which the acknowledgement says by leaving its resources out. */
function asUnwatched(error: unknown): undefined {
  if (!(error instanceof UpstreamError)) throw error;
}

function routeOf(snapshot: Snapshot, uri: string) {
  try {
    return resourceRoute(snapshot, uri);
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

const LISTS: readonly ListKind[] = ["tools", "prompts", "resources"];

/** Calls `listener` for each list that differs from one snapshot to the next, or for who may see it. */
export function onListChanged(
  snapshots: Snapshots,
  visibility: Visibility,
  listener: (list: ListKind, upstreams: ReadonlySet<string>) => void,
): () => void {
  let before = snapshots.current;
  const stopSeeing = visibility.onChange(() => listener("tools", new Set(before.upstreams.keys())));
  const stopSnapshots = snapshots.subscribe((after) => {
    const last = before;
    before = after;
    for (const list of LISTS) {
      const changed = changedUpstreams(last, after, list);
      if (changed.size > 0) listener(list, changed);
    }
  });
  return () => {
    stopSeeing();
    stopSnapshots();
  };
}

function changedUpstreams(before: Snapshot, after: Snapshot, list: ListKind): Set<string> {
  const catalog = list === "tools" ? "catalog" : list;
  if (before[catalog] === after[catalog]) return new Set();
  const names = new Set([...before.upstreams.keys(), ...after.upstreams.keys()]);
  return new Set([...names].filter((name) => filled(before[catalog].of(name)) !== filled(after[catalog].of(name))));
}

/** Nothing for an upstream whose lists are empty: when it comes or goes, nothing changes for anybody. */
function filled<T extends object>(entry: T | undefined): T | undefined {
  const isEmpty =
    entry === undefined || Object.values(entry).every((value) => !Array.isArray(value) || value.length === 0);
  return isEmpty ? undefined : entry;
}
