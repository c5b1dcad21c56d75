import { alternate, type Lane, laneFigures, laneRow } from "../alternate.ts";
import { startPeers } from "../peers.ts";
import type { Bench, Scenario } from "./scenario.ts";

const clients = 16;
const floor = "floor: pipe relay";
/** How long a peer is tried before it counts, in milliseconds. */
const TRIAL_MS = 500;

/** Calls that end at a program, through the gateway and through the published gateways that can do the same. */
export const stdioPeers: Scenario = {
  name: "stdio-peers",
  summary:
    "calls to a program through published gateways beside ours (those that node scripts/peers.mjs has installed)",
  isQuick: false,
  needsGateway: true,
  async *run(bench) {
    const { stage } = bench;
    const program = stage.program(10, "legacy");
    const lane = (name: string, through: Lane["through"] & {}, path: string, tool: string): Lane => {
      return { name, through, target: { port: through.port, path, era: "legacy", tool } };
    };
    const gateway = await stage.gateway({ upstreams: { x: program } });
    const ours = [
      lane(floor, await stage.pipeRelay(program), "/mcp", "x__echo"),
      lane("gateway /servers/x/mcp", gateway, "/servers/x/mcp", "echo"),
      lane("gateway /mcp", gateway, "/mcp", "x__echo"),
    ];
    const theirs: Lane[] = [];
    const leftOut: { readonly way: string; readonly "calls/s": string }[] = [];
    for (const peer of await startPeers(stage, program)) {
      const problem = "missing" in peer ? peer.missing : await trial(bench, peer);
      if (problem === undefined && "target" in peer) theirs.push(peer);
      else leftOut.push({ way: peer.name, "calls/s": `left out: ${problem}` });
    }
    for (const { way, "calls/s": why } of leftOut) bench.say(`stdio-peers: ${way} ${why}`);
    bench.say(`a program beside ${theirs.length} published gateways`);
    const results = await alternate(bench, [...ours, ...theirs], { clients, floor });
    const rateOf = (names: readonly Lane[]): number[] =>
      results.filter(({ name }) => names.some((one) => one.name === name)).map(({ rate }) => rate);
    const best = Math.max(...rateOf(theirs));
    const own = Math.min(...rateOf(ours.slice(1)));
    yield {
      title: `a program of the legacy era, published gateways beside ours, ${clients} clients`,
      rows: [...results.map(laneRow), ...leftOut],
      figures: {
        ...laneFigures("stdio-peers", results),
        // Nothing to compare with is no win.
        ...(theirs.length > 0 && { "stdio-peers/against the best": own / best }),
      },
    };
  },
};

/** @returns why it cannot be measured; undefined where it can */
async function trial(bench: Bench, { target }: Lane): Promise<string | undefined> {
  try {
    const { calls, errors, firstError } = await bench.load.run({ target, clients, warmUp: 0, duration: TRIAL_MS });
    return calls === 0 || errors > calls ? `no right answer: ${firstError ?? "none at all"}` : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
