// Swagger UI as a person uses it: in a browser, with a key.
import { type Browser, chromium as browsers, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { chromium } from "./support/outside-programs.ts";
import { stopAtEnd } from "./support/program.ts";
import { startShapes } from "./support/schema-shapes.ts";

const stopLater = stopAtEnd();
const found = chromium();
const whyNot = "missing" in found ? found.missing : undefined;
let gateway: Gateway;
let browser: Browser | undefined;

beforeAll(async () => {
  if (!("path" in found)) return;
  const upstream = await stopLater(startShapes());
  gateway = await stopLater(
    startGateway({
      upstreams: { shapes: { kind: "mcp-http", url: upstream.url } },
      env: { GATEWAY_API_KEY: "the key" },
    }),
  );
  browser = await browsers.launch({ executablePath: found.path, args: ["--no-sandbox", "--disable-gpu"] });
}, 60_000);
afterAll(() => browser?.close());

async function openPage(path: string): Promise<{ page: Page; foreign: string[] }> {
  const page = await (browser as Browser).newPage();
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(gateway.url) && !request.url().startsWith("data:")) foreign.push(request.url());
  });
  await page.goto(`${gateway.url}${path}`);
  await page.locator(".opblock").first().waitFor();
  return { page, foreign };
}

test("lists tools, authorises, calls one and shows what it said; nothing comes from elsewhere", async (ctx) => {
  if (whyNot !== undefined) return ctx.skip(whyNot);
  const { page, foreign } = await openPage("/shapes/docs");
  const listed = await page.locator(".opblock-summary-path").allInnerTexts();
  expect(listed.map((path) => path.replace(/\u200b/g, ""))).toContain("/plain");
  const tool = page.locator("#operations-default-shapes_plain");
  await tool.locator(".opblock-summary-control").click();
  const body = tool.locator("textarea.body-param__text");
  await body.fill('{"text":"from the page","count":3}');

  await tool.locator("button.execute").click();
  const status = tool.locator(".live-responses-table .response-col_status").last();
  await expect.poll(() => status.innerText()).toContain("401");

  await page.locator("button.authorize").first().click();
  await page.locator(".modal-ux input").fill("the key");
  await page.locator(".modal-ux button.authorize").click();
  await page.locator(".modal-ux button.btn-done").click();
  await tool.locator("button.execute").click();
  await expect.poll(() => status.innerText()).toContain("200");
  expect(await tool.locator(".live-responses-table").innerText()).toContain("from the page");
  expect(foreign).toEqual([]);
});

test("shows the tools of all servers, each called at its own address", async (ctx) => {
  if (whyNot !== undefined) return ctx.skip(whyNot);
  const { page, foreign } = await openPage("/docs");
  expect(await page.locator(".opblock-tag").first().innerText()).toContain("shapes");
  const listed = await page.locator(".opblock-summary-path").allInnerTexts();
  expect(listed.map((path) => path.replace(/\u200b/g, ""))).toContain("/shapes/plain");
  expect(foreign).toEqual([]);
});
