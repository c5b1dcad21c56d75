// Signing in at an upstream as a person does: the command, the page of a real authorization server in a browser, and what comes after.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium as browsers } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Gateway, startGateway } from "./support/house.ts";
import { type GuardedServer, startGuardedServer } from "./support/guarded-server.ts";
import { chromium } from "./support/outside-programs.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { send } from "./support/raw-client.ts";
import { rpc } from "./support/rpc-client.ts";

const stopLater = stopAtEnd();
const found = chromium();
const whyNot = "missing" in found ? found.missing : undefined;
const binary = fileURLToPath(new URL("../packages/gateway/bin/shardgate.mjs", import.meta.url));
const stateDir = mkdtempSync(join(tmpdir(), "shardgate-oauth-"));
let service: GuardedServer;
let gateway: Gateway;
let browser: Browser | undefined;

beforeAll(async () => {
  if (!("path" in found)) return;
  service = await stopLater(startGuardedServer());
  gateway = await start();
  browser = await browsers.launch({ executablePath: found.path, args: ["--no-sandbox", "--disable-gpu"] });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  rmSync(stateDir, { recursive: true, force: true });
});

const start = (): Promise<Gateway> =>
  stopLater(
    startGateway({
      upstreams: { notes: { kind: "mcp-http", url: service.url, oauth: true } },
      env: { STATE_DIR: stateDir },
      untilUp: false,
    }),
  );

async function call(): Promise<string> {
  const body = rpc("tools/call", { name: "notes__add", arguments: { a: 2, b: 40 } });
  return (await send(`${gateway.url}/mcp`, { body })).text;
}

/** Runs `shardgate login` and signs in in the browser. @returns the last words of both */
async function signIn(): Promise<{ code: number | null; said: string; page: string }> {
  const command = spawn(process.execPath, [binary, "login", "notes", "--url", gateway.url], {
    env: { PATH: process.env["PATH"], STATE_DIR: stateDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const output of [command.stdout, command.stderr]) output.on("data", (text: Buffer) => (said += text.toString()));
  const ended = once(command, "exit");
  const address = await vi.waitFor(() => {
    const [line] = /http\S+\/auth\?\S+/.exec(said) ?? [];
    if (line === undefined) throw new Error(said);
    return line;
  }, soon);
  const page = await (browser as Browser).newPage();
  await page.goto(address);
  await page.locator("input[name=login]").fill("ada");
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  // What it wants, and the button to agree.
  await page.locator("button[type=submit]").click();
  await page.waitForURL(/\/oauth\/callback/);
  const text = await page.locator("body").innerText();
  await page.close();
  const [code] = (await ended) as [number | null];
  return { code, said, page: text };
}

test("a person signs in in a browser, and the upstream's tools are there", async (ctx) => {
  if (whyNot !== undefined) return ctx.skip(whyNot);
  const down = await gateway.until("notes", "down");
  expect(down.error).toBe("nobody has signed in yet; `shardgate login notes` does");
  const { code, said, page } = await signIn();
  expect(page).toContain("Signed in to notes");
  expect(said).toMatch(/Signed in to notes: \d+ tools\.\n$/);
  expect(code).toBe(0);
  expect(await call()).toContain("42");
});

test("a token that ended is renewed, and the call that met it does not fail", async (ctx) => {
  if (whyNot !== undefined) return ctx.skip(whyNot);
  await call();
  await service.endToken();
  expect(await call()).toContain("42");
});

test("a gateway that was started again is signed in still", async (ctx) => {
  if (whyNot !== undefined) return ctx.skip(whyNot);
  gateway.kill("SIGTERM");
  await gateway.ended;
  gateway = await start();
  await gateway.until("notes", "up");
  expect(await call()).toContain("42");
});

test("where the person took it back, it is said what to do, and signing in again helps", async (ctx) => {
  if (whyNot !== undefined) return ctx.skip(whyNot);
  await call();
  await service.endGrant();
  expect(await call()).toContain("`shardgate login notes` begins another");
  await gateway.until("notes", "down");
  expect(await signIn()).toMatchObject({ code: 0 });
  expect(await call()).toContain("42");
});
