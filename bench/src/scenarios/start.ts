import { performance } from "node:perf_hooks";
import { median, rounded } from "../stats.ts";
import type { Bench, Scenario } from "./scenario.ts";

/** From starting the process to the first answer of /livez, as a person starts it: the bundle, its compile cache filled by the first start. */
export const start: Scenario = {
  name: "start",
  summary: "time from starting the process to /livez",
  isQuick: true,
  needsGateway: true,
  async *run(bench) {
    const { port } = await bench.stage.upstream(10);
    const url = `http://127.0.0.1:${port}/modern/x/mcp`;
    bench.say("start time");
    const first = await timeToLive(bench, url);
    const times: number[] = [];
    for (let count = 0; count < bench.effort.starts; count += 1) times.push(await timeToLive(bench, url));
    const row = {
      starts: times.length,
      "first ms": rounded(first, 0),
      "median ms": rounded(median(times), 0),
      "slowest ms": rounded(Math.max(...times), 0),
    };
    yield { title: "start to /livez", rows: [row], figures: { "start/livez": median(times) } };
  },
};

async function timeToLive({ stage }: Bench, url: string): Promise<number> {
  const startedAt = performance.now();
  const gateway = await stage.gateway({ upstreams: { x: url }, until: "live" });
  const took = performance.now() - startedAt;
  await gateway.stop();
  return took;
}
