// A call of many minutes is never silent for long, whichever front it came through and whichever era its upstream speaks.
import { describe, expect, it, onTestFinished } from "vitest";
import { openApiSchema } from "./fronts/openapi/settings.ts";
import { type Json, LEGACY, MODERN, post, startScriptedHouse } from "./testing/scripted-house.ts";

const CALL_MS = 400_000;
const STEP_MS = 1_000;
const DONE = { content: [{ type: "text", text: "done" }] };

/** A house whose tool takes as long as the test wants. */
async function start(era: "modern" | "legacy", { timeout = "10m", openapi = {} } = {}) {
  const { promise, resolve } = Promise.withResolvers<Json>();
  const started = await startScriptedHouse(
    {
      nas: {
        era,
        tools: [{ name: "slow", inputSchema: { type: "object" } }],
        options: { timeout },
        answer: () => promise,
      },
    },
    { openapi: openApiSchema.parse(openapi) },
  );
  onTestFinished(() => started.house.close());
  return { ...started, finish: () => resolve(DONE) };
}
type Started = Awaited<ReturnType<typeof start>>;

/** Moves time on to the end of the call; says when bytes came, in seconds, and what they were. */
async function watch({ timers, finish }: Started, asked: Promise<Response>) {
  const begun = timers.now();
  const at: number[] = [];
  let text = "";
  let response: Response | undefined;
  const read = asked.then(async (answer) => {
    response = answer;
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      at.push((timers.now() - begun) / 1_000);
      text += Buffer.from(chunk).toString();
    }
  });
  while (timers.now() - begun < CALL_MS) await timers.advance(STEP_MS);
  finish();
  await read;
  const gaps = at.map((time, index) => time - (at[index - 1] ?? 0));
  return {
    status: response?.status,
    type: response?.headers.get("content-type"),
    text,
    first: at[0] ?? Infinity,
    gaps,
  };
}

const META = {
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientInfo": { name: "mcp", version: "0.1.0" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

describe.each(["modern", "legacy"] as const)("in front of a %s upstream", (era) => {
  it.each([
    ["modern, JSON", { _meta: META }, "application/json"],
    ["modern, event stream", { _meta: { ...META, progressToken: 1 } }, "text/event-stream"],
    ["legacy, JSON", {}, "application/json"],
    ["legacy, event stream", { _meta: { progressToken: 1 } }, "text/event-stream"],
  ])("a call over MCP, %s, sends something every 20 s", async (client, more, type) => {
    const started = await start(era);
    const isModern = client.startsWith("modern");
    const headers = isModern
      ? { "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "nas__slow" }
      : { "MCP-Protocol-Version": LEGACY };
    const message = { id: 1, method: "tools/call", params: { name: "nas__slow", arguments: {}, ...more } };
    const seen = await watch(started, post(started.house, "/mcp", headers, message));
    expect(Math.max(...seen.gaps)).toBeLessThanOrEqual(20);
    expect(seen).toMatchObject({ status: 200, type });
    const json = /[{].*[}]/.exec(seen.text)?.[0] ?? "";
    expect(JSON.parse(json)).toMatchObject({ id: 1, result: DONE });
  });

  const call = ({ house }: Started) => post(house, "/nas/slow", {}, {});

  it("a call over OpenAPI sends something after 65 s and then every 20 s", async () => {
    const started = await start(era);
    const seen = await watch(started, call(started));
    expect(seen.first).toBeGreaterThan(60);
    expect(seen.first).toBeLessThanOrEqual(70);
    expect(Math.max(...seen.gaps.slice(1))).toBeLessThanOrEqual(20);
    expect(seen).toMatchObject({ status: 200, type: "application/json", text: expect.stringMatching(/^ +"done"$/) });
  });

  it("a call over OpenAPI sends something as early as it is told to", async () => {
    const started = await start(era, { openapi: { keep_alive: "15s" } });
    const seen = await watch(started, call(started));
    expect(Math.max(...seen.gaps)).toBeLessThanOrEqual(20);
    expect(seen).toMatchObject({ status: 200, text: expect.stringMatching(/^ +"done"$/) });
  });

  it("a call over OpenAPI that fails in the usual time has its own status", async () => {
    const started = await start(era, { timeout: "60s" });
    const asked = call(started);
    await started.timers.advance(60_000);
    const response = await asked;
    expect([response.status, await response.json()]).toMatchObject([
      504,
      { detail: { message: expect.stringContaining("60 s") } },
    ]);
  });

  it("a call over OpenAPI that fails later says in its body what the status would have been", async () => {
    const started = await start(era, { timeout: "2m" });
    const asked = call(started);
    await started.timers.advance(120_000);
    const response = await asked;
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      detail: { status: 504, message: "nas did not answer slow within 120 s", data: { upstream: "nas" } },
    });
  });
});
