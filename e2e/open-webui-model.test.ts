// Open WebUI as a model of its behaviour, over both kinds of connection, through the gateway, in front of upstreams of both eras.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveHttp } from "./fixture/serve-http.ts";
import { connectDirectly } from "./open-webui/model/direct-connection.ts";
import { connectMcp, type McpConnection } from "./open-webui/model/mcp-connection.ts";
import { connectOpenApi } from "./open-webui/model/openapi-connection.ts";
import { shown, type Connection, type Json, type Outcome, type Release } from "./open-webui/model/outcome.ts";
import { startDestructive, WIPED } from "./open-webui/destructive.ts";
import { rows, type Expected } from "./open-webui/rows.ts";
import { CARD, LONG_NAME, startShapes } from "./open-webui/shapes.ts";
import { startGateway, startShard, type Gateway } from "./support/house.ts";
import { stopAtEnd } from "./support/program.ts";
import type { RawUpstream } from "./support/raw-upstream.ts";

const stopLater = stopAtEnd();
const eras = ["legacy", "modern"] as const;
const KEY = "house-key";
/** Where Open WebUI's page comes from; a browser that shows another page may not call. */
const ORIGIN = "http://chat.house.lan:3000";
let gateway: Gateway;
let destructive: readonly RawUpstream[];

beforeAll(async () => {
  const shapes = await Promise.all(eras.map((era) => stopLater(startShapes(era))));
  const fixtures = await Promise.all([
    stopLater(serveHttp({ sdk: "old", eras: "legacy" })),
    stopLater(serveHttp({ sdk: "new", eras: "modern" })),
  ]);
  destructive = await Promise.all(eras.map((era) => stopLater(startDestructive(era))));
  const time = await stopLater(startShard("time"));
  const definitions = eras.flatMap((era, index) => [
    [era, { kind: "mcp-http", url: shapes[index]!.url }],
    [`${era}-sdk`, { kind: "mcp-http", url: fixtures[index]!.url }],
    [`${era}-named`, { kind: "mcp-http", url: fixtures[index]!.url, tools: { confirm: ["test_elicitation"] } }],
    [`${era}-disk`, { kind: "mcp-http", url: destructive[index]!.url }],
  ]);
  gateway = await stopLater(
    startGateway({
      upstreams: { ...Object.fromEntries(definitions), time: { kind: "shard", url: time.url } },
      listen: { allowed_origins: [ORIGIN] },
      env: { GATEWAY_API_KEY: KEY },
    }),
  );
});

/** Names as the house gives them: qualified for MCP behind the connection's id, joined for OpenAPI. */
const findTool = (connection: Connection, upstream: string, tool: string): string => {
  const short = tool === LONG_NAME ? "status_get_of_every" : tool;
  const found = connection.tools.filter(({ name }) =>
    new RegExp(`(^|_)${upstream}__?${short}(_[a-z_]*[0-9a-f]{8})?$`).test(name),
  );
  if (found.length !== 1) throw new Error(`${found.length} tools are ${upstream}'s ${tool}`);
  return found[0]!.name;
};

function outcome({ text, failed = false, images = 0, embeds = 0 }: Expected): Outcome {
  const some = (count: number): string[] => Array.from({ length: count }, () => expect.any(String) as string);
  const said = text instanceof RegExp ? (expect.stringMatching(text) as string) : shown(text);
  return { text: said, failed, images: some(images), embeds: some(embeds) };
}

