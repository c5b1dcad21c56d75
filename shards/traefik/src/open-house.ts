import { createSimulatedTraefik, DEFAULT_ENTRY_POINTS, type EntryPoints } from "@shardgate/traefik-sim";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTraefikClient } from "./client/traefik-client.ts";
import type { Deps } from "./deps.ts";
import { recoverChange } from "./routes/commit-change.ts";
import type { Settings } from "./settings.ts";
import { createFolderLock } from "./store/folder-lock.ts";
import { createHistory } from "./store/history.ts";
import { createRouteStore, MANAGED_FOLDER } from "./store/route-store.ts";
import { createServedStore, type ServedStore } from "./store/served-store.ts";
import { createTeller } from "./store/tell-traefik.ts";
import { createWriteQueue } from "./store/write-queue.ts";

/** What a running shard holds. */
export interface House extends Deps {
  /** Answers Traefik, where it asks for the routes; undefined where it reads files. */
  readonly served: ServedStore | undefined;
  close(): void;
}

const SIMULATED_URL = "http://simulated-traefik:8080";

/** The simulated house has a certificate resolver, so that routes look as they would in a real one. */
const SIMULATED_ENTRY_POINTS: EntryPoints = {
  ...DEFAULT_ENTRY_POINTS,
  websecure: { address: ":443", http: { tls: { certResolver: "letsencrypt" } } },
};

/** Connects to Traefik, or makes a simulated one, with the given entrypoints, when no TRAEFIK_API_URL is set. It waits for nothing. */
export function openHouse(settings: Settings, entryPoints: EntryPoints = SIMULATED_ENTRY_POINTS): House {
  const { TRAEFIK_API_URL: apiUrl = SIMULATED_URL, TRAEFIK_DYNAMIC_DIR: real, SHARD_STATE_DIR: stateDir } = settings;
  const simulated = settings.TRAEFIK_API_URL === undefined;
  const dynamicDir = real ?? join(stateDir, "simulated-dynamic");
  const simulation = simulated ? simulate(dynamicDir, entryPoints) : undefined;
  const served =
    settings.TRAEFIK_PROVIDER === "http"
      ? createServedStore({ stateDir, token: settings.TRAEFIK_CONFIG_TOKEN })
      : undefined;
  const store = served ?? createRouteStore({ dynamicDir });
  const clock = {
    now: Date.now,
    sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, signal && { signal }),
  };
  const lock = createFolderLock(store.folder, { sleep: clock.sleep });
  const house: House = {
    client: createTraefikClient({
      baseUrl: apiUrl,
      fetch: simulation?.fetch ?? ((request) => fetch(request)),
      user: settings.TRAEFIK_API_USER,
      password: settings.TRAEFIK_API_PASSWORD,
      provider: store.provider,
    }),
    store,
    served,
    // Traefik that asks by itself cannot be told anything.
    tellTraefik: served === undefined ? createTeller(store, settings) : () => Promise.resolve([]),
    history: createHistory(stateDir, clock.now),
    queue: createWriteQueue(async (change, signal) => {
      await store.check();
      return lock.hold(async () => {
        await recoverChange(house);
        return change();
      }, signal);
    }),
    settings,
    clock,
    apiUrl,
    simulated,
    close: () => simulation?.close(),
  };
  // What a process that died had begun is taken back at once. Where that fails, the next change tries again, and says why.
  void house.history
    .unfinished()
    .then((left) => (left.length > 0 ? house.queue(() => Promise.resolve()) : undefined))
    .catch(() => {});
  return house;
}

function simulate(dynamicDir: string, entryPoints: EntryPoints) {
  mkdirSync(join(dynamicDir, MANAGED_FOLDER), { recursive: true });
  // People look at the result at once; a throttle of 2 s would teach them nothing.
  return createSimulatedTraefik({ directory: dynamicDir, entryPoints, throttle: 50 });
}
