import { alternate, laneFigures, laneRow, type Lane } from "../alternate.ts";
import type { Era } from "../load/requests.ts";
import type { Program } from "../programs.ts";
import type { Scenario } from "./scenario.ts";

const eras: readonly Era[] = ["modern", "legacy"];
const floor = "floor: pipe relay";

/** What a call costs that ends at a program, beside a bare relay onto a pipe. */
export const stdio: Scenario = {
  name: "stdio",
  summary: "calls to an upstream that is a program, beside a bare relay of JSON lines; both eras",
  isQuick: false,
  needsGateway: true,
  async *run(bench) {
    const { stage, effort } = bench;
    const programs = { modern: stage.program(10, "modern"), legacy: stage.program(10, "legacy") };
    const gateway = await stage.gateway({ upstreams: programs });
    for (const era of eras) {
      const relay = await stage.pipeRelay(programs[era]);
      const lane = (name: string, through: Program, path: string, tool: string): Lane => {
        return { name, through, target: { port: through.port, path, era, tool } };
      };
      const lanes = [
        lane(floor, relay, "/mcp", `${era}__echo`),
        lane("gateway /servers/x/mcp", gateway, `/servers/${era}/mcp`, "echo"),
        lane("gateway /mcp", gateway, "/mcp", `${era}__echo`),
      ];
      for (const clients of effort.clients) {
        const title = `a program of the ${era} era, ${clients} ${clients === 1 ? "client" : "clients"}`;
        bench.say(title);
        const results = await alternate(bench, lanes, { clients, floor });
        yield { title, rows: results.map(laneRow), figures: laneFigures(`stdio/${era}/c${clients}`, results) };
      }
    }
  },
};
