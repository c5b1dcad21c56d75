import type { Registry } from "prom-client";
import { instruments, type Source } from "./instruments.ts";

let registry: Promise<{ registry: Registry; read(source: Source): void }> | undefined;

/**
 * Everything there is to count, in the Prometheus text exposition. The library is loaded when somebody asks for the first
 * time, which most never do.
 */
export async function renderMetrics(source: Source): Promise<{ readonly type: string; readonly text: string }> {
  registry ??= createRegistry();
  const loaded = await registry;
  loaded.read(source);
  return { type: loaded.registry.contentType, text: await loaded.registry.metrics() };
}

async function createRegistry() {
  const { default: prom } = await import("prom-client");
  const created = new prom.Registry();
  prom.collectDefaultMetrics({ register: created });
  let current: Source | undefined;
  for (const { name, type, help, samples } of instruments) {
    // What the library asks of a metric; its own classes would count a second time what is counted already.
    const metric = {
      name,
      get: async () => ({
        name,
        type,
        help,
        aggregator: "sum",
        values: (current === undefined ? [] : samples(current)).map(({ suffix, ...sample }) => ({
          ...sample,
          ...(suffix !== undefined && { metricName: `${name}${suffix}` }),
        })),
      }),
    };
    created.registerMetric(metric as never);
  }
  return { registry: created, read: (source: Source) => void (current = source) };
}
