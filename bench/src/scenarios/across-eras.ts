import { alternate, laneFigures, laneRow, type Lane } from "../alternate.ts";
import type { Era } from "../load/requests.ts";
import type { Scenario } from "./scenario.ts";

const clients = 16;

/** What it costs when client and upstream are of different eras and the gateway translates. */
export const acrossEras: Scenario = {
  name: "across-eras",
  summary: "the translator: each era's client at an upstream of the other era, beside the same era",
  isQuick: false,
  needsGateway: true,
  async *run(bench) {
    const upstream = await bench.stage.upstream(10);
    const url = (era: Era): string => `http://127.0.0.1:${upstream.port}/${era}/x/mcp`;
    const gateway = await bench.stage.gateway({ upstreams: { modern: url("modern"), legacy: url("legacy") } });
    const lane = (client: Era, server: Era): Lane => ({
      name: `${client} client, ${server} upstream`,
      through: gateway,
      target: { port: gateway.port, path: "/mcp", era: client, tool: `${server}__echo` },
    });
    const same = lane("modern", "modern");
    const lanes = [same, lane("legacy", "legacy"), lane("modern", "legacy"), lane("legacy", "modern")];
    bench.say("across eras");
    const results = await alternate(bench, lanes, { clients, floor: same.name });
    yield {
      title: `gateway /mcp across eras, ${clients} clients (floor: ${same.name})`,
      rows: results.map(laneRow),
      figures: laneFigures("across-eras", results),
    };
  },
};
