// How the cost of a call grows with what the gateway holds: the same call through gateways of different sizes, in turn.
import { alternate, laneFigures, laneRow, type Lane } from "../alternate.ts";
import type { Era } from "../load/requests.ts";
import { memory } from "../proc.ts";
import type { Program } from "../programs.ts";
import { rounded } from "../stats.ts";
import type { Bench, Outcome, Scenario } from "./scenario.ts";

const clients = 16;

/** A gateway of some size, and how it is called. */
interface Size {
  readonly name: string;
  readonly gateway: Program;
  /** Where its first upstream is. */
  readonly upstream: Program;
  readonly tool: string;
  readonly sessions?: number;
}

/** Measures gateways of different sizes in turn; the first, smallest one is the floor. */
async function compare(bench: Bench, title: string, era: Era, sizes: readonly Size[]): Promise<Outcome> {
  bench.say(title);
  const before = sizes.map(({ gateway }) => memory(gateway.pid)?.now);
  const lanes = sizes.map(({ name, gateway, tool, sessions }): Lane => {
    const target = { port: gateway.port, path: "/mcp", era, tool };
    return { name, through: gateway, target, ...(sessions === undefined ? {} : { sessions }) };
  });
  const straight = [...new Set(sizes.map(({ upstream }) => upstream.port))].map((port) => {
    return { port, path: `/${era}/x/mcp`, era, tool: "echo" };
  });
  const results = await alternate(bench, lanes, { clients, floor: lanes[0]!.name, straight });
  return {
    title: `${title}: gateway /mcp, ${era} era, ${clients} clients`,
    rows: results.map((result, index) => ({ ...laneRow(result), "RSS MB before": rounded(before[index], 0) })),
    figures: laneFigures("growth", results),
  };
}

/** 10, 1,000 and 10,000 tools in one upstream. */
export const tools: Scenario = {
  name: "tools",
  summary: "10, 1,000 and 10,000 tools in the catalog",
  isQuick: false,
  needsGateway: true,
  async *run(bench) {
    const sizes: Size[] = [];
    for (const count of [10, 1000, 10_000]) {
      const upstream = await bench.stage.upstream(count);
      const gateway = await bench.stage.gateway({ upstreams: { x: `http://127.0.0.1:${upstream.port}/modern/x/mcp` } });
      sizes.push({ name: `${count} tools`, gateway, upstream, tool: "x__echo" });
    }
    yield await compare(bench, "tools in the catalog", "modern", sizes);
  },
};

/** 1, 20 and 200 upstreams of ten tools. */
export const upstreams: Scenario = {
  name: "upstreams",
  summary: "1, 20 and 200 upstreams of ten tools each",
  isQuick: false,
  needsGateway: true,
  async *run(bench) {
    const upstream = await bench.stage.upstream(10);
    const sizes: Size[] = [];
    for (const count of [1, 20, 200]) {
      const names = Array.from({ length: count }, (_, index) => `u${index}`);
      const urls = names.map((name): [string, string] => [
        name,
        `http://127.0.0.1:${upstream.port}/modern/${name}/mcp`,
      ]);
      const gateway = await bench.stage.gateway({ upstreams: Object.fromEntries(urls) });
      sizes.push({ name: `${count} upstreams`, gateway, upstream, tool: "u0__echo" });
    }
    yield await compare(bench, "upstreams", "modern", sizes);
  },
};

/** One session shared by all clients, and 1,000 spread over them. */
export const sessions: Scenario = {
  name: "sessions",
  summary: "1 and 1,000 legacy sessions",
  isQuick: false,
  needsGateway: true,
  async *run(bench) {
    const upstream = await bench.stage.upstream(10);
    const sizes: Size[] = [];
    for (const count of [1, 1000]) {
      const gateway = await bench.stage.gateway({ upstreams: { x: `http://127.0.0.1:${upstream.port}/legacy/x/mcp` } });
      sizes.push({ name: `${count} sessions`, gateway, upstream, tool: "x__echo", sessions: count });
    }
    yield await compare(bench, "sessions", "legacy", sizes);
  },
};
