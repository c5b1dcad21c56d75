import { handleApi } from "./api/handle-api.ts";
import { startFileProvider, type Timers } from "./file-provider.ts";
import { startHttpProvider, type HttpProviderOptions } from "./http-provider.ts";
import { buildFromProviders } from "./runtime/build-runtime.ts";
import type { MergedConfig } from "./runtime/load-directory.ts";
import type { EntryPoints } from "./runtime/entry-points.ts";

export interface SimulatedTraefikOptions {
  /** The file provider's directory; it must exist. */
  readonly directory: string;
  /** Default: web on :80, websecure on :443 with TLS, and the API's own `traefik` on :8080. */
  readonly entryPoints?: EntryPoints;
  /** Pause between two loads that take effect, in ms. Default 2000, as Traefik's. */
  readonly throttle?: number;
  /** Whether events in the directory make it load. Default true. */
  readonly watch?: boolean;
  /** What `/api/version` says; below 3.7 there is no `/api/certificates`. */
  readonly version?: string;
  readonly now?: () => number;
  readonly timers?: Timers;
  /** Asks an endpoint for routes too, as `providers.http`. */
  readonly http?: HttpProviderOptions;
  /** Receives what Traefik would log. */
  readonly log?: (line: string) => void;
}

export interface SimulatedTraefik {
  /** Answers a request to Traefik's API; only the path and query of the URL count. */
  fetch(request: Request): Promise<Response>;
  /** Reads the directory at once, as Traefik does on SIGHUP. */
  reload(): void;
  close(): void;
}

export const DEFAULT_ENTRY_POINTS: EntryPoints = {
  web: { address: ":80" },
  websecure: { address: ":443", http: { tls: {} } },
  traefik: { address: ":8080" },
};

const systemTimers: Timers = {
  // Nothing in flight is lost when the process ends, so the pause keeps it not alive.
  setTimeout: (run, ms) => setTimeout(run, ms).unref(),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

/**
 * A Traefik that reads route files and answers its API but routes nothing: it has no entrypoint that listens. It says
 * what it is in `/api/version` (Codename `simulated`). The same suite of expectations runs against it and a real Traefik.
 */
export function createSimulatedTraefik(options: SimulatedTraefikOptions): SimulatedTraefik {
  const { directory, entryPoints = DEFAULT_ENTRY_POINTS, throttle = 2000, watch = true, version = "3.7.10" } = options;
  const { now = Date.now, timers = systemTimers, log = () => {} } = options;
  const startDate = new Date(now()).toISOString();
  const loaded: Record<string, MergedConfig> = {};
  let runtime = buildFromProviders(loaded, entryPoints);
  const take = (name: string, config: MergedConfig): void => {
    loaded[name] = config;
    runtime = buildFromProviders(loaded, entryPoints);
  };
  const provider = startFileProvider({
    directory,
    throttle,
    watch,
    timers,
    log,
    apply: (config) => take("file", config),
  });
  const asking = options.http && startHttpProvider(options.http, timers, log, (config) => take("http", config));
  return {
    fetch: (request) => Promise.resolve(handleApi(request, { runtime, entryPoints, version, startDate })),
    reload: () => provider.reload(),
    close: () => {
      provider.close();
      asking?.close();
    },
  };
}
