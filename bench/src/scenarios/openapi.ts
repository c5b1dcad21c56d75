// The OpenAPI front: a call as plain JSON against the relay of an MCP call, and the document of 500 tools.
import { once } from "node:events";
import { connect } from "node:net";
import { alternate, laneFigures, laneRow, type Lane } from "../alternate.ts";
import type { Era } from "../load/requests.ts";
import { median, rounded } from "../stats.ts";
import type { Bench, Outcome, Scenario } from "./scenario.ts";

const clients = 16;
const floor = "floor: raw relay";
const documentTools = 500;
const readings = 50;
const processes = 5;

export const openApi: Scenario = {
  name: "openapi",
  summary: "POST of a tool's arguments, upstreams of both eras; the document of 500 tools",
  isQuick: true,
  needsGateway: true,
  async *run(bench) {
    for (const era of ["modern", "legacy"] as const) yield await calls(bench, era);
    yield await besideMcpo(bench);
    yield await document(bench);
  },
};

async function calls(bench: Bench, era: Era): Promise<Outcome> {
  bench.say(`plain calls, ${era} upstream`);
  const upstream = await bench.stage.upstream(10);
  const relay = await bench.stage.relay(upstream);
  const path = `/${era}/x/mcp`;
  const gateway = await bench.stage.gateway({ upstreams: { [era]: `http://127.0.0.1:${upstream.port}${path}` } });
  const plain = { port: gateway.port, path: `/${era}/echo`, era, tool: "echo", isPlain: true };
  const lanes: readonly Lane[] = [
    { name: floor, through: relay, target: { port: relay.port, path, era, tool: "x__echo" } },
    { name: `POST ${plain.path}`, through: gateway, target: plain },
  ];
  const straight = [{ port: upstream.port, path, era, tool: "echo" }];
  const results = await alternate(bench, lanes, { clients, floor, straight });
  const title = `OpenAPI front, ${era} upstream, ${clients} clients`;
  return { title, rows: results.map(laneRow), figures: laneFigures(`openapi/${era}`, results) };
}

/** The same calls through mcpo, which speaks the legacy era only. */
async function besideMcpo(bench: Bench): Promise<Outcome> {
  const title = `OpenAPI front beside mcpo, ${clients} clients`;
  const upstream = await bench.stage.upstream(10);
  const url = `http://127.0.0.1:${upstream.port}/legacy/x/mcp`;
  const mcpo = await bench.stage.mcpo(url);
  if ("missing" in mcpo) return { title, rows: [{ mcpo: `not measured: ${mcpo.missing}` }], figures: {} };
  bench.say("plain calls beside mcpo");
  const gateway = await bench.stage.gateway({ upstreams: { x: url } });
  const plain = { era: "legacy", tool: "echo", isPlain: true } as const;
  const lanes: readonly Lane[] = [
    { name: "mcpo", through: mcpo, target: { ...plain, port: mcpo.port, path: "/echo" } },
    { name: "POST /x/echo", through: gateway, target: { ...plain, port: gateway.port, path: "/x/echo" } },
  ];
  const results = await alternate(bench, lanes, { clients, floor: "mcpo" });
  return { title, rows: results.map(laneRow), figures: laneFigures("openapi/mcpo", results) };
}

/**
 * The first request makes the document, the others find it in memory. Times in milliseconds, to the first byte; what a process
 * makes but once is the median of several processes.
 */
async function document(bench: Bench): Promise<Outcome> {
  bench.say(`the document of ${documentTools} tools`);
  const { port } = await bench.stage.upstream(documentTools);
  const firsts: number[] = [];
  const others: number[] = [];
  for (let process = 0; process < processes; process += 1) {
    const gateway = await bench.stage.gateway({ upstreams: { x: `http://127.0.0.1:${port}/modern/x/mcp` } });
    firsts.push(await timeToFirstByte(gateway.port));
    for (let reading = 0; reading < readings; reading += 1) others.push(await timeToFirstByte(gateway.port));
  }
  const firstByte = median(others);
  const build = median(firsts) - firstByte;
  return {
    title: `OpenAPI document of ${documentTools} tools`,
    rows: [
      {
        "build ms": rounded(build, 1),
        "first byte ms": rounded(firstByte, 2),
        "slowest ms": rounded(Math.max(...others), 2),
      },
    ],
    figures: { "openapi/document/build": build, "openapi/document/firstByte": firstByte },
  };
}

async function timeToFirstByte(port: number): Promise<number> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const begun = performance.now();
  socket.write(`GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept-Encoding: gzip\r\n\r\n`);
  const [first] = (await once(socket, "data")) as [Buffer];
  const took = performance.now() - begun;
  socket.destroy();
  const status = first.toString("latin1", 0, 12);
  if (status !== "HTTP/1.1 200") throw new Error(`No document: ${status}`);
  return took;
}
