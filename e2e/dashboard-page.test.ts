// The dashboard in a browser: wide and narrow, light and dark, with nothing, a few and many upstreams. SCREENSHOTS=<folder> keeps pictures.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium as browsers, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway, startShard, type Gateway } from "./support/house.ts";
import { chromium } from "./support/outside-programs.ts";
import { stopAtEnd } from "./support/program.ts";
import { callModern } from "./support/rpc-client.ts";
import { startOldStateless } from "./support/sdk-servers.ts";

const stopLater = stopAtEnd();
const found = chromium();
const pictures = process.env["SCREENSHOTS"];
const houses = new Map<number, Gateway>();
let browser: Browser;

beforeAll(async () => {
  if ("missing" in found) return;
  browser = await browsers.launch({ executablePath: found.path, args: ["--no-sandbox", "--disable-gpu"] });
  const time = await stopLater(startShard("time"));
  const sdk = await stopLater(startOldStateless());
  for (const count of [0, 3, 40]) {
    const working = Array.from({ length: Math.max(0, count - 1) }, (_, index) =>
      index === 0
        ? ["time", { kind: "shard", url: time.url }]
        : [`workshop-${index}`, { kind: "mcp-http", url: sdk.url }],
    );
    const upstreams = {
      ...Object.fromEntries(working),
      ...(count > 0 && { nas: { kind: "mcp-http", url: "http://127.0.0.1:9/mcp" } }),
    };
    const gateway = await stopLater(startGateway({ upstreams, untilUp: false }));
    for (const [name] of working) await gateway.until(name as string, "up", 20_000);
    if (count > 0) await gateway.until("nas", "down", 20_000);
    houses.set(count, gateway);
  }
  const few = `${houses.get(3)!.url}/mcp`;
  await callModern(few, "time__current_time", {});
  await callModern(few, "workshop-1__add", { a: 1, b: 2 });
  await callModern(few, "workshop-1__fail");
  await callModern(few, "nas__anything");
}, 90_000);
afterAll(() => browser?.close());

const looks = [
  { look: "wide", width: 1200, colorScheme: "light" },
  { look: "narrow", width: 390, colorScheme: "light" },
  { look: "dark", width: 1200, colorScheme: "dark" },
  { look: "narrow-dark", width: 390, colorScheme: "dark" },
] as const;

/** Opens a page and says what is wrong with it: asked for elsewhere, failed, wider than the window. */
async function look(page: Page, url: string, path: string): Promise<string[]> {
  const wrong: string[] = [];
  page.on("request", (request) => void (request.url().startsWith(url) || wrong.push(request.url())));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => void (message.type() === "error" && wrong.push(message.text())));
  await page.goto(url + path, { waitUntil: "load" });
  const sizes = await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]");
  const [content = 0, visible = 0] = sizes as number[];
  return content > visible ? [...wrong, `${path} is ${content} pixels wide in a window of ${visible}`] : wrong;
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `dashboard-${name}.png`) });
}

describe.each([0, 3, 40])("%i upstreams", (count) => {
  test.for(looks)("$look", async ({ look: name, width, colorScheme }, ctx) => {
    if ("missing" in found) return ctx.skip(found.missing);
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const wrong = await look(page, houses.get(count)!.url, "/");
    const text = await page.locator("body").innerText();
    await keepPicture(page, `${count}-${name}`);
    await page.close();
    expect(wrong).toEqual([]);
    expect(text).toContain(count === 0 ? "None yet" : "nas is down");
  });
});

test.for(looks)("an upstream and a tool, $look", async ({ look: name, width, colorScheme }, ctx) => {
  if ("missing" in found) return ctx.skip(found.missing);
  const { url } = houses.get(3)!;
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const wrong = await look(page, url, "/dashboard/upstreams/time");
  await keepPicture(page, `upstream-${name}`);
  await page
    .getByRole("link", { name: /current_time/ })
    .first()
    .click();
  await keepPicture(page, `tool-${name}`);
  expect(await page.locator("h2, h1").allInnerTexts()).not.toEqual([]);
  await page.close();
  expect(wrong).toEqual([]);
});
