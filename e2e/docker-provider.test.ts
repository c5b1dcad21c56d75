// The Docker provider in a real gateway: against a real engine, and against a stand-in that is held to the same expectations.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Containers, EngineProxy, fakeContainers, makeImage, realContainers } from "./support/containers.ts";
import { findEngine } from "./support/docker.ts";
import { type Gateway, startGateway } from "./support/house.ts";
import { soon } from "./support/program.ts";
import { get } from "./support/raw-client.ts";
import { callModern, modern } from "./support/rpc-client.ts";

const found = findEngine();
const engine = "missing" in found ? undefined : found;
const missing = "missing" in found ? found.missing : undefined;
const image = `shardgate-e2e-${process.pid}:latest`;
const PATIENCE = 60_000;

const engines = [
  { title: "a stand-in for the engine", why: undefined, make: fakeContainers },
  {
    title: "a real engine",
    why: missing,
    make: async () => {
      await makeImage(engine!, image, { "/gateway.yaml": "providers: { docker: { grace: 2s } }\n" });
      return realContainers(engine!, image);
    },
  },
];

async function toolsOf(gateway: { url: string }): Promise<string[]> {
  const { result } = (await modern(`${gateway.url}/mcp`, "tools/list")).json();
  return ((result?.["tools"] ?? []) as { name: string }[]).map(({ name }) => name);
}

async function works(gateway: { url: string }, name: string): Promise<void> {
  const answer = (await callModern(`${gateway.url}/mcp`, `${name}__current_time`, {})).json();
  expect(answer.error, `${name}: ${JSON.stringify(answer.error)}`).toBeUndefined();
  expect(answer.result?.["isError"]).not.toBe(true);
}

describe.each(engines)("containers on $title", ({ why, make }) => {
  let containers: Containers;
  let gateway: Gateway;
  let proxy: EngineProxy;

  beforeAll(async () => {
    if (why !== undefined) return;
    containers = await make();
    proxy = new EngineProxy(containers.endpoint);
    gateway = await startGateway({ providers: { docker: { endpoint: await proxy.open(), grace: "2s" } } });
  }, PATIENCE * 2);

  afterAll(async () => {
    await gateway?.stop();
    await proxy?.cut();
    await containers?.close();
    if (engine !== undefined && why === undefined) await engine.docker(["image", "rm", "--force", image]);
  }, PATIENCE);

  test("one that comes up has its tools listed within 2 s; they work", async ({ skip }) => {
    if (why !== undefined) skip(why);
    await containers.run("first");
    const up = Date.now();
    await vi.waitFor(async () => expect(await toolsOf(gateway)).toContain("first__current_time"), soon);
    process.stdout.write(`container up to tools listed: ${Date.now() - up} ms\n`);
    expect(Date.now() - up).toBeLessThan(2_000);
    await works(gateway, "first");
    const { providers, upstreams } = await gateway.health();
    expect(providers.find(({ name }) => name === "docker")).toMatchObject({ state: "ok" });
    expect(upstreams).toMatchObject([{ name: "first", provider: "docker", kind: "shard", state: "up" }]);
  });

  test(
    "one that stopped is marked, then gone; back at another address it works",
    { timeout: PATIENCE },
    async ({ skip }) => {
      if (why !== undefined) skip(why);
      await containers.run("moves");
      const { url: before } = await gateway.until("moves", "up");
      await containers.stop("moves");
      await vi.waitFor(async () => {
        const shown = (await gateway.health()).upstreams.find(({ name }) => name === "moves");
        expect(shown?.state ?? "gone").toMatch(/down|gone/);
      }, soon);
      await vi.waitFor(async () => expect(await toolsOf(gateway)).not.toContain("moves__current_time"), soon);
      await containers.startElsewhere("moves");
      const { url: after } = await gateway.until("moves", "up");
      expect(after).not.toBe(before);
      await works(gateway, "moves");
      await works(gateway, "first");
    },
  );

  test("a restart at another address within the grace takes no tool away", { timeout: PATIENCE }, async ({ skip }) => {
    if (why !== undefined) skip(why);
    await containers.run("restarts");
    const { url: before } = await gateway.until("restarts", "up");
    let gaps = 0;
    const done = new AbortController();
    const watch = (async () => {
      while (!done.signal.aborted) if (!(await toolsOf(gateway)).includes("restarts__current_time")) gaps++;
    })();
    await containers.stop("restarts");
    await containers.startElsewhere("restarts");
    await vi.waitFor(
      async () => {
        const shown = (await gateway.health()).upstreams.find(({ name }) => name === "restarts");
        expect(shown).toMatchObject({ state: "up" });
        expect(shown?.url).not.toBe(before);
      },
      { timeout: 10_000, interval: 20 },
    );
    done.abort();
    await watch;
    expect(gaps).toBe(0);
    await works(gateway, "restarts");
  });

  test("a label that names a command is refused, in /health and in the log", async ({ skip }) => {
    if (why !== undefined) skip(why);
    await containers.run("bad", { "shardgate.command": "/bin/sh" });
    const problem = await vi.waitFor(async () => {
      const docker = (await gateway.health()).providers.find(({ name }) => name === "docker");
      const told = docker?.problems?.find((one) => one.includes("shardgate.command"));
      expect(told).toContain("names a command, and those come from the gateway's own file or environment only");
      return told;
    }, soon);
    expect((await gateway.health()).upstreams.some(({ name }) => name === "bad")).toBe(false);
    await vi.waitFor(() => expect(gateway.log.some((line) => line["problem"] === problem)).toBe(true), soon);
    await containers.stop("bad");
  });

  test(
    "an engine that is away is told; what runs stays, and what came meanwhile is found",
    { timeout: PATIENCE },
    async ({ skip }) => {
      if (why !== undefined) skip(why);
      await proxy.cut();
      await vi.waitFor(async () => {
        const docker = (await gateway.health()).providers.find(({ name }) => name === "docker");
        expect(docker).toMatchObject({
          state: "failed",
          error: expect.stringMatching(/^the Docker engine at tcp:.*ECONN/),
        });
      }, soon);
      await works(gateway, "first");
      await containers.run("meanwhile");
      await proxy.open();
      await gateway.until("meanwhile", "up", 15_000);
      await works(gateway, "meanwhile");
    },
  );
});

