// The MCP Inspector's command line, a client that many check their servers with.
import { beforeAll, expect, test } from "vitest";
import { startGateway, startShard, type Gateway } from "./support/house.ts";
import { findInspector, inspect, type InspectorRun } from "./support/inspector.ts";
import { stopAtEnd } from "./support/program.ts";

const inspector = findInspector();
const stopLater = stopAtEnd();
let gateway: Gateway;

beforeAll(async () => {
  const { url } = await stopLater(startShard("time"));
  gateway = await stopLater(startGateway({ upstreams: { time: { kind: "shard", url } } }));
});

const ways = [
  { era: "legacy", path: "/mcp", tool: "time__current_time" },
  { era: "modern", path: "/mcp", tool: "time__current_time" },
  { era: "legacy", path: "/servers/time/mcp", tool: "current_time" },
  { era: "modern", path: "/servers/time/mcp", tool: "current_time" },
] as const;

const call = ["--method", "tools/call", "--tool-name"];
const zones = (name: string) => ["--tool-args-json", JSON.stringify({ zones: [name] })];

function resultOf({ code, stdout, stderr }: InspectorRun): unknown {
  if (code !== 0) throw new Error(`the Inspector ended with ${code}: ${stderr}`);
  return (JSON.parse(stdout) as { result: unknown }).result;
}

test.for(ways)("the Inspector in the $era era lists and calls at $path", async ({ era, path, tool }, { skip }) => {
  if (typeof inspector !== "string") return skip(inspector.missing);
  const run = (...args: string[]) => inspect(inspector, { url: gateway.url + path, era, args });
  const listed = run("--method", "tools/list", "--strict");
  const called = run(...call, tool, ...zones("Europe/Berlin"));
  const named = expect.arrayContaining([expect.objectContaining({ name: tool })]);
  expect(resultOf(await listed)).toMatchObject({ tools: named });
  expect(resultOf(await called)).toMatchObject({ structuredContent: { zones: [{ zone: "Europe/Berlin" }] } });
});

test("the Inspector hears of a failed tool and of an unknown one", async ({ skip }) => {
  if (typeof inspector !== "string") return skip(inspector.missing);
  const run = (...args: string[]) => inspect(inspector, { url: `${gateway.url}/mcp`, era: "modern", args });
  const runs = [run(...call, "time__current_time", ...zones("Atlantis")), run(...call, "time__nothing")];
  // Its exit code for both.
  expect((await Promise.all(runs)).map(({ code }) => code)).toEqual([5, 5]);
});
