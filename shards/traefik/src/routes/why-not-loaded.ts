import { formatOf, isFatal, readDynamicFile, templateFault, type Finding } from "@shardgate/traefik-sim/config";
import type { Obstacle, RouteStore } from "../store/route-store.ts";

/**
 * The first file that keeps Traefik from loading any: it refuses all files of its directory when one of them is broken.
 * A file with a template that can run is not judged, as it is not known what it gives. Undefined when none is found.
 */
export async function findFreezingFile(store: RouteStore): Promise<Obstacle | undefined> {
  const foreign = (await store.foreign()) ?? [];
  const own = (await store.list()).map(({ path, text }) => ({ path, bytes: Buffer.from(text) }));
  for (const { path, bytes } of [...foreign, ...own]) {
    const text = Buffer.from(bytes).toString("utf8");
    if (text.includes("{{") && templateFault(text) === undefined) continue;
    const fatal = readDynamicFile(bytes, formatOf(path)).findings.find((finding) => isFatal([finding]));
    if (fatal === undefined) continue;
    return {
      reason: `Traefik loads no route file at all while ${path} is broken${where(fatal)}: ${fatal.message}. It goes on serving what it had loaded before.`,
      fix: fatal.fix === undefined ? `Correct or remove ${path}.` : `Correct ${path}: ${fatal.fix}`,
    };
  }
  return undefined;
}

/** Why a written route does not show in the API: a broken file, or Traefik does not know of it. */
export async function whyNotLoaded(store: RouteStore): Promise<Obstacle> {
  const freezing = await findFreezingFile(store);
  if (freezing !== undefined) return freezing;
  return store.unheard();
}

function where({ line, path }: Finding): string {
  return `${line === undefined ? "" : ` (line ${line})`}${path === "" ? "" : ` at ${path}`}`;
}
