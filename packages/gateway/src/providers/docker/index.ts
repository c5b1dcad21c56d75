import type { Timers } from "../../core/timers.ts";
import type { UpstreamDefinition } from "../../upstreams/index.ts";
import { Backoff } from "../backoff.ts";
import type { Provider } from "../provider.ts";
import { type EngineApi, engineApi, EngineError } from "./engine-api.ts";
import { Reader } from "./reader.ts";
import { ownContainerId } from "./own-container.ts";
import type { DockerOptions } from "./schema.ts";

export const DEFAULT_ENDPOINT = "unix:///var/run/docker.sock";

export interface DockerDeps {
  readonly timers: Timers;
  readonly api?: EngineApi;
  /** Id of the container that the gateway runs in. */
  readonly ownId?: () => Promise<string | undefined>;
}

/** What can change what we see. Health checks would add three events each, were everything asked for. */
const EVENTS = {
  type: ["container", "network"],
  event: ["start", "die", "destroy", "rename", "pause", "unpause", "health_status", "connect", "disconnect"],
};
/** A container that is recreated gives half a dozen events. */
const SETTLE_MS = 100;
/** Everything is read again this often, whatever the events say. */
const RELIST_MS = 60_000;
/** The same where a proxy keeps the events to itself. */
const POLL_MS = 5_000;

/**
 * Upstreams from the labels of running containers: reads all of them whenever an event says that something changed, and
 * again when the stream of events broke. @throws TypeError when the endpoint is no address
 */
export function dockerProvider(options: DockerOptions & { readonly endpoint: string }, deps: DockerDeps): Provider {
  const { timers, api = engineApi(options.endpoint), ownId = ownContainerId } = deps;

  return {
    name: "docker",
    watch(emit, signal, report) {
      const reader = new Reader(options, { api, timers, ownId });
      const backoff = new Backoff(timers);
      let last: string | undefined;
      let problems: readonly string[] = [];
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
      const show = (definitions: readonly UpstreamDefinition[]): void => {
        const text = JSON.stringify(definitions);
        if (text === last) return;
        last = text;
        emit(definitions);
      };
      reader.onLeft = show;
      const read = async (within: AbortSignal, more: readonly string[] = []): Promise<void> => {
        const found = await reader.read(within);
        if (within.aborted) return;
        backoff.reset();
        problems = [...found.problems, ...more];
        report({ problems });
        show(found.definitions);
        begin();
      };

      const run = async (): Promise<void> => {
        while (!signal.aborted) {
          try {
            await follow(read);
            // It ended without a fault: proxies do that to streams that are silent for long.
            await backoff.wait(signal);
          } catch (error) {
            if (signal.aborted) return;
            if (error instanceof EngineError && error.status === 403 && (await poll(error, read))) continue;
            report({ error: `the Docker engine at ${options.endpoint}: ${(error as Error).message}`, problems });
            begin();
            await backoff.wait(signal);
          }
        }
      };
      const poll = async (refused: EngineError, again: typeof read): Promise<boolean> => {
        try {
          await again(signal, [
            `events are not to be had (${refused.message}); looking every ${POLL_MS / 1000} s instead`,
          ]);
        } catch {
          return false;
        }
        await backoff.pause(POLL_MS, signal);
        return true;
      };
      const follow = (each: (within: AbortSignal) => Promise<void>): Promise<void> =>
        session(api, timers, each, signal);

      signal.addEventListener("abort", () => {
        reader.close();
        begin();
      });
      void run();
      return begun;
    },
  };
}

/** One stream of events: reads when it opens, soon after each event, and now and then. @throws Error of the stream or of a reading */
async function session(
  api: EngineApi,
  timers: Timers,
  read: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const end = new AbortController();
  const both = AbortSignal.any([signal, end.signal]);
  let cancel = (): void => undefined;
  let isSettling = false;
  let isReading = false;
  let isStale = false;
  const schedule = (ms: number): void => {
    cancel();
    cancel = timers.after(ms, () => void readAll());
  };
  const readAll = async (): Promise<void> => {
    isSettling = false;
    isReading = true;
    isStale = false;
    try {
      await read(both);
      if (!both.aborted) schedule(isStale ? SETTLE_MS : RELIST_MS);
    } catch (error) {
      end.abort(error);
    } finally {
      isReading = false;
    }
  };
  const on = {
    open: () => void readAll(),
    line: () => {
      isStale = true;
      if (isReading || isSettling) return;
      isSettling = true;
      schedule(SETTLE_MS);
    },
  };
  try {
    await api.follow(`/events?filters=${encodeURIComponent(JSON.stringify(EVENTS))}`, on, both);
    if (end.signal.aborted) throw end.signal.reason;
  } catch (error) {
    throw end.signal.aborted ? end.signal.reason : error;
  } finally {
    cancel();
    end.abort();
  }
}
