import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { houseServers } from "../house-servers.ts";
import { type HouseStart, startHouse } from "../house-start.ts";
import { cpuBelow, memory, treeMemory } from "../proc.ts";
import type { StdioProgram } from "../programs.ts";
import { numbersOf, rounded } from "../stats.ts";
import { startWrapped, type Wrapped } from "../wrapped.ts";
import type { Bench, Scenario } from "./scenario.ts";

type Servers = Readonly<Record<string, StdioProgram>>;

/** One server in a gateway of its own: when it was shown as up, and the processor time it took until then, in milliseconds. */
interface Alone {
  readonly ms: number;
  readonly cpu: number;
}

/** A house of real servers: how soon it is there, and what it costs, beside the same servers run by their wrappers. */
export const house: Scenario = {
  name: "house",
  summary:
    "thirteen real servers by npx and uvx: start and memory, beside their wrappers (needs both, and a network once)",
  isQuick: false,
  needsGateway: true,
  async *run(bench) {
    const missing = ["npx", "uvx"].filter((tool) => spawnSync(tool, ["--version"]).status !== 0);
    if (missing.length > 0) return bench.say(`house: left out, there is no ${missing.join(" and no ")} here`);
    const servers = houseServers();
    bench.say("house: fetching what is not there yet");
    for (const server of Object.values(servers)) await (await startWrapped(server)).stop();
    await (await startHouse(bench.stage, servers)).gateway.stop();

    bench.say("house: all by their wrappers");
    const wrapped = await wrappersTogether(bench, servers);
    bench.say("house: each server alone, in a gateway of its own");
    const alone = await eachAlone(bench, servers);
    bench.say("house: all in one gateway");
    const together = await startHouse(bench.stage, servers);
    await sleep(bench.effort.settling);
    const { pid } = together.gateway;
    const all = { pss: treeMemory([pid]), own: memory(pid)?.now };

    const ready = Math.max(...together.shown.values());
    const late = lateness(together, alone);
    const rows = [
      {
        house: "by their wrappers",
        "all ready, ms": rounded(wrapped.ms, 0),
        "memory (PSS), MB": rounded(wrapped.pss, 0),
      },
      { house: "in one gateway", "all ready, ms": rounded(ready, 0), "memory (PSS), MB": rounded(all.pss, 0) },
      { house: "1.3 x the slowest, and the processors' time", "all ready, ms": rounded(ready - late.all, 0) },
      { house: "slowest server alone, in a gateway of its own", "all ready, ms": rounded(late.slowest, 0) },
      {
        house: "processor time of each alone until ready, all of them by the cores",
        "all ready, ms": rounded(late.processors, 0),
      },
      { house: "the gateway itself, whole (RSS)", "memory (PSS), MB": rounded(all.own, 0) },
    ];
    const saved = wrapped.pss === undefined || all.pss === undefined ? undefined : 1 - all.pss / wrapped.pss;
    const entries = [
      ["house/memory saved", saved],
      ["house/gateway memory", all.own],
      ["house/start against wrappers", ready / wrapped.ms],
      ["house/all ready late", late.all],
      ["house/one ready late", late.one],
      ["house/first answers", Math.max(together.livez, together.health, together.toolsListed)],
    ] as const;
    yield { title: `${alone.size} real servers`, rows, figures: numbersOf(entries) };
    const { livez, health, toolsList, toolsListed, shown } = together;
    const times = [...shown].map(([name, ms]) => {
      const own = alone.get(name)!;
      return {
        moment: `${name} is up`,
        "after, ms": rounded(ms, 0),
        "alone, ms": rounded(own.ms, 0),
        "processor alone, ms": own.cpu,
      };
    });
    yield {
      title: "from the start of the gateway's process",
      rows: [
        { moment: "/livez", "after, ms": rounded(livez, 0), "alone, ms": undefined, "processor alone, ms": undefined },
        { moment: "/health", "after, ms": rounded(health, 0) },
        { moment: "tools/list", "after, ms": rounded(toolsList, 0) },
        { moment: "tools/list has the tools of the last run", "after, ms": rounded(toolsListed, 0) },
        ...times,
      ],
      figures: {},
    };
  },
};

async function eachAlone(bench: Bench, servers: Servers): Promise<ReadonlyMap<string, Alone>> {
  const alone = new Map<string, Alone>();
  for (const [name, server] of Object.entries(servers)) {
    const { gateway, shown } = await startHouse(bench.stage, { [name]: server });
    alone.set(name, { ms: shown.get(name)!, cpu: cpuBelow(gateway.pid) ?? 0 });
    await gateway.stop();
  }
  return alone;
}

/**
 * How much later than it may a server was ready, in milliseconds: it has 1.3 times what it takes alone, and the time that
 * the processors need for all of them, since they have to share them.
 */
function lateness({ shown }: HouseStart, alone: ReadonlyMap<string, Alone>) {
  const processors = [...alone.values()].reduce((sum, { cpu }) => sum + cpu, 0) / availableParallelism();
  const slowest = Math.max(...[...alone.values()].map(({ ms }) => ms));
  return {
    slowest,
    processors,
    all: Math.max(...shown.values()) - (1.3 * slowest + processors),
    one: Math.max(...[...shown].map(([name, ms]) => ms - (1.3 * alone.get(name)!.ms + processors))),
  };
}

async function wrappersTogether(bench: Bench, servers: Servers) {
  const started = performance.now();
  const all: Wrapped[] = await Promise.all(Object.values(servers).map(startWrapped));
  const ms = performance.now() - started;
  await sleep(bench.effort.settling);
  const pss = treeMemory(all.map(({ pid }) => pid));
  await Promise.all(all.map(({ stop }) => stop()));
  return { ms, pss };
}
