import { describe, expect, it } from "vitest";
import { memoryLogger } from "../testing/calls.ts";
import { FakeTimers } from "../testing/fake-timers.ts";
import { listedTool, ScriptedUpstream } from "../testing/scripted-upstream.ts";
import { type UpstreamDefinition, upstreamOptionsSchema } from "../upstreams/index.ts";
import { Registry } from "./registry.ts";

function house(precedence: readonly string[] = ["file", "docker", "announce"]) {
  const timers = new FakeTimers();
  const logger = memoryLogger();
  const made: Record<string, ScriptedUpstream> = {};
  const registry = new Registry({
    precedence,
    timers,
    logger,
    createUpstream: ({ options }) => {
      const host = new URL("url" in options ? options.url : "http://x").hostname;
      return { upstream: (made[host] ??= new ScriptedUpstream()), health: { intervalMs: 3_000, timeoutMs: 2_000 } };
    },
  });
  const at = (host: string) => (made[host] ??= new ScriptedUpstream());
  const seen = () =>
    registry.report().map(({ name, provider, state, url }) => `${name} ${provider} ${state} ${url ?? ""}`);
  const collisions = () => logger.lines.filter(({ message }) => message === "two upstreams of one name");
  return { timers, registry, at, seen, collisions };
}

function define(id: string, host: string, more: object = {}, name: string | undefined = id): UpstreamDefinition {
  return { id, name, options: upstreamOptionsSchema.parse({ kind: "shard", url: `http://${host}:9101`, ...more }) };
}

describe("the merge rule", () => {
  it("gives a name to the provider that comes first, whichever speaks first; the other is seen, logged, and waits", async () => {
    const { timers, registry, seen, collisions } = house();
    registry.replace("announce", [define("nas", "c")]);
    registry.replace("docker", [define("nas", "b")]);
    await timers.advance(50);
    expect(seen()).toEqual(["nas docker up http://b:9101", "nas-2 announce shadowed http://c:9101"]);
    registry.replace("file", [define("nas", "a")]);
    await timers.advance(50);
    expect(seen()).toEqual([
      "nas file up http://a:9101",
      "nas-2 docker shadowed http://b:9101",
      "nas-3 announce shadowed http://c:9101",
    ]);
    expect(registry.report()[1]?.error).toBe(
      "the name nas is taken by the one of provider file at http://a:9101, which comes first; give one of them a name of its own",
    );
    expect([...registry.current.catalog.routes.keys()]).toEqual(["nas__now"]);
    expect(collisions()).toHaveLength(3);
    registry.replace("file", []);
    await timers.advance(50);
    expect(seen()).toEqual(["nas docker up http://b:9101", "nas-2 announce shadowed http://c:9101"]);
  });

  it("leaves a name to who has it by right, also where a shadowed one would like it", async () => {
    const { timers, registry, seen } = house();
    registry.replace("file", [define("nas", "a"), define("nas-2", "b")]);
    registry.replace("docker", [define("nas", "c")]);
    await timers.advance(50);
    expect(seen().map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
      "nas file up",
      "nas-2 file up",
      "nas-3 docker shadowed",
    ]);
  });

  it("counts the name an upstream gives itself", async () => {
    const { timers, registry, at, seen } = house();
    at("10.0.0.1").name = "time";
    registry.replace(
      "announce",
      [define("x", "10.0.0.1", {}, "")].map((one) => ({ ...one, name: undefined })),
    );
    registry.replace("file", [define("time", "a")]);
    await timers.advance(50);
    expect(seen()).toEqual(["time file up http://a:9101", "10-0-0-1-9101 announce shadowed http://10.0.0.1:9101"]);
  });
});

