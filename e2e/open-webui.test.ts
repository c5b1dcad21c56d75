// The real Open WebUI in front of the gateway, in front of upstreams of both eras: by its API, then in its page. What it is given must be
// what its model in open-webui-model.test.ts is given: both are held to one table.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, type TestContext, vi } from "vitest";
import { serveHttp } from "./fixture/serve-http.ts";
import { startDestructive, WIPED } from "./open-webui/destructive.ts";
import { shown, type Json, type Release } from "./open-webui/model/outcome.ts";
import { startLanguageModel, type LanguageModel } from "./open-webui/real/language-model.ts";
import { startOpenWebUi, type ChatCall, type OpenWebUi } from "./open-webui/real/open-webui.ts";
import { openChat, type ChatPage } from "./open-webui/real/page.ts";
import { rows, type Expected, type Row } from "./open-webui/rows.ts";
import { LONG_NAME, startShapes } from "./open-webui/shapes.ts";
import { startSlow } from "./open-webui/slow.ts";
import { startGateway, type Gateway } from "./support/house.ts";
import { chromium, openWebUi } from "./support/outside-programs.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import type { RawUpstream } from "./support/raw-upstream.ts";

const stopLater = stopAtEnd();
const eras = ["legacy", "modern"] as const;
const KEY = "house-key";
const SECRET = "what-both-know-to-sign-with";
/** Folder to keep pictures of the page in. */
const pictures = process.env["SCREENSHOTS"];
/** Its one user is an administrator. */
const policies = [
  { tools: ["legacy-sdk__test_simple_text"], roles: ["admin"] },
  { tools: ["modern-sdk__test_simple_text"], roles: ["user"] },
];
let gateway: Gateway;
let model: LanguageModel;
let disk: RawUpstream;
let upstreams: Readonly<Record<string, object>>;

beforeAll(async () => {
  const [legacy, modern, oldSdk, newSdk] = await Promise.all([
    stopLater(startShapes("legacy")),
    stopLater(startShapes("modern")),
    stopLater(serveHttp({ sdk: "old", eras: "legacy" })),
    stopLater(serveHttp({ sdk: "new", eras: "modern" })),
  ]);
  disk = await stopLater(startDestructive("modern"));
  const slow = await Promise.all(eras.map((era) => stopLater(startSlow(era))));
  const urls = {
    disk: disk.url,
    legacy: legacy.url,
    modern: modern.url,
    "legacy-sdk": oldSdk.url,
    "modern-sdk": newSdk.url,
    "legacy-slow": slow[0]!.url,
    "modern-slow": slow[1]!.url,
  };
  upstreams = Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, { kind: "mcp-http", url }]));
  gateway = await stopLater(
    startGateway({
      upstreams,
      auth: { api_key: KEY, open_webui: { jwt_secret: SECRET }, policies },
    }),
  );
  model = await stopLater(startLanguageModel());
});

/** As compose.yaml sets them up, at another address. */
function connections(url: string): Json[] {
  const compose = readFileSync(new URL("../compose.yaml", import.meta.url), "utf8");
  const [, value = ""] = /TOOL_SERVER_CONNECTIONS: >-\n([\s\S]*?)\n {4}\w/.exec(compose) ?? [];
  const filled = value.replaceAll("${GATEWAY_API_KEY:-}", KEY).replaceAll("http://gateway:9100", url);
  return JSON.parse(filled) as Json[];
}
const servers = ["server:mcp:homelab", "server:house"];

