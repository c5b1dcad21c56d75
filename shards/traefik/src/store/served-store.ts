import { createHash, timingSafeEqual } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isFatal, createMerger, readDynamicFile } from "@shardgate/traefik-sim/config";
import { createRouteStore, type Obstacle, type RouteStore } from "./route-store.ts";

/** Routes that Traefik asks this shard for (`providers.http`), kept as files that Traefik never sees. */
export interface ServedStore extends RouteStore {
  /** Answers Traefik's poll. */
  serve(request: Request): Promise<Response>;
}

export interface ServedStoreOptions {
  /** Where the files are kept, in a folder `routes`. */
  readonly stateDir: string;
  /** What Traefik must send as `Authorization: Bearer …`; unset: whoever reaches this shard may read the routes. */
  readonly token?: string | undefined;
  readonly now?: () => number;
}

/** The path that `providers.http.endpoint` names. */
export const CONFIG_PATH = "/traefik-config";

const FOLDER = "routes";

/** What Traefik asked for last: when, in ms since the epoch, and which version of the document it got. */
interface Poll {
  readonly at: number;
  readonly version: string;
}

/**
 * A store for Traefik's HTTP provider: the routes lie in the state directory and Traefik fetches all of them as one
 * document, so there is no shared folder, no event to miss and no template. A route shows at Traefik's next poll.
 */
export function createServedStore({ stateDir, token, now = Date.now }: ServedStoreOptions): ServedStore {
  const files = createRouteStore({ dynamicDir: stateDir, managed: FOLDER, now });
  const folder = join(stateDir, FOLDER);
  const wanted = token === undefined ? undefined : digest(`Bearer ${token}`);
  let last: Poll | undefined;
  let before: Poll | undefined;
  let refused: number | undefined;
  let kept: { readonly key: string; readonly body: string; readonly version: string } | undefined;

  /** All routes as one document; made anew only when a file was renamed into the folder or out of it. */
  async function document(): Promise<{ readonly body: string; readonly version: string }> {
    const key = await folderKey();
    if (kept?.key === key) return kept;
    const body = render((await files.list()).map(({ text }) => text));
    kept = { key, body, version: createHash("sha256").update(body).digest("hex") };
    return kept;
  }

  async function folderKey(): Promise<string> {
    const found = await stat(folder, { bigint: true }).catch(() => undefined);
    return found === undefined ? "none" : `${found.ino} ${found.mtimeNs}`;
  }

  /** Written files change the folder's time, but two changes may fall on one tick of it. */
  const changing =
    <A extends unknown[]>(work: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      try {
        await work(...args);
      } finally {
        kept = undefined;
      }
    };

  async function unheard(): Promise<Obstacle> {
    const endpoint = `providers.http.endpoint must be http://<this shard>:<its port>${CONFIG_PATH}`;
    const headers =
      token === undefined ? "" : ", with providers.http.headers.Authorization: Bearer <TRAEFIK_CONFIG_TOKEN>";
    if (last === undefined) {
      return refused === undefined
        ? {
            reason: "Traefik has never asked this shard for its routes.",
            fix: `In Traefik's static configuration ${endpoint}${headers}; the shard must listen where Traefik reaches it (HOST=0.0.0.0), and know the name it is called by (ALLOWED_HOSTS).`,
          }
        : {
            reason: `Traefik's requests were refused, the last one ${ago(refused)}: the token is missing or wrong.`,
            fix: `${endpoint}${headers}.`,
          };
    }
    const rhythm =
      before === undefined ? "" : ` It asks about every ${Math.max(1, Math.round((last.at - before.at) / 1000))} s.`;
    if (last.version !== (await document()).version) {
      return {
        reason: `Traefik has not asked for the routes since the change; it last did ${ago(last.at)}.${rhythm}`,
        fix: "It takes the change at its next poll: look again with list_routes. For a long providers.http.pollInterval set VERIFY_TIMEOUT_MS above it.",
      };
    }
    return {
      reason: `Traefik fetched the routes ${ago(last.at)} but does not show them.`,
      fix: "Look for `providerName=http` in Traefik's log; it says what it did not take.",
    };
  }

  const ago = (at: number): string => `${Math.max(0, Math.round((now() - at) / 1000))} s ago`;

  return {
    ...files,
    provider: "http",
    list: async () => (await made(stateDir), files.list()),
    read: async (name) => (await made(stateDir), files.read(name)),
    write: changing(async (name, text, expected) => (await made(stateDir), files.write(name, text, expected))),
    remove: changing(files.remove),
    poke: async () => {},
    foreign: async () => undefined,
    check: async () => (await made(stateDir), files.check()),
    unheard,
    async serve(request) {
      if (request.method !== "GET")
        return new Response("Only GET is answered.\n", { status: 405, headers: { allow: "GET" } });
      if (wanted !== undefined && !timingSafeEqual(wanted, digest(request.headers.get("authorization") ?? ""))) {
        refused = now();
        return new Response("The token is missing or wrong.\n", {
          status: 401,
          headers: { "www-authenticate": "Bearer" },
        });
      }
      try {
        await made(stateDir);
        const { body, version } = await document();
        [before, last] = [last, { at: now(), version }];
        return new Response(body, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
      } catch {
        // An error keeps what Traefik has; an empty document would take every route away. /health says what is wrong.
        return new Response("The routes cannot be read; /health of this shard says why.\n", { status: 503 });
      }
    },
  };
}

/** The files as one document of dynamic configuration, without those that Traefik would refuse: one would freeze all. */
function render(texts: readonly string[]): string {
  const merger = createMerger();
  for (const text of texts) {
    const { config, findings } = readDynamicFile(Buffer.from(text));
    if (config !== undefined && !isFatal(findings)) merger.add(config);
  }
  const roots = Object.entries(merger.config).filter(([, sections]) => Object.keys(sections).length > 0);
  // JSON is YAML to Traefik, and leaves it nothing to interpret.
  return JSON.stringify(Object.fromEntries(roots), (_key, value: unknown) =>
    typeof value === "bigint" ? Number(value) : value,
  );
}

async function made(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
