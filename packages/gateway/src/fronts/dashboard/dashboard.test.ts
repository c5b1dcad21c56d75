import { fetchExchange, fetchSender } from "@shardgate/mcp-wire";
import { serveSurface } from "@shardgate/mcp-wire/server";
import { load } from "cheerio";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiKeyAccess } from "../../access/api-key.ts";
import { DEFAULT_CONFIG } from "../../config/schema.ts";
import { createHouse } from "../../house.ts";
import { memoryLogger } from "../../testing/calls.ts";
import { FakeTimers } from "../../testing/fake-timers.ts";
import { upstreamOptionsSchema } from "../../upstreams/index.ts";
import { dashboardFront, type DashboardDeps } from "./index.ts";
import { fieldsOf, readFields } from "./tool-form.ts";

const inputSchema = {
  type: "object",
  properties: {
    text: { type: "string", title: "Text", description: "What to <say>" },
    count: { type: "integer" },
    loud: { type: "boolean", default: true },
    tone: { enum: ["high", "low"] },
    tags: { type: "array", items: { type: "string" } },
  },
  required: ["text"],
};
const surface = serveSurface({
  name: "echo-server",
  version: "1",
  tools: [{ name: "echo", title: "Echo", description: "Says <b>it</b> again", inputSchema }],
  callTool: async (_, args) =>
    args["text"] === "fail"
      ? { content: [{ type: "text", text: "it <failed>" }], isError: true }
      : { content: [{ type: "text", text: JSON.stringify(args) }] },
});
const timers = new FakeTimers();
const definitions = ["echo", "gone"].map((name) => ({
  id: name,
  name,
  options: upstreamOptionsSchema.parse({ kind: "mcp-http", url: `http://${name}/mcp` }),
}));
const house = createHouse({
  config: DEFAULT_CONFIG,
  providers: [{ name: "test", watch: async (emit) => emit(definitions) }],
  logger: memoryLogger(),
  timers,
  createSender: (origin) =>
    fetchSender(origin, (request) =>
      origin === "http://echo" ? surface.fetch(request) : Promise.reject(new Error("refused")),
    ),
});

beforeAll(async () => {
  await house.start();
  for (let turn = 0; turn < 20 && house.gateway.status().upstreams[0]?.state !== "up"; turn++) await timers.advance(20);
  await timers.advance(50);
});
afterAll(async () => {
  await house.close();
  await surface.close();
});

function front(changes: Partial<DashboardDeps> = {}) {
  const made = dashboardFront({
    gateway: house.gateway,
    logger: memoryLogger(),
    version: "9.9",
    access: new ApiKeyAccess({ strict: false }),
    dashboard: () => ({ enabled: true, try_tools: true }),
    ...changes,
  });
  return async (path: string, form?: Record<string, string>) => {
    const handler = made.route(path);
    if (handler === undefined) return { status: 0, text: "", $: load(""), headers: new Headers() };
    const init = form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) };
    const answer = await fetchExchange(new Request(`http://localhost${path}`, init), handler);
    const text = await answer.text();
    return { status: answer.status, text, $: load(text), headers: answer.headers };
  };
}

const TOOL = "/dashboard/tools/echo__echo";

