import type { TraefikClient } from "./client/traefik-client.ts";
import type { Settings } from "./settings.ts";
import type { History } from "./store/history.ts";
import type { RouteStore } from "./store/route-store.ts";
import type { TellTraefik } from "./store/tell-traefik.ts";
import type { WriteQueue } from "./store/write-queue.ts";

/** Time, replaceable in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What the route logic works with. */
export interface Deps {
  readonly client: TraefikClient;
  readonly store: RouteStore;
  readonly history: History;
  readonly queue: WriteQueue;
  /** Makes Traefik load its files, by the ways the operator chose; says which were used. */
  readonly tellTraefik: TellTraefik;
  readonly settings: Settings;
  readonly clock: Clock;
  /** Base URL of Traefik's API. */
  readonly apiUrl: string;
  /** Whether Traefik is a simulation, which every result says. */
  readonly simulated: boolean;
}
