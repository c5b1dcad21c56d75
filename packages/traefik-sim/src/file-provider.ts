import { watch, type FSWatcher } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { loadDirectory, LoadError, type MergedConfig } from "./runtime/load-directory.ts";

/** Timers that a test may replace. */
export interface Timers {
  readonly setTimeout: (run: () => void, ms: number) => unknown;
  readonly clearTimeout: (handle: unknown) => void;
}

export interface FileProviderOptions {
  readonly directory: string;
  /** Pause between two configurations handed on, in ms. */
  readonly throttle: number;
  /** False: no watching, as `watch: false` in Traefik; {@link FileProvider.reload} works all the same. */
  readonly watch: boolean;
  readonly timers: Timers;
  /** Called with each configuration that differs from the last one. */
  readonly apply: (config: MergedConfig) => void;
  readonly log: (line: string) => void;
}

export interface FileProvider {
  /** Reads the directory now, as on SIGHUP. */
  reload(): void;
  close(): void;
}

/**
 * The file provider: loads a directory at start and on every event that the system reports for the directory itself and
 * the files directly in it. What happens inside a sub-directory makes no event there, as in Traefik; touching the
 * sub-directory does. A load that fails is logged, and the last good configuration stays.
 */
export function startFileProvider(options: FileProviderOptions): FileProvider {
  const { directory, timers, log } = options;
  let last: MergedConfig | undefined;
  let waiting: MergedConfig | undefined;
  let pause: unknown;

  const handOn = (config: MergedConfig): void => {
    // Every load takes the slot, also one that changes nothing.
    pause = timers.setTimeout(() => {
      pause = undefined;
      const next = waiting;
      waiting = undefined;
      if (next !== undefined) handOn(next);
    }, options.throttle);
    if (isDeepStrictEqual(config, last)) return;
    last = config;
    options.apply(config);
  };

  const load = (): void => {
    let config: MergedConfig;
    try {
      const loaded = loadDirectory(directory);
      for (const line of loaded.log) log(line);
      config = loaded.config;
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      log(`Error occurred during watcher callback: ${error.message}`);
      return;
    }
    if (pause === undefined) handOn(config);
    else waiting = config;
  };

  let watcher: FSWatcher | undefined;
  if (options.watch) {
    watcher = watch(directory, { persistent: false }, load);
    watcher.on("error", (error) => log(`Watcher event error: ${error.message}`));
  }
  load();
  return {
    reload: load,
    close: () => {
      watcher?.close();
      if (pause !== undefined) timers.clearTimeout(pause);
      waiting = undefined;
    },
  };
}