describe("a gateway in a container of the engine", () => {
  test(
    "reaches shards in the network that it shares with them, and says which are in none",
    { timeout: PATIENCE * 2 },
    async ({ skip }) => {
      if (engine === undefined) return skip(missing);
      const containers = await engines[1]!.make();
      const name = `shardgate-e2e-${process.pid}-gateway`;
      const alone = `shardgate-e2e-${process.pid}-alone`;
      const { network } = containers as Awaited<ReturnType<typeof realContainers>>;
      try {
        await containers.run("inside");
        const socket = containers.endpoint.replace(/^unix:\/\//, "");
        const where = ["--network", network, "--volume", `${socket}:/var/run/docker.sock`];
        await engine.docker([
          "run",
          "--detach",
          "--name",
          alone,
          "--network",
          "none",
          "--label",
          "shardgate.enable=true",
          "--label",
          "shardgate.name=alone",
          "--label",
          "shardgate.port=1",
          image,
          "/node",
          "/time.mjs",
        ]);
        await engine.docker([
          "run",
          "--detach",
          "--name",
          name,
          ...where,
          image,
          "/node",
          "/shardgate.mjs",
          "serve",
          "--config",
          "/gateway.yaml",
        ]);
        const address = (
          await engine.docker(["inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name])
        ).trim();
        const gateway = { url: `http://${address}:9100` };
        await vi.waitFor(async () => expect(await toolsOf(gateway)).toContain("inside__current_time"), {
          timeout: 10_000,
          interval: 50,
        });
        await works(gateway, "inside");
        const { providers } = JSON.parse((await get(`${gateway.url}/health`)).text) as {
          providers: { problems: string[] }[];
        };
        const problems = providers.flatMap((one) => one.problems ?? []);
        expect(problems.find((one) => one.includes("-alone"))).toMatch(/shares no network with the gateway/);
        await engine.docker(["rm", "--force", alone, name]);
      } finally {
        await containers.close();
        await engine.docker(["image", "rm", "--force", image]).catch(() => undefined);
      }
    },
  );
});

test(
  "a service of Compose is one upstream under its own name, at a published port of the first replica that runs",
  { timeout: PATIENCE * 2 },
  async ({ skip }) => {
    if (engine === undefined) return skip(missing);
    const folder = mkdtempSync(join(tmpdir(), "shardgate-compose-"));
    const name = `shardgate-e2e-${process.pid}-house`;
    const service = {
      image,
      command: ["/node", "/time.mjs"],
      environment: { PORT: "9102" },
      labels: { "shardgate.enable": "true" },
      ports: ["127.0.0.1::9102"],
      deploy: { replicas: 2 },
    };
    writeFileSync(join(folder, "compose.yaml"), JSON.stringify({ name, services: { "clock-e2e": service } }));
    const compose = (...args: readonly string[]) =>
      engine.docker(["compose", "--file", join(folder, "compose.yaml"), ...args]);
    let gateway: Gateway | undefined;
    try {
      await makeImage(engine, image);
      await compose("up", "--detach");
      const endpoint = engine.env["DOCKER_HOST"] ?? process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
      gateway = await startGateway({ providers: { docker: { endpoint } } });
      const { url: first } = await gateway.until("clock-e2e", "up");
      expect(first).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      await works(gateway, "clock-e2e");
      await engine.docker(["stop", "--time", "1", `${name}-clock-e2e-1`]);
      await vi.waitFor(
        async () => {
          const shown = (await gateway?.health())?.upstreams.filter((one) => one.name.startsWith("clock-e2e"));
          expect(shown).toMatchObject([{ name: "clock-e2e", state: "up" }]);
          expect(shown?.[0]?.url).not.toBe(first);
        },
        { timeout: 10_000, interval: 50 },
      );
      await works(gateway, "clock-e2e");
    } finally {
      await gateway?.stop();
      await compose("down", "--timeout", "1");
      await engine.docker(["image", "rm", "--force", image]);
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test("without an engine the gateway starts, and says what is wrong and what to do", async () => {
  const gateway = await startGateway({ providers: { docker: { endpoint: "unix:///nowhere/docker.sock" } } });
  try {
    await vi.waitFor(async () => {
      const docker = (await gateway.health()).providers.find(({ name }) => name === "docker");
      expect(docker).toMatchObject({ name: "docker", state: "failed", definitions: 0 });
      expect(docker?.error).toContain("there is no such socket (ENOENT); mount it, or set providers.docker.endpoint");
    }, soon);
    const logged = () => gateway.log.some(({ msg, to }) => msg === "provider state" && to === "failed");
    await vi.waitFor(() => expect(logged()).toBe(true), soon);
  } finally {
    await gateway.stop();
  }
});
