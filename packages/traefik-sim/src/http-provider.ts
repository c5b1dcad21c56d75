import type { Timers } from "./file-provider.ts";
import { readDynamicFile } from "./config/index.ts";
import { createMerger, type MergedConfig } from "./runtime/load-directory.ts";

export interface HttpProviderOptions {
  /** Asks the endpoint, with whatever headers Traefik is told to send. */
  readonly fetch: () => Promise<Response>;
  /** `providers.http.pollInterval` in ms; default 5000, as Traefik's. */
  readonly pollInterval?: number;
}

/**
 * The HTTP provider: asks an endpoint for the whole configuration at start and at each interval. A body that is not 200,
 * or cannot be read, is logged, and the last good configuration stays; a body as before is skipped. Nothing is a template
 * here.
 *
 * @param apply called with each configuration that differs from the last one
 */
export function startHttpProvider(
  { fetch, pollInterval = 5000 }: HttpProviderOptions,
  timers: Timers,
  log: (line: string) => void,
  apply: (config: MergedConfig) => void,
): { close(): void } {
  let last: string | undefined;
  let isClosed = false;
  let timer: unknown;

  async function poll(): Promise<void> {
    try {
      const response = await fetch();
      const body = await response.text();
      if (response.status !== 200) throw new Error(`received non-ok response code: ${response.status}`);
      if (isClosed || body === last) return;
      // As Traefik does: a body that cannot be read is not read again.
      last = body;
      const { config, findings } = readDynamicFile(Buffer.from(body), "yaml", { isTemplate: false });
      if (config === undefined) throw new Error(findings[0]?.message ?? "cannot be decoded");
      const merger = createMerger();
      merger.add(config);
      apply(merger.config);
    } catch (error) {
      log(`Error occurred during http provider poll: ${(error as Error).message}`);
    } finally {
      if (!isClosed) timer = timers.setTimeout(() => void poll(), pollInterval);
    }
  }

  void poll();
  return {
    close() {
      isClosed = true;
      timers.clearTimeout(timer);
    },
  };
}
