import { isFatal, readDynamicFile, type Finding } from "@shardgate/traefik-sim/config";
import type { RouteStore } from "../store/route-store.ts";

/** Why Traefik does not load, and what to do about it. */
export interface Obstacle {
  readonly reason: string;
  readonly fix: string;
}

/**
 * The first file that keeps Traefik from loading any: it refuses all files of its directory when one of them is broken.
 * A file with a template is not judged, as it is not known what the template gives. Undefined when none is found.
 */
export async function findFreezingFile(store: RouteStore): Promise<Obstacle | undefined> {
  const foreign = (await store.foreign()) ?? [];
  const own = (await store.list()).map(({ path, text }) => ({ path, bytes: Buffer.from(text) }));
  for (const { path, bytes } of [...foreign, ...own]) {
    if (Buffer.from(bytes).includes("{{")) continue;
    const fatal = readDynamicFile(bytes).findings.find((finding) => isFatal([finding]));
    if (fatal === undefined) continue;
    return {
      reason: `Traefik loads no route file at all while ${path} is broken${where(fatal)}: ${fatal.message}. It goes on serving what it had loaded before.`,
      fix: fatal.fix === undefined ? `Correct or remove ${path}.` : `Correct ${path}: ${fatal.fix}`,
    };
  }
  return undefined;
}

/** Why a written route does not show in the API: a broken file, or Traefik was not told. */
export async function whyNotLoaded(store: RouteStore): Promise<Obstacle> {
  const freezing = await findFreezingFile(store);
  if (freezing !== undefined) return freezing;
  return {
    reason: "Traefik has not loaded the file: no event reached it, or another file of its directory cannot be read.",
    fix: [
      "On NFS no event crosses machines: run `docker kill -s HUP traefik` on Traefik's host (a timer will do), restart Traefik, or run this shard on that host.",
      "Otherwise check that TRAEFIK_DYNAMIC_DIR is the directory of Traefik's file provider (providers.file.directory, watch on), that mcp-managed in it is a real folder, and look for `Error occurred during watcher callback` in Traefik's log.",
    ].join(" "),
  };
}

function where({ line, path }: Finding): string {
  return `${line === undefined ? "" : ` (line ${line})`}${path === "" ? "" : ` at ${path}`}`;
}