describe.each(["0.12.4", "0.11.4"] satisfies Release[])("MCP, as %s", (release) => {
  let connection: McpConnection;
  beforeAll(async () => {
    connection = await connectMcp(`${gateway.url}/mcp`, { release, key: KEY });
  });
  afterAll(() => connection.stop());

  test("the exchange is as short as it can be, from memory, on one page", async () => {
    const { sent, stop } = await connectMcp(`${gateway.url}/mcp`, { release, key: KEY });
    await stop();
    const shaken = ["initialize", "notifications/initialized", "tools/list", "DELETE"];
    expect(sent).toEqual(release === "0.11.4" ? shaken : ["server/discover", "tools/list"]);
  });

  test("every name is one that strict providers take, once", () => {
    const names = connection.tools.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name) || name.includes("____"))).toEqual([]);
  });

  test("0.12 is told how to use the house, in few words", () => {
    if (release === "0.11.4") expect(connection.instructions).toBeUndefined();
    else expect(connection.instructions?.length ?? 0).toBeLessThan(2_000);
  });

  test("0.11, which drops that, is told with the first tool of each server", () => {
    const told = connection.tools.filter(({ description }) =>
      description.includes("For all tools of legacy-sdk: Entries"),
    );
    expect(told).toHaveLength(release === "0.11.4" ? 1 : 0);
  });

  describe.each(eras)("a destructive tool of a %s upstream", (era) => {
    const wipe = `homelab_${era}-disk__wipe`;
    const made = () => destructive[eras.indexOf(era)]!.of("tools/call").length;
    const message = (chatMessage: string, onForm?: (form: Json) => Json) =>
      connectMcp(`${gateway.url}/mcp`, { release, key: KEY, chatMessage, ...(onForm && { onForm }) });

    test("is planned, and runs once the user has agreed in a later message", async () => {
      const before = made();
      const [first, second] = [await message("m1"), await message("m2")];
      const planned = await first.call(wipe, { disk: era });
      expect(planned).toMatchObject({ failed: false, text: expect.stringMatching(/NOT DONE YET[\s\S]*- disk: /) });
      const confirm = "homelab_shardgate__confirm_call";
      const token = /"token":"(\w+)"/.exec(planned.text)?.[1] ?? "none";
      expect(await first.call(confirm, { token })).toMatchObject({ failed: true });
      expect(made()).toBe(before);
      for (let turn = 0; turn < 2; turn++) {
        expect(await second.call(confirm, { token })).toMatchObject({ failed: false, text: WIPED });
      }
      expect(made()).toBe(before + 1);
      await Promise.all([first.stop(), second.stop()]);
    });

    test.each([true, false])("is asked for with a form at the page; agreed: %s", async (agreed) => {
      const before = made();
      const forms: Json[] = [];
      const page = await message("m1", (form) => (forms.push(form), { confirm: agreed }));
      const said = await page.call(wipe, { disk: era });
      await page.stop();
      expect(page.tools.map(({ name }) => name)).not.toContain("homelab_shardgate__confirm_call");
      expect(forms).toMatchObject([{ message: expect.stringContaining(`- disk: "${era}"`) }]);
      const declined = { failed: true, text: expect.stringContaining("did not agree") as string };
      expect(said).toMatchObject(agreed ? { failed: false, text: WIPED } : declined);
      expect(made()).toBe(agreed ? before + 1 : before);
    });
  });

  test.each(eras)("a tool of a %s upstream asks its own question after ours", async (era) => {
    const forms: Json[] = [];
    const onForm = (form: Json): Json => {
      forms.push(form);
      return forms.length === 1 ? { confirm: true } : { username: "ada", email: "ada@example.org" };
    };
    const page = await connectMcp(`${gateway.url}/mcp`, { release, key: KEY, onForm });
    const said = await page.call(findTool(page, `${era}-named`, "test_elicitation"), { message: "Who is there?" });
    await page.stop();
    expect(forms).toMatchObject([{ message: expect.stringContaining("would run with") }, { message: "Who is there?" }]);
    expect(said).toMatchObject({ failed: false, text: expect.stringContaining("ada@example.org") });
  });

  describe.each(eras)("a %s upstream", (era) => {
    test.each(rows.map((row) => [row.tool.slice(0, 20), row] as const))("%s", async (_, row) => {
      const called = await connection.call(findTool(connection, era, row.tool), row.args);
      expect(called).toEqual(outcome((release === "0.11.4" ? row.mcpOld : undefined) ?? row.mcp));
    });

    test("a form is shown at the page and its answer reaches the tool; elsewhere the tool says that it cannot ask", async () => {
      const asked: Json[] = [];
      const onForm = (form: Json): Json => {
        asked.push(form);
        return { username: "ada", email: "ada@example.org" };
      };
      const page = await connectMcp(`${gateway.url}/mcp`, { release, key: KEY, onForm });
      const tool = findTool(page, `${era}-sdk`, "test_elicitation");
      const { text, failed } = await page.call(tool, { message: "Who is there?" });
      await page.stop();
      expect({ text, failed }).toEqual({ text: expect.stringContaining("ada@example.org"), failed: false });
      expect(asked).toMatchObject([{ message: "Who is there?" }]);
      const alone = await connection.call(tool, { message: "Who is there?" });
      expect(alone.failed).toBe(true);
    });
  });
});