describe("a changed definition", () => {
  it("is started beside what it replaces and takes its place once reached: one change of tools, no gap", async () => {
    const { timers, registry, at } = house();
    registry.replace("file", [define("nas", "old"), define("time", "t")]);
    await timers.advance(50);
    const states: string[] = [];
    registry.subscribe(({ upstreams, catalog }) =>
      states.push(`${upstreams.get("nas")?.url} ${upstreams.get("nas")?.status} ${catalog.toolsOf("nas").length}`),
    );
    const untouched = registry.current.upstreams.get("time")?.handle;
    at("new").tools = [listedTool("a"), listedTool("b")];
    registry.replace("file", [define("nas", "new"), define("time", "t")]);
    await timers.advance(200);
    expect(new Set(states)).toEqual(new Set(["http://old:9101 up 1", "http://new:9101 up 2"]));
    expect(at("old").isClosed).toBe(true);
    expect(registry.current.upstreams.get("time")?.handle).toBe(untouched);
    expect(at("t").count("connect")).toBe(1);
  });

  it("lets calls of the old one end before it is closed, a minute at most", async () => {
    const { timers, registry, at } = house();
    registry.replace("file", [define("nas", "old"), define("gone", "hung")]);
    await timers.advance(50);
    const [nas, gone] = ["nas", "gone"].map((name) => registry.current.upstreams.get(name)!.handle.load);
    // One call that is under way in each, as the bulkhead counts them.
    nas!.active = gone!.active = 1;
    registry.replace("file", [define("nas", "new")]);
    await timers.advance(30_000);
    expect([at("old").isClosed, at("hung").isClosed]).toEqual([false, false]);
    nas!.active = 0;
    await timers.advance(200);
    expect([at("old").isClosed, at("hung").isClosed]).toEqual([true, false]);
    await timers.advance(30_000);
    expect(at("hung").isClosed).toBe(true);
    await registry.close();
    expect(timers.pending).toBe(0);
  });

  it("that cannot be reached leaves the old one in place for ten seconds and says so; then it is shown down, its tools listed", async () => {
    const { timers, registry, at, seen } = house();
    registry.replace("file", [define("nas", "old")]);
    await timers.advance(50);
    at("new").isDown = true;
    registry.replace("file", [define("nas", "new")]);
    await timers.advance(1_000);
    expect(seen()).toEqual(["nas file up http://old:9101"]);
    expect(registry.report()[0]?.error).toContain(
      "the new one is not reached yet: it cannot be reached (ECONNREFUSED)",
    );
    await timers.advance(10_000);
    expect(seen()).toEqual(["nas file down http://new:9101"]);
    expect(registry.report()[0]?.tools).toBe(1);
    expect(at("old").isClosed).toBe(true);
  });

  it("replaces at once what is down already", async () => {
    const { timers, registry, at, seen } = house();
    registry.replace("docker", [define("nas", "old")]);
    await timers.advance(50);
    at("old").isDown = true;
    await timers.advance(4_000);
    at("new").isDown = true;
    registry.replace("docker", [define("nas", "new")]);
    await timers.advance(100);
    expect(seen()).toEqual(["nas docker down http://new:9101"]);
    at("new").isDown = false;
    await timers.advance(1_000);
    expect(seen()).toEqual(["nas docker up http://new:9101"]);
  });

  it("touches no connection where it only says how calls are treated", async () => {
    const { timers, registry, at } = house();
    registry.replace("file", [define("nas", "a")]);
    await timers.advance(50);
    const { handle } = registry.current.upstreams.get("nas")!;
    registry.replace("file", [define("nas", "a", { timeout: "5s" })]);
    await timers.advance(200);
    expect(registry.current.upstreams.get("nas")).toMatchObject({ timeoutMs: 5_000, status: "up", handle });
    expect([at("a").count("connect"), at("a").isClosed]).toEqual([1, false]);
  });

  it("that changes again, or goes, before it was reached leaves nothing behind", async () => {
    const { timers, registry, at, seen } = house();
    registry.replace("file", [define("nas", "old")]);
    await timers.advance(50);
    at("b").isHung = true;
    registry.replace("file", [define("nas", "b")]);
    await timers.advance(50);
    registry.replace("file", [define("nas", "c")]);
    await timers.advance(200);
    expect(seen()).toEqual(["nas file up http://c:9101"]);
    expect([at("old").isClosed, at("b").isClosed]).toEqual([true, true]);
    at("d").isHung = true;
    registry.replace("file", [define("nas", "d")]);
    registry.replace("file", []);
    await timers.advance(200);
    expect(seen()).toEqual([]);
    expect([at("c").isClosed, at("d").isClosed]).toEqual([true, true]);
  });
});
