import type { Logger } from "../core/logger.ts";
import type { Timers } from "../core/timers.ts";
import type { UpstreamDefinition } from "../upstreams/index.ts";
import type { Provider, ProviderReport } from "./provider.ts";

/** One provider as an operator sees it. */
export interface ProviderStatus {
  readonly name: string;
  readonly state: "starting" | "ok" | "failed";
  /** When `state` became what it is, ISO 8601. */
  readonly since: string;
  /** How many upstreams it defines. */
  readonly definitions: number;
  readonly error?: string;
  /** What it had to leave out; at most {@link MAX_PROBLEMS}, then how many more. */
  readonly problems?: readonly string[];
}

export interface WatchDeps {
  readonly providers: readonly Provider[];
  readonly timers: Timers;
  readonly logger: Logger;
  replace(provider: string, definitions: readonly UpstreamDefinition[]): void;
}

const MAX_PROBLEMS = 50;

interface Watched {
  state: ProviderStatus["state"];
  since: Date;
  definitions: number;
  report: ProviderReport;
}

/** Runs the providers side by side, and keeps how each of them is: in the log when it changes, in `/health` while it lasts. */
export class ProviderWatch {
  readonly #deps: WatchDeps;
  readonly #watched: ReadonlyMap<string, Watched>;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
    const fresh = (): Watched => ({ state: "starting", since: deps.timers.date(), definitions: 0, report: {} });
    this.#watched = new Map(deps.providers.map(({ name }) => [name, fresh()]));
  }

  /** Resolves when each has emitted or reported once. @throws Error of a provider that cannot begin */
  async start(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.#deps.providers.map((provider) => {
        const watched = this.#watched.get(provider.name) as Watched;
        const emit = (definitions: readonly UpstreamDefinition[]): void => {
          if (signal.aborted) return;
          watched.definitions = definitions.length;
          this.#become(provider.name, watched, watched.report);
          this.#deps.replace(provider.name, definitions);
        };
        return provider.watch(emit, signal, (report) => {
          if (!signal.aborted) this.#become(provider.name, watched, report);
        });
      }),
    );
  }

  report(): ProviderStatus[] {
    return [...this.#watched].map(([name, { state, since, definitions, report }]) => ({
      name,
      state,
      since: since.toISOString(),
      definitions,
      ...(report.error === undefined ? {} : { error: report.error }),
      ...(report.problems === undefined || report.problems.length === 0 ? {} : { problems: shown(report.problems) }),
    }));
  }

  #become(provider: string, watched: Watched, report: ProviderReport): void {
    const { logger, timers } = this.#deps;
    const known = new Set(watched.report.problems);
    for (const problem of (report.problems ?? []).slice(0, MAX_PROBLEMS)) {
      if (!known.has(problem)) logger.warn({ provider, problem }, "provider left something out");
    }
    const state = report.error === undefined ? "ok" : "failed";
    if (state !== watched.state || report.error !== watched.report.error) {
      const fields = { provider, from: watched.state, to: state, error: report.error };
      if (state === "failed") logger.warn(fields, "provider state");
      else logger.info(fields, "provider state");
    }
    if (state !== watched.state) watched.since = timers.date();
    watched.state = state;
    watched.report = report;
  }
}

function shown(problems: readonly string[]): readonly string[] {
  if (problems.length <= MAX_PROBLEMS) return problems;
  return [...problems.slice(0, MAX_PROBLEMS), `${problems.length - MAX_PROBLEMS} more`];
}