describe("OpenAPI", () => {
  let all: Connection;
  beforeAll(async () => {
    all = await connectOpenApi(gateway.url, { key: KEY });
  });

  test("names are unique and take no prefix to be so; no argument is without a type", () => {
    const names = all.tools.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name))).toEqual([]);
  });

  test("a schema keeps its choices, limits and defaults, and nothing dangles", () => {
    const { parameters } = all.tools.find(({ name }) => name === "legacy_order")!;
    expect(parameters).toMatchObject({
      properties: {
        size: { type: "string", enum: ["small", "large"] },
        count: { type: "integer", minimum: 1, maximum: 9, description: "How many" },
        note: { type: "string" },
        labels: { type: "object", additionalProperties: { enum: ["small", "large"] } },
        tree: { type: "object", properties: { label: { type: "string" } } },
      },
      required: ["size"],
    });
    expect(JSON.stringify(parameters)).not.toContain('"$ref":"#/$defs');
  });

  test("the document of one server has its tools alone, and calls reach it", async () => {
    const one = await connectOpenApi(`${gateway.url}/time`, { key: KEY });
    expect(one.tools.length).toBeGreaterThan(2);
    const now = one.tools.find(({ name }) => name.includes("current_time"))!;
    expect((await one.call(now.name)).failed).toBe(false);
  });

  test.each(eras)("a destructive tool of a %s upstream is planned, and confirmed in a later message", async (era) => {
    const made = () => destructive[eras.indexOf(era)]!.of("tools/call").length;
    const before = made();
    const planned = await all.call(`${era}-disk_wipe`, { disk: era });
    expect(planned).toMatchObject({ failed: false, text: expect.stringContaining("NOT DONE YET") });
    const token = /"token":"(\w+)"/.exec(planned.text)?.[1] ?? "none";
    const confirm = `${era}-disk_confirm_call`;
    expect(await all.call(confirm, { token })).toMatchObject({ failed: true });
    expect(made()).toBe(before);
    const later = await connectOpenApi(gateway.url, { key: KEY, chatMessage: "message-2" });
    expect(await later.call(confirm, { token })).toMatchObject({ failed: false, text: WIPED });
    expect(made()).toBe(before + 1);
  });

  describe.each(eras)("a %s upstream", (era) => {
    test.each(rows.map((row) => [row.tool.slice(0, 20), row] as const))("%s", async (_, row) => {
      const called = await all.call(findTool(all, era, row.tool), row.openApiArgs ?? row.args);
      expect(called).toEqual(outcome(row.openApi ?? row.mcp));
    });
  });
});

describe("a tool server that a user adds in the page", () => {
  test("is shown, with what the server says of its use; a call without arguments has no body", async () => {
    const time = await connectDirectly(`${gateway.url}/time`, KEY, ORIGIN);
    const now = time.tools.find(({ name }) => name.includes("current_time"))!;
    expect((await time.call(now.name)).body).toBeDefined();
    const sdk = await connectDirectly(`${gateway.url}/legacy-sdk`, KEY, ORIGIN);
    expect(sdk.prompt).toBe("Entries that clients and gateways are tested with.");
    const elsewhere = connectDirectly(`${gateway.url}/time`, KEY, "http://evil.example");
    await expect(elsewhere).rejects.toThrow("does not send");
  });

  test("shows a card, and a failure in the words of the tool", async () => {
    const shapes = await connectDirectly(`${gateway.url}/modern`, KEY, ORIGIN);
    expect(await shapes.call("modern_card", {})).toEqual({ body: CARD, disposition: "inline" });
    await expect(shapes.call("modern_fails", {})).rejects.toThrow(
      'HTTP error! Status: 500. Message: {"detail":{"message":"The lamp is off.\\nSwitch it on."}}',
    );
  });
});

test("an upstream that is gone takes no tool away, and a call says what is the matter", async () => {
  const mortal = await startShapes("modern");
  const own = await stopLater(
    startGateway({
      upstreams: { mortal: { kind: "mcp-http", url: mortal.url } },
      env: { GATEWAY_API_KEY: KEY },
    }),
  );
  await mortal.stop();
  const mcp = await connectMcp(`${own.url}/mcp`, { key: KEY });
  const openApi = await connectOpenApi(own.url, { key: KEY });
  expect([mcp.tools.length, openApi.tools.length]).toEqual([rows.length, rows.length]);
  const said = await mcp.call("homelab_mortal__plain");
  expect(said).toMatchObject({ failed: true, text: expect.stringContaining("mortal") });
  const overHttp = await openApi.call("mortal_plain");
  expect(overHttp).toMatchObject({ failed: true, text: expect.stringMatching(/HTTP error 50[23]: .*mortal/) });
});
