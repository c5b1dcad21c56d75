import { afterEach, expect, it } from "vitest";
import {
  ask,
  type Caller,
  type Got,
  type Json,
  MODERN,
  openWebUi,
  post,
  startScriptedHouse,
} from "../../testing/scripted-house.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const inputSchema = { type: "object" };
const TOOLS = [
  { name: "first", description: "Does one thing", inputSchema },
  { name: "second", inputSchema },
];

async function start() {
  const started = await startScriptedHouse({
    lab: { era: "legacy", tools: TOOLS, instructions: "x".repeat(600) },
    nas: { era: "modern", tools: TOOLS.toReversed(), instructions: " Ask second first. " },
    quiet: { era: "modern", tools: TOOLS },
  });
  open.push(started.house);
  return started.house;
}

const described = async (house: Awaited<ReturnType<typeof start>>, caller: Caller) => {
  const { tools } = (await ask(house, caller, "tools/list")) as { tools: Json[] };
  return Object.fromEntries(tools.map(({ name, description }) => [name, description]));
};

it("a release of Open WebUI that drops instructions reads them once, short, with each server's first tool", async () => {
  const house = await start();
  const said = `For all tools of lab: ${"x".repeat(500)}…`;
  expect(await described(house, { era: "legacy", headers: openWebUi("m") })).toEqual({
    lab__first: `Does one thing\n\n${said}`,
    lab__second: undefined,
    nas__second: "For all tools of nas: Ask second first.",
    nas__first: "Does one thing",
    quiet__first: "Does one thing",
    quiet__second: undefined,
  });
  const one = await described(house, { era: "legacy", path: "/servers/nas/mcp", headers: openWebUi("m") });
  expect(one).toEqual({ second: "For all tools of nas: Ask second first.", first: "Does one thing" });
});

it.each<Caller>([{ era: "modern", headers: openWebUi("m") }, { era: "legacy" }, { era: "modern" }])(
  "nobody else does, who reads them where they stand: %j",
  async (caller) => {
    const all = await described(await start(), caller);
    expect(JSON.stringify(all)).not.toContain("For all tools");
  },
);

it("a large result comes as plain JSON, whatever its upstream said before it: an event may have 1 MiB", async () => {
  const text = "x".repeat(1.5 * 1024 * 1024);
  const event = (message: object) => `data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`;
  const answer = ({ id }: Got) =>
    new Response(
      event({ method: "notifications/message", params: { level: "info", data: "nearly" } }) +
        event({ id, result: { resultType: "complete", content: [{ type: "text", text }] } }),
      { headers: { "content-type": "text/event-stream" } },
    );
  const { house } = await startScriptedHouse({ nas: { era: "modern", tools: TOOLS, answer } });
  open.push(house);
  const typeFor = async (more: Record<string, string>) => {
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": MODERN,
      "io.modelcontextprotocol/clientCapabilities": {},
      "io.modelcontextprotocol/logLevel": "info",
    };
    const headers = { "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "nas__first", ...more };
    const message = { id: 1, method: "tools/call", params: { name: "nas__first", arguments: {}, _meta } };
    const response = await post(house, "/mcp", headers, message);
    expect(await response.text()).toContain(text);
    return response.headers.get("content-type");
  };
  expect(await typeFor(openWebUi("m"))).toBe("application/json");
  expect(await typeFor({})).toBe("text/event-stream");
});