describe("dashboard", () => {
  it("is whole without scripts, loads nothing from elsewhere, and runs nothing that is not its own", async () => {
    const { status, $, headers, text } = await front()("/");
    expect(status).toBe(200);
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    const addresses = $("[src],link[href]")
      .toArray()
      .map((one) => $(one).attr("src") ?? $(one).attr("href"));
    expect(addresses).toEqual(["data:,", "/dashboard/style.css", "/dashboard/live.js"]);
    expect($("noscript").html()).toContain('http-equiv="refresh"');
    expect(text).not.toMatch(/<script>|style="|onclick/);
    expect($("table").first().find("tbody tr")).toHaveLength(2);
    expect($("main").text()).toMatch(/1 of 2\s*upstreams up/);
    expect($(".warn").text()).toMatch(/gone is down: .*refused/);
  });

  it("shows calls as they happen", async () => {
    const get = front();
    await get(TOOL, { "arg.text": "hello" });
    const { $ } = await get("/dashboard/live");
    expect($("table").last().find("tbody tr").first().text()).toMatch(/echo · echo\s*ok/);
    expect($("header")).toHaveLength(0);
  });

  it("has a page for each upstream, with its tools", async () => {
    const { $ } = await front()("/dashboard/upstreams/echo");
    expect($("a[href='/dashboard/tools/echo__echo']").text()).toBe("echo__echo");
    expect($("main").text()).toContain("Says <b>it</b> again");
    expect((await front()("/dashboard/upstreams/none")).status).toBe(404);
    expect((await front()("/dashboard/upstreams/%ff")).status).toBe(0);
  });

  it("makes a form of a tool's schema", async () => {
    const { $ } = await front()(TOOL);
    expect(
      $("form label span")
        .toArray()
        .map((one) => $(one).text()),
    ).toEqual(["Text (text) *", "count", "loud", "tone", "tags"]);
    expect($("[name='arg.loud'] option[selected]").text()).toBe("true");
    expect(
      $("[name='arg.tone'] option")
        .toArray()
        .map((one) => $(one).text()),
    ).toEqual(["", "high", "low"]);
    expect($("[name='arg.text']").attr("required")).toBeDefined();
    expect((await front()("/dashboard/tools/echo__none")).status).toBe(404);
  });

  it("calls the tool with typed arguments and shows what came back", async () => {
    const { status, $ } = await front()(TOOL, {
      "arg.text": "<hi>",
      "arg.count": "3",
      "arg.loud": "false",
      "arg.tone": "",
      "arg.tags": '["a"]',
      other: "left out",
    });
    expect(status).toBe(200);
    const shown = $("h2:contains('Result') ~ pre").first().text();
    expect(JSON.parse(shown)).toEqual({ text: "<hi>", count: 3, loud: false, tags: ["a"] });
    expect($("[name='arg.text']").attr("value")).toBe("<hi>");
  });

  it("says what is wrong with the form, what the tool said, and what the gateway said", async () => {
    const wrong = await front()(TOOL, { "arg.text": "a", "arg.count": "many", "arg.tone": "loud", "arg.tags": "[" });
    expect(wrong.status).toBe(422);
    expect(wrong.$(".bad").text()).toMatch(/count must be a number.*tone must be one of high, low.*tags must be JSON/s);
    expect((await front()(TOOL, { "arg.text": "fail" })).$("h2.bad").text()).toBe("The tool failed");
    const { $ } = await front()("/dashboard/tools/nobody__nothing", { "arg.text": "a" });
    expect($("main").text()).toContain("is not there");
  });

  it("can be without trying, and without a page", async () => {
    const get = front({ dashboard: () => ({ enabled: true, try_tools: false }) });
    expect((await get(TOOL)).$("form")).toHaveLength(0);
    expect((await get(TOOL, { "arg.text": "a" })).status).toBe(403);
    expect((await front({ dashboard: () => ({ enabled: false, try_tools: true }) })("/")).status).toBe(0);
  });

  it("asks for the key before a call, and with strict before a page", async () => {
    const get = front({ access: new ApiKeyAccess({ api_key: "k3y", strict: false }) });
    expect((await get(TOOL)).$("input[type=password]")).toHaveLength(1);
    expect((await get(TOOL, { "arg.text": "a" })).status).toBe(401);
    expect((await get(TOOL, { "arg.text": "a", key: "wrong" })).status).toBe(403);
    const { status, text } = await get(TOOL, { "arg.text": "a", key: "k3y" });
    expect(status).toBe(200);
    expect(text).not.toContain("k3y");
    expect((await front({ access: new ApiKeyAccess({ api_key: "k3y", strict: true }) })("/")).status).toBe(401);
  });

  it("refuses a form that is too large, and other methods", async () => {
    expect((await front()(TOOL, { "arg.text": "x".repeat(2 ** 21) })).status).toBe(413);
    expect((await front()("/", {})).status).toBe(405);
  });
});

describe("tool forms", () => {
  it("never break on a schema, and read back what they showed", () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4 }), fc.dictionary(fc.string(), fc.string()), (schema, given) => {
        const read = readFields(fieldsOf(schema as Record<string, unknown>, new Map(Object.entries(given))));
        expect("args" in read || read.problems.length > 0).toBe(true);
      }),
    );
  });
});