describe.each(["0.12.4", "0.11.4"] satisfies Release[])("Open WebUI %s", (release) => {
  const program = openWebUi(release);
  const browser = chromium();
  const isHere = (ctx: TestContext): void => void ("missing" in program && ctx.skip(program.missing));
  let ui: OpenWebUi;
  let chat: ChatPage | undefined;

  beforeAll(async () => {
    if ("missing" in program) return;
    ui = await startOpenWebUi({
      program: program.path,
      model: model.url,
      connections: connections(gateway.url),
      metadata: { toolIds: servers },
      env: { ENABLE_FORWARD_USER_INFO_HEADERS: "True", FORWARD_USER_INFO_HEADER_JWT_SECRET: SECRET },
    });
    const before = (await gateway.health()).config?.generation ?? 0;
    gateway.configure(upstreams, { open_webui: { url: ui.url, api_key: ui.token } });
    await vi.waitFor(async () => {
      if ((await gateway.health()).config?.generation === before) throw new Error("the gateway does not know it yet");
    }, soon);
  }, 120_000);
  afterAll(async () => {
    await chat?.stop();
    await ui?.stop();
  });

  async function page(ctx: TestContext): Promise<ChatPage> {
    isHere(ctx);
    if ("missing" in browser) return ctx.skip(browser.missing);
    if (chat === undefined) chat = await openChat(ui.url, browser.path, servers.length);
    else await chat.startAnew();
    return chat;
  }

  async function keepPicture(name: string): Promise<void> {
    if (pictures === undefined || chat === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await chat.page.screenshot({ path: join(pictures, `open-webui-${release}-${name}.png`) });
  }

  test("both servers are there, and on without a click", async (ctx) => {
    isHere(ctx);
    expect(await ui.tools()).toEqual(expect.arrayContaining(servers));
    expect(await ui.defaultTools()).toEqual(servers);
  });

  test.for(eras)("MCP: every shape of a %s upstream is what the table says", async (era, ctx) => {
    isHere(ctx);
    const short = (tool: string) => (tool === LONG_NAME ? "status_get_of_" : `${tool}$`);
    const wanted = rows.map(({ tool, args = {} }) => ({ tool: `^homelab_${era}__${short(tool)}`, args }));
    const calls = await ui.ask([servers[0]!], wanted);
    const expected = (row: Row) => (release === "0.11.4" ? row.mcpOld : undefined) ?? row.mcp;
    expect(calls).toEqual(rows.map((row) => asChatCall(expected(row))));
  });

  test.for(eras)("OpenAPI: every shape of a %s upstream is what the table says", async (era, ctx) => {
    isHere(ctx);
    const short = (tool: string) => (tool === LONG_NAME ? "status_get_of_" : `${tool}$`);
    const wanted = rows.map(({ tool, args = {}, openApiArgs = args }) => ({
      tool: `^${era}_${short(tool)}`,
      args: openApiArgs,
    }));
    const calls = await ui.ask([servers[1]!], wanted);
    expect(calls).toEqual(rows.map((row) => asChatCall(row.openApi ?? row.mcp)));
  });

  test("the log names the user and the chat of each call, by the signed token, which it does not have", async (ctx) => {
    isHere(ctx);
    // Lines of the calls before may come late, but not after those of ours.
    const lastTwo = () => gateway.log.filter(({ msg }) => msg === "call").slice(-2);
    const tools = ["^homelab_legacy__plain$", "^modern_plain$"];
    for (const [index, tool] of tools.entries()) await ui.ask([servers[index]!], [{ tool }]);
    await expect.poll(() => lastTwo().map(({ front }) => front), { timeout: 10_000 }).toEqual(["mcp", "openapi"]);
    const user = { id: expect.any(String), name: expect.any(String), email: expect.any(String), role: "admin" };
    for (const line of lastTwo()) expect(line).toMatchObject({ user, chat: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(gateway.output()).not.toMatch(/eyJ|what-both-know/);
  });

  test("a policy is about its user: over MCP what they may not call is not there, over OpenAPI it says so", async (ctx) => {
    isHere(ctx);
    const allowed = "legacy-sdk__?test_simple_text$";
    const refused = "modern-sdk__?test_simple_text$";
    const over = async (index: number, prefix: string) =>
      await ui.ask(
        [servers[index]!],
        [allowed, refused].map((tool) => ({ tool: `^${prefix}${tool}` })),
      );
    const notGiven = { status: "failed", text: expect.stringContaining("0 tools match") };
    expect(await over(0, "homelab_")).toMatchObject([{ status: "completed" }, notGiven]);
    const why = expect.stringMatching(/HTTP error 403: .*Only certain users may call modern-sdk__test_simple_text/);
    expect(await over(1, "")).toMatchObject([{ status: "completed" }, { status: "failed", text: why }]);
  });

  test.for([
    ["MCP", servers[0]!, "^homelab_disk__wipe$", "^homelab_shardgate__confirm_call$"],
    ["OpenAPI", servers[1]!, "^disk_wipe$", "^disk_confirm_call$"],
  ] as const)(
    "%s: a destructive call is planned, and made once the user said so in a later message",
    async ([, server, wipe, confirm], ctx) => {
      isHere(ctx);
      const before = disk.of("tools/call").length;
      const say = ui.converse([server]);
      const [planned] = await say([{ tool: wipe, args: { disk: "sda" } }]);
      expect(planned).toMatchObject({
        status: "completed",
        text: expect.stringMatching(/NOT DONE YET[\s\S]*- disk: "sda"/),
      });
      const token = /"token":"(\w+)"/.exec(planned!.text)?.[1] ?? "none";
      const confirmed = [{ tool: confirm, args: { token } }];
      // Another chat is another conversation, whose user was not asked.
      expect(await ui.ask([server], confirmed)).toMatchObject([{ status: "failed" }]);
      expect(disk.of("tools/call").length).toBe(before);
      for (let turn = 0; turn < 2; turn++) {
        expect(await say(confirmed)).toMatchObject([{ status: "completed", text: WIPED }]);
      }
      expect(disk.of("tools/call").length).toBe(before + 1);
    },
  );

  test("a call that takes long shows in the chat what it does, whatever way and upstream it goes to", async (ctx) => {
    isHere(ctx);
    const ways = eras.flatMap((era) => [
      { era, server: servers[0]!, tool: `^homelab_${era}-slow__copy$` },
      { era, server: servers[1]!, tool: `^${era}-slow_copy$` },
    ]);
    const shownOf = async ({ era, server, tool }: (typeof ways)[number]) => {
      const said = await ui.statuses([server], [{ tool }]);
      return said.map((line) => line.replace(`${era}-slow: `, "").replace(/\d+\.\d s/, "N s"));
    };
    const lines = await Promise.all(ways.map(shownOf));
    expect(lines).toEqual(ways.map(() => expect.arrayContaining(["copy: half of it", "copy: done in N s ."])));
  });

  test("the page shows what a call does that takes long", async (ctx) => {
    const { page: seen, say, untilAnswered } = await page(ctx);
    await say([{ tool: "^homelab_modern-slow__copy$" }]);
    const line = (text: string) => seen.getByText(`modern-slow: copy: ${text}`).first();
    await line("half of it").waitFor();
    await untilAnswered();
    expect(await line("done in").count()).toBe(1);
    await keepPicture("status");
  });

  test.for([true, false])("the page asks before a destructive call; the user agrees: %s", async (agrees, ctx) => {
    const { page: seen, say, untilAnswered } = await page(ctx);
    const before = disk.of("tools/call").length;
    await say([{ tool: "^homelab_disk__wipe$", args: { disk: "sdb" } }]);
    const answer = () => String(model.asked.at(-1)?.messages.findLast(({ role }) => role === "tool")?.content);
    if (release === "0.11.4") {
      await untilAnswered();
      expect(answer()).toContain("NOT DONE YET");
    } else {
      const submit = seen.getByRole("button", { name: agrees ? "Submit" : "Decline" });
      await submit.waitFor();
      expect(await seen.locator("body").innerText()).toContain('- disk: "sdb"');
      const field = seen.locator("select").last();
      const options = await field.locator("option").allInnerTexts();
      if (agrees) await field.selectOption({ label: options.find((one) => /true|yes/i.test(one)) ?? "no such option" });
      await keepPicture(`confirm-${String(agrees)}`);
      await submit.click();
      await untilAnswered();
      expect(answer()).toContain(agrees ? WIPED : "did not agree");
    }
    expect(disk.of("tools/call").length).toBe(release !== "0.11.4" && agrees ? before + 1 : before);
  });

  test("the page shows results, a failure, an image and a card", async (ctx) => {
    const { page: seen, foreign, say, untilAnswered, unfold } = await page(ctx);
    await say([
      { tool: "^homelab_legacy__plain$" },
      { tool: "^homelab_modern__picture$" },
      { tool: "^homelab_legacy__fails$" },
      { tool: "^modern_card$" },
    ]);
    await untilAnswered();
    await seen.frameLocator("iframe").getByRole("heading", { name: "Routes" }).first().waitFor();
    await unfold();
    for (const name of ["homelab_legacy__plain", "homelab_legacy__fails"]) {
      await seen.getByText(`View Result from ${name}`).first().click();
    }
    await keepPicture("results");
    await expect.poll(() => seen.locator("body").innerText()).toContain("The lamp is on.");
    expect(await seen.locator("body").innerText()).toContain("The lamp is off.");
    const widths = await seen
      .locator("img")
      .evaluateAll((all) => all.map((one) => (one as { naturalWidth?: number }).naturalWidth));
    expect(widths).toContain(160);
    expect(foreign).toEqual([]);
  });

  test.for(eras)("the page shows the form of a %s upstream, and its answer reaches the tool", async (era, ctx) => {
    const { page: seen, say, untilAnswered } = await page(ctx);
    await say([{ tool: `^homelab_${era}-sdk__test_elicitation_sep1034_defaults$` }]);
    const answer = () => String(model.asked.at(-1)?.messages.findLast(({ role }) => role === "tool")?.content);
    if (release === "0.11.4") {
      // It cannot be asked: the tool says so, and the chat goes on.
      await untilAnswered();
      expect(answer()).toContain("error");
      return;
    }
    const submit = seen.getByRole("button", { name: "Submit" });
    await submit.waitFor();
    expect(await seen.locator("body").innerText()).toContain("Please review the defaults");
    await seen.getByLabel("name").first().fill("Ada");
    await keepPicture(`form-${era}`);
    await submit.click();
    await untilAnswered();
    expect(answer()).toContain('"name":"Ada"');
  });
});

function asChatCall({ text, failed = false, images = 0, embeds = 0 }: Expected): ChatCall {
  return {
    name: expect.any(String) as string,
    status: failed ? "failed" : "completed",
    text: text instanceof RegExp ? (expect.stringMatching(text) as string) : shown(text),
    images,
    embeds,
  };
}
