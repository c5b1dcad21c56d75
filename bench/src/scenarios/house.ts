import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { houseServers } from "../house-servers.ts";
import { memory, treeMemory } from "../proc.ts";
import type { StdioProgram } from "../programs.ts";
import { numbersOf, rounded } from "../stats.ts";
import { startWrapped, type Wrapped } from "../wrapped.ts";
import type { Bench, Scenario } from "./scenario.ts";

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
    await (await bench.stage.gateway({ upstreams: servers })).stop();
    for (const server of Object.values(servers)) await (await startWrapped(server)).stop();

    bench.say("house: each server alone, by its wrapper");
    const alone: number[] = [];
    for (const server of Object.values(servers)) alone.push(await timeAlone(server));
    bench.say("house: all by their wrappers");
    const wrapped = await wrappersTogether(bench, servers);
    bench.say("house: all by the gateway");
    const gateway = await throughGateway(bench, servers);

    const slowest = Math.max(...alone);
    const rows = [
      {
        house: "by their wrappers",
        "all ready, ms": rounded(wrapped.ms, 0),
        "memory (PSS), MB": rounded(wrapped.pss, 0),
      },
      { house: "by the gateway", "all ready, ms": rounded(gateway.ms, 0), "memory (PSS), MB": rounded(gateway.pss, 0) },
      { house: "slowest server alone, by its wrapper", "all ready, ms": rounded(slowest, 0) },
      { house: "the gateway itself, whole (RSS)", "memory (PSS), MB": rounded(gateway.own, 0) },
    ];
    const saved = wrapped.pss === undefined || gateway.pss === undefined ? undefined : 1 - gateway.pss / wrapped.pss;
    const entries = [
      ["house/memory saved", saved],
      ["house/gateway memory", gateway.own],
      ["house/start against wrappers", gateway.ms / wrapped.ms],
      ["house/start against slowest", gateway.ms / slowest],
    ] as const;
    yield { title: `${alone.length} real servers`, rows, figures: numbersOf(entries) };
  },
};

async function timeAlone(server: StdioProgram): Promise<number> {
  const { ms, stop } = await startWrapped(server);
  await stop();
  return ms;
}

async function wrappersTogether(bench: Bench, servers: Readonly<Record<string, StdioProgram>>) {
  const started = performance.now();
  const all: Wrapped[] = await Promise.all(Object.values(servers).map(startWrapped));
  const ms = performance.now() - started;
  await sleep(bench.effort.settling);
  const pss = treeMemory(all.map(({ pid }) => pid));
  await Promise.all(all.map(({ stop }) => stop()));
  return { ms, pss };
}

async function throughGateway(bench: Bench, upstreams: Readonly<Record<string, StdioProgram>>) {
  const started = performance.now();
  const gateway = await bench.stage.gateway({ upstreams, pollMs: 100 });
  const ms = performance.now() - started;
  await sleep(bench.effort.settling);
  return { ms, pss: treeMemory([gateway.pid]), own: memory(gateway.pid)?.now };
}
