import { alternate, laneFigures, laneRow, type Lane } from "../alternate.ts";
import type { Era } from "../load/requests.ts";
import type { Program } from "../programs.ts";
import type { Scenario } from "./scenario.ts";

const eras: readonly Era[] = ["modern", "legacy"];
const floor = "floor: raw relay";

/** The processes that calls go to; the gateway is missing when it is not built. */
interface Cast {
  readonly upstream: Program;
  readonly naive: Program;
  readonly relay: Program;
  readonly gateway: Program | undefined;
}

/** What a call costs on each way, upstream and client of the same era. */
export const calls: Scenario = {
  name: "calls",
  summary: "calls per second, latency and CPU per call: direct, forwarders, gateway; both eras",
  isQuick: true,
  needsGateway: false,
  async *run(bench) {
    const { stage, effort } = bench;
    const upstream = await stage.upstream(10);
    const cast: Cast = {
      upstream,
      naive: await stage.naive(upstream),
      relay: await stage.relay(upstream),
      gateway: bench.hasGateway ? await stage.gateway({ upstreams: upstreamsOf(upstream) }) : undefined,
    };
    for (const clients of effort.clients) {
      for (const era of eras) {
        const title = `${era} era, ${clients} ${clients === 1 ? "client" : "clients"}`;
        bench.say(title);
        const results = await alternate(bench, lanesOf(cast, era), { clients, floor });
        yield { title, rows: results.map(laneRow), figures: laneFigures(`${era}/c${clients}`, results) };
      }
    }
  },
};

/** One upstream per era, named after it, so that a client of either era finds one of its own. */
const upstreamsOf = ({ port }: Program) =>
  Object.fromEntries(eras.map((era) => [era, `http://127.0.0.1:${port}/${era}/x/mcp`]));

function lanesOf({ upstream, naive, relay, gateway }: Cast, era: Era): readonly Lane[] {
  const path = `/${era}/x/mcp`;
  const [tool, qualified] = ["echo", `${era}__echo`];
  const lane = (name: string, through: Program, where: string, what: string): Lane => {
    return { name, through, target: { port: through.port, path: where, era, tool: what } };
  };
  return [
    { name: "direct", target: { port: upstream.port, path, era, tool } },
    lane("naive forwarder", naive, path, qualified),
    lane(floor, relay, path, qualified),
    ...(gateway
      ? [
          lane("gateway /servers/x/mcp", gateway, `/servers/${era}/mcp`, tool),
          lane("gateway /mcp", gateway, "/mcp", qualified),
        ]
      : []),
  ];
}
