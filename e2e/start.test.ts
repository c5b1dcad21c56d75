// `npm start` for real: the script as npm runs it, on ports of its own.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import { freePort } from "./support/ports.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const script = fileURLToPath(new URL("../scripts/start.mjs", import.meta.url));
const run = promisify(execFile);
const patience = 30_000;
const cleanUps: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function listenSomewhere(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

/** The house as a process: what it said so far, and its ports (gateway, Traefik shard, time shard). */
interface House {
  readonly process: ChildProcess;
  readonly ports: readonly [number, number, number];
  said(): string;
}

async function startHouse(env: NodeJS.ProcessEnv = {}, command = [process.execPath, script]): Promise<House> {
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const [PORT, TRAEFIK_SHARD_PORT, TIME_SHARD_PORT] = ports.map(String);
  const inherited = { ...process.env, SHARDS: "", TRAEFIK_API_URL: "", TRAEFIK_DYNAMIC_DIR: "" };
  const child = spawn(command[0]!, command.slice(1), {
    cwd: root,
    env: { ...inherited, PORT, TRAEFIK_SHARD_PORT, TIME_SHARD_PORT, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  cleanUps.push(() => child.kill("SIGKILL"));
  return { process: child, ports, said: () => said };
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + patience;
  while (!(await isSo())) {
    if (Date.now() > giveUp) throw new Error(`not within ${patience / 1000} s: ${what}`);
    await sleep(50);
  }
}

const isUp = (house: House): Promise<void> =>
  until(`the house is up; it said:\n${house.said()}`, () => house.said().includes("Ctrl-C stops everything."));

async function answers(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/health`).then(
    () => true,
    () => false,
  );
}

const listening = ({ ports }: House): Promise<readonly boolean[]> => Promise.all(ports.map(answers));

/** The child of the house that runs this file. */
async function childOf(house: House, file: string): Promise<number> {
  const { pid } = house.process;
  if (process.platform !== "linux") return Number((await run("pgrep", ["-P", String(pid), "-f", file])).stdout);
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
  const lines = await Promise.all(children.map((child) => readFile(`/proc/${child}/cmdline`, "utf8")));
  return Number(children[lines.findIndex((line) => line.includes(file))]);
}

test("the house comes up, its curl lines work as printed, a shard that dies comes back, Ctrl-C ends all", async () => {
  const house = await startHouse();
  await isUp(house);
  const lines = house.said().replaceAll("\\\n", " ").split("\n");
  const commands = lines.map((line) => line.trim()).filter((line) => line.startsWith("curl "));
  expect(commands.length).toBeGreaterThanOrEqual(4);
  const answered = await Promise.all(commands.map((command) => run("bash", ["-c", command])));
  const [health, ...calls] = answered.map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);
  expect(health).toMatchObject({ status: "ok", upstreams: [{ state: "up" }, { state: "up" }] });
  for (const call of calls) {
    expect(call).toMatchObject({ result: { resultType: "complete" } });
    expect(call).not.toMatchObject({ result: { isError: true } });
  }

  const [, , timePort] = house.ports;
  process.kill(await childOf(house, "shards/time/"), "SIGKILL");
  await until("the death is told", () =>
    house.said().includes("time shard was ended by SIGKILL; starting it again in 1 s."),
  );
  await until("the time shard is back", () => answers(timePort));

  house.process.kill("SIGINT");
  const [code] = await once(house.process, "exit");
  expect(code).toBe(0);
  expect(await listening(house)).toEqual([false, false, false]);
});

test.each([
  ["the script is killed", [process.execPath, script], "SIGKILL"],
  ["npm is asked to end", ["npm", "start"], "SIGTERM"],
  ["npm loses its terminal", ["npm", "start"], "SIGHUP"],
] as const)("when %s, nothing is left behind", async (_, command, signal) => {
  const house = await startHouse({}, [...command]);
  await isUp(house);
  expect(await listening(house)).toEqual([true, true, true]);
  house.process.kill(signal);
  await until("the last of the house has ended", async () => !(await listening(house)).includes(true));
});

test("a port that is taken is named, with what to do", async () => {
  const taken = await listenSomewhere();
  cleanUps.push(() => taken.server.close());
  const house = await startHouse({ PORT: String(taken.port) });
  const [code] = await once(house.process, "exit");
  expect(code).toBe(1);
  expect(house.said()).toContain(`Port ${taken.port} (gateway) is taken by another program.`);
  expect(house.said()).toContain(`PORT=${taken.port + 100} npm start`);
  expect(await listening(house)).toEqual([false, false, false]);
});

test("a shard that cannot start ends the whole, and says which", async () => {
  // A folder that cannot be made: the Traefik shard refuses it.
  const house = await startHouse({ TRAEFIK_API_URL: "not a url", TRAEFIK_DYNAMIC_DIR: "/dev/null/routes" });
  const [code] = await once(house.process, "exit");
  expect(code).toBe(1);
  expect(house.said()).toMatch(/\[house\] traefik shard .* while starting; its own words are above\./);
  expect(await listening(house)).toEqual([false, false, false]);
});
