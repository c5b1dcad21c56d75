// A change of the configuration is live within a second and touches only what changed.
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { at, type Definition, foldersOfTest, write } from "./support/config-file.ts";
import { startGateway } from "./support/house.ts";
import { keepCalling } from "./support/load.ts";
import { isAlive, soon, stopAtEnd } from "./support/program.ts";
import { send } from "./support/raw-client.ts";
import { type RawUpstream, startRawUpstream } from "./support/raw-upstream.ts";
import { callModern, modern } from "./support/rpc-client.ts";
import { speak } from "./support/scripts.ts";
import { stdioUpstream } from "./support/stdio.ts";
import { sdkClients } from "./support/sdk-clients.ts";

const keep = stopAtEnd();
const newFolder = foldersOfTest();

const run = promisify(execFile);
const shardgate = fileURLToPath(new URL("../packages/gateway/bin/shardgate.mjs", import.meta.url));

const raw = (...tools: string[]) =>
  keep(startRawUpstream({ era: "modern", tools: Object.fromEntries(tools.map((name) => [name, speak(name)])) }));

async function toolNames(url: string): Promise<string[]> {
  const { result } = (await modern(`${url}/mcp`, "tools/list")).json();
  return ((result?.["tools"] ?? []) as { name: string }[]).map(({ name }) => name);
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;

describe("an edit", () => {
  /** Edits the file and measures how long it takes until a client sees it, in milliseconds. */
  async function measure(edits: number, settings: Definition): Promise<number[]> {
    const file = join(newFolder(), "gateway.yaml");
    const upstream = await raw("now", "then");
    write(file, { nas: at(upstream) }, settings);
    const gateway = await keep(startGateway({ files: [file], untilUp: false }));
    await gateway.until("nas", "up");
    const took: number[] = [];
    for (let edit = 0; edit < edits; edit++) {
      const started = performance.now();
      write(file, { nas: at(upstream, { tools: { rename: { now: `now-${edit}` } } }) }, settings);
      await vi.waitFor(async () => expect(await toolNames(gateway.url)).toContain(`nas__now-${edit}`), {
        timeout: 10_000,
        interval: 10,
      });
      took.push(performance.now() - started);
    }
    await gateway.stop();
    return took;
  }

  test("is live within a second: the median of twenty", async () => {
    const took = await measure(20, {});
    process.stdout.write(
      `edit to live: median ${Math.round(median(took))} ms, slowest ${Math.round(Math.max(...took))} ms\n`,
    );
    expect(median(took)).toBeLessThan(1_000);
  });

  test("is live within six seconds where no event tells of it", async () => {
    const took = await measure(2, { reload: { watch: false } });
    process.stdout.write(`edit to live by comparing: ${took.map(Math.round).join(", ")} ms\n`);
    expect(Math.max(...took)).toBeLessThan(6_500);
  });

  test("behind a symbolic link that is swapped, as Kubernetes does, is live too", async () => {
    const folder = newFolder();
    const upstream = await raw("now");
    const version = (name: string, names: string[]): void => {
      mkdirSync(join(folder, name));
      write(join(folder, name, "gateway.yaml"), Object.fromEntries(names.map((one) => [one, at(upstream)])));
      symlinkSync(name, join(folder, "..data_tmp"));
      renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    version("..2026_1", ["a"]);
    symlinkSync("..data/gateway.yaml", join(folder, "gateway.yaml"));
    const gateway = await keep(startGateway({ files: [join(folder, "gateway.yaml")], untilUp: false }));
    await gateway.until("a", "up");
    for (const [number, name] of ["b", "c"].entries()) {
      version(`..2026_${number + 2}`, ["a", name]);
      await gateway.until(name, "up", 2_000);
    }
    expect((await gateway.health()).upstreams.map(({ name }) => name)).toEqual(["a", "c"]);
  });
});

describe("a reload of one of twenty", () => {
  test("under 200 calls a second fails no call and opens no connection to any other", async () => {
    const executed: string[] = [];
    const upstreams = await Promise.all(
      Array.from({ length: 22 }, () =>
        keep(
          startRawUpstream({
            era: "modern",
            tools: {
              note: async (request, response) => {
                const { call } = (request.message.params as { arguments: { call: string } }).arguments;
                executed.push(call);
                await speak(call, 20)(request, response);
              },
            },
          }),
        ),
      ),
    );
    const file = join(newFolder(), "gateway.yaml");
    const define = (first: RawUpstream): void =>
      write(file, Object.fromEntries([first, ...upstreams.slice(3)].map((one, index) => [`u${index}`, at(one)])));
    define(upstreams[0]!);
    const gateway = await keep(startGateway({ files: [file], untilUp: false }));
    for (let index = 0; index < 20; index++) await gateway.until(`u${index}`, "up");
    const url = `${gateway.url}/mcp`;
    // 20 clients that call every 100 ms.
    const loads = await Promise.all(
      Array.from({ length: 20 }, (_, index) => keepCalling(url, `u${index}__note`, { clients: 1, pause: 60 })),
    );
    const calls = (): number => loads.reduce((sum, { outcomes }) => sum + outcomes.length, 0);
    await vi.waitFor(() => expect(calls()).toBeGreaterThan(100), soon);
    const others = upstreams.slice(3);
    const before = others.map((one) => [one.connections(), one.of("server/discover").length]);
    const started = performance.now();
    const callsBefore = calls();
    for (const next of [upstreams[1]!, upstreams[2]!, upstreams[0]!]) {
      const since = executed.length;
      const seen = next.of("tools/call").length;
      define(next);
      await vi.waitFor(() => expect(next.of("tools/call").length).toBeGreaterThan(seen), soon);
      await vi.waitFor(() => expect(executed.length).toBeGreaterThan(since + 100), soon);
    }
    const rate = ((calls() - callsBefore) / (performance.now() - started)) * 1_000;
    const after = others.map((one) => [one.connections(), one.of("server/discover").length]);
    const outcomes = (await Promise.all(loads.map((load) => load.end()))).flat();
    process.stdout.write(
      `reload under load: ${Math.round(rate)} calls/s, ${outcomes.length} calls, generation ${(await gateway.health()).config?.generation}\n`,
    );
    expect(outcomes.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(after).toEqual(before);
    // The ledger: each call ran once, and its answer is its own.
    expect(executed.toSorted()).toEqual(outcomes.map(({ call }) => call).toSorted());
    expect(outcomes.every(({ call, text }) => call === text)).toBe(true);
    expect(rate).toBeGreaterThan(100);
  });
});

describe("each kind of change", () => {
  const [old, , , newest] = sdkClients;

  test.each([old, newest])("is seen by $client, once, and in /health", async ({ connect }) => {
    const folder = newFolder();
    const file = join(folder, "gateway.yaml");
    const [first, second, third] = [await raw("one"), await raw("two"), await raw("three")];
    write(file, { a: at(first) });
    const env = { STATE_DIR: join(folder, "state") };
    const gateway = await keep(startGateway({ files: [file], untilUp: false, env }));
    await gateway.until("a", "up");
    const client = await keep(connect(`${gateway.url}/mcp`));
    expect((await client.listTools()).map(({ name }) => name)).toEqual(["a__one"]);
    let told = client.changes();

    async function expectChange(tools: string[], names: string[]): Promise<void> {
      await vi.waitFor(() => expect(client.changed()).toEqual(tools), soon);
      await vi.waitFor(async () => {
        expect((await gateway.health()).upstreams.map(({ name }) => name)).toEqual(names);
      }, soon);
      expect(client.changes()).toBe(++told);
    }

    write(file, { a: at(first), b: at(second) });
    await expectChange(["a__one", "b__two"], ["a", "b"]);
    write(file, { a: at(third), b: at(second) });
    await expectChange(["a__three", "b__two"], ["a", "b"]);
    write(file, { a: at(third), b: at(second, { enabled: false }) });
    await expectChange(["a__three"], ["a"]);
    expect((await callModern(`${gateway.url}/mcp`, "b__two")).json().error?.code).toBe(-32602);
    expect((await callModern(`${gateway.url}/servers/b/mcp`, "two")).status).toBe(404);
    write(file, { c: at(third), b: at(second, { enabled: false }) });
    await expectChange(["c__three"], ["c"]);
    const { stdout } = await run(process.execPath, [shardgate, "config", "rollback", "--config", file], { env });
    expect(stdout).toMatch(/^Generation 4 is written back to /);
    await expectChange(["a__three"], ["a"]);
    const history = await run(process.execPath, [shardgate, "config", "history", "-c", file, "--json"], { env });
    expect((JSON.parse(history.stdout) as object[]).length).toBe(6);
    write(file, { c: at(third, { tools: { exclude: ["t*"] } }) });
    await vi.waitFor(async () => expect((await gateway.health()).upstreams[0]?.name).toBe("c"), soon);
    await expectChange([], ["c"]);
    const excluded = await callModern(`${gateway.url}/servers/c/mcp`, "three");
    expect(excluded.json().error).toMatchObject({ code: -32602, message: "Unknown tool: three" });
    expect((await send(`${gateway.url}/c/three`, { body: "{}" })).status).toBe(404);
    write(file, {});
    await vi.waitFor(async () => expect((await gateway.health()).upstreams).toEqual([]), soon);
    expect(client.changes()).toBe(told);
    await gateway.stop();
  });
});

describe("a reload of programs", () => {
  test("starts what changed beside what it was, lets its calls end, and leaves every other process alone", async () => {
    const file = join(newFolder(), "gateway.yaml");
    const programs = Array.from({ length: 4 }, () => stdioUpstream());
    const [a, b, c, d] = programs.map(({ definition }): Definition => definition) as [
      Definition,
      Definition,
      Definition,
      Definition,
    ];
    write(file, { a, b, c, d });
    const gateway = await keep(startGateway({ files: [file], untilUp: false }));
    for (const name of ["a", "b", "c", "d"]) await gateway.until(name, "up", 20_000);
    const before = programs.map(({ alive }) => alive());
    expect(before.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
    const call = callModern(`${gateway.url}/mcp`, "a__slow", { n: 1 });
    write(file, { a: { ...a, env: { CHANGED: "yes" } }, b: { ...b, tools: { exclude: ["slow"] } }, e: c, d });
    await gateway.until("e", "up");
    expect((await call).json().result).toMatchObject({ content: [{ type: "text" }] });
    await vi.waitFor(async () => {
      const { result } = (await callModern(`${gateway.url}/mcp`, "a__env")).json();
      expect(JSON.stringify(result)).toContain("CHANGED");
    }, soon);
    await vi.waitFor(() => expect(programs[0]!.alive()).toHaveLength(1), soon);
    expect(programs[0]!.alive()).not.toEqual(before[0]);
    expect(programs.slice(1).map(({ alive }) => alive())).toEqual(before.slice(1));
    expect((await callModern(`${gateway.url}/mcp`, "b__slow")).json().error?.code).toBe(-32602);
    write(file, { d });
    await vi.waitFor(() => expect(programs.slice(0, 3).flatMap(({ alive }) => alive())).toEqual([]), {
      timeout: 15_000,
      interval: 50,
    });
    expect(programs[3]!.alive()).toEqual(before[3]);
    await gateway.stop();
  });
});

describe("being told to reload", () => {
  test("by SIGHUP or with the admin token, where the files are not followed", async () => {
    const file = join(newFolder(), "gateway.yaml");
    const upstream = await raw("now");
    write(file, { a: at(upstream) });
    const env = { ADMIN_TOKEN: "a token for this test" };
    const args = ["--no-reload", "--log", "--reload-interval", "0.2"];
    const gateway = await keep(startGateway({ files: [file], untilUp: false, env, args }));
    await gateway.until("a", "up");
    write(file, { a: at(upstream), b: at(upstream) });
    gateway.kill("SIGHUP");
    await gateway.until("b", "up");
    const reload = (token: string) =>
      send(`${gateway.url}/admin/reload`, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
    write(file, { a: at(upstream), c: at(upstream) });
    expect((await reload("another token")).status).toBe(401);
    const answer = await reload("a token for this test");
    expect(JSON.parse(answer.text)).toEqual({
      status: "applied",
      generation: 3,
      changes: { added: ["c"], removed: ["b"], changed: [] },
    });
    expect(isAlive(gateway.pid)).toBe(true);
  });
});
