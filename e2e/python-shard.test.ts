// The shard of template/INTEGRATION.md, in Python: registers itself at a real gateway and is called through it, in both eras.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { freePort } from "./support/ports.ts";
import { stopAtEnd } from "./support/program.ts";
import { callModern, openSession, rpc } from "./support/rpc-client.ts";
import { stepsOf } from "./support/walkthrough.ts";

const guide = readFileSync(fileURLToPath(new URL("../template/INTEGRATION.md", import.meta.url)), "utf8");
const example = stepsOf(guide).find(({ what }) => what === "file shard.py");
const TOKEN = "token-of-this-test-house";

const stopLater = stopAtEnd();
const folder = mkdtempSync(join(tmpdir(), "shardgate-python-"));
const whyNot = pythonProblem();
let gateway: Gateway;
let shard: ChildProcess | undefined;

function pythonProblem(): string | undefined {
  try {
    execFileSync("python3", ["--version"]);
    return undefined;
  } catch {
    return "Python 3 is not installed";
  }
}

beforeAll(async () => {
  if (whyNot !== undefined) return;
  gateway = await stopLater(startGateway({ env: { ANNOUNCE_TOKEN: TOKEN } }));
  writeFileSync(join(folder, "shard.py"), example?.code ?? "");
  const env = {
    PATH: process.env["PATH"],
    PORT: String(await freePort()),
    GATEWAY_URL: gateway.url,
    GATEWAY_TOKEN: TOKEN,
  };
  shard = spawn("python3", ["shard.py"], { cwd: folder, env, stdio: "ignore" });
});

afterAll(async () => {
  if (shard !== undefined) {
    shard.kill("SIGKILL");
    await once(shard, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

test("registers itself, is listed and called, and says what is wrong with an argument", async ({ skip }) => {
  if (whyNot !== undefined) skip(whyNot);
  await gateway.until("pydice", "up", 20_000);
  const call = async (args: Readonly<Record<string, unknown>>) =>
    (await callModern(`${gateway.url}/mcp`, "pydice__roll", args)).json().result;
  expect(JSON.stringify(await call({ sides: 2 }))).toMatch(/It shows [12]\./);
  expect(await call({ sides: "many" })).toMatchObject({ isError: true });

  const session = await openSession(`${gateway.url}/mcp`);
  expect((await session.post(rpc("tools/list"))).text).toContain('"pydice__roll"');
  expect((await session.call("pydice__roll")).text).toMatch(/It shows [1-6]\./);
  await session.end();
});
