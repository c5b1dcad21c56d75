import type { LiveConfig } from "../../reload/live-config.ts";
import type { Provider, ProviderEndpoint } from "../provider.ts";

/** Upstreams of the configuration files, as they are now. */
export function fileProvider(live: LiveConfig, endpoint?: ProviderEndpoint): Provider {
  return {
    name: "file",
    ...(endpoint !== undefined && { endpoint }),
    async watch(emit, signal, report) {
      let emitted = live.current;
      emit(emitted.upstreams);
      const stop = live.subscribe(() => {
        const { problems } = live.report();
        report(problems === undefined ? {} : { error: `the configuration is not in force: ${problems[0]}` });
        if (live.current === emitted) return;
        emitted = live.current;
        emit(emitted.upstreams);
      });
      signal.addEventListener("abort", stop, { once: true });
      await live.start(signal);
    },
  };
}
