import { setTimeout as sleep } from "node:timers/promises";
import { memory as memoryOf } from "../proc.ts";
import type { Program } from "../programs.ts";
import { numbersOf, rounded } from "../stats.ts";
import type { Bench, Scenario } from "./scenario.ts";

const clients = 64;

interface Candidate {
  readonly name: string;
  readonly path: string;
  start(): Promise<Program>;
}

/** Resident memory: idle, at its highest under load, and a while after it. */
export const memory: Scenario = {
  name: "memory",
  summary: `resident memory idle, under ${clients} clients, and afterwards`,
  isQuick: true,
  needsGateway: false,
  async *run(bench) {
    const { stage } = bench;
    const upstream = await stage.upstream(10);
    const path = "/modern/x/mcp";
    const upstreams = { modern: `http://127.0.0.1:${upstream.port}${path}` };
    const candidates: readonly Candidate[] = [
      { name: "naive forwarder", path, start: () => stage.naive(upstream) },
      { name: "raw relay", path, start: () => stage.relay(upstream) },
      ...(bench.hasGateway ? [{ name: "gateway", path: "/mcp", start: () => stage.gateway({ upstreams }) }] : []),
    ];
    const entries: (readonly [string, number | undefined])[] = [];
    const rows: Record<string, string | number | undefined>[] = [];
    for (const candidate of candidates) {
      const figures = await watch(bench, candidate);
      rows.push({ program: candidate.name, ...figures });
      for (const [key, value] of Object.entries(figures)) entries.push([`memory/${candidate.name}/${key}`, value]);
    }
    yield { title: "resident memory, MB", rows, figures: numbersOf(entries) };
  },
};

async function watch(bench: Bench, { name, path, start }: Candidate) {
  bench.say(`memory: ${name}`);
  const { warmUp, duration, settling } = bench.effort;
  const { pid, port, stop } = await start();
  await sleep(settling);
  const idle = memoryOf(pid)?.now;
  const target = { port, path, era: "modern", tool: "modern__echo" } as const;
  await bench.load.run({ target, clients, warmUp, duration: duration * 3 });
  const peak = memoryOf(pid)?.peak;
  await sleep(settling);
  const afterwards = memoryOf(pid)?.now;
  await stop();
  return {
    idle: rounded(idle, 0),
    "highest under load": rounded(peak, 0),
    afterwards: rounded(afterwards, 0),
  };
}
