import { UpstreamError } from "@shardgate/mcp-wire";
import { describe, expect, it } from "vitest";
import type { Snapshot } from "../core/snapshot.ts";
import { memoryLogger } from "../testing/calls.ts";
import { FakeTimers } from "../testing/fake-timers.ts";
import { listedTool, ScriptedUpstream } from "../testing/scripted-upstream.ts";
import { type UpstreamDefinition, upstreamOptionsSchema } from "../upstreams/index.ts";
import { Registry } from "./registry.ts";

function house() {
  const timers = new FakeTimers();
  const logger = memoryLogger();
  const made = new Map<string, ScriptedUpstream>();
  /** The upstream behind a host name, before or after the registry makes it. */
  const at = (host: string): ScriptedUpstream => {
    const upstream = made.get(host) ?? new ScriptedUpstream();
    made.set(host, upstream);
    return upstream;
  };
  const registry = new Registry({
    timers,
    logger,
    createUpstream: ({ options }) => ({
      upstream: at("url" in options ? new URL(options.url).hostname : options.command),
      health: { intervalMs: 3_000, timeoutMs: 2_000 },
    }),
  });
  const states = () => Object.fromEntries(registry.report().map(({ name, state }) => [name, state]));
  return { timers, logger, at, registry, states };
}

function shard(host: string, name?: string): UpstreamDefinition {
  return { id: host, name, options: upstreamOptionsSchema.parse({ kind: "shard", url: `http://${host}:9101` }) };
}

describe("Registry", () => {
  it("starts upstreams side by side: a hung one and a dead one delay nobody", async () => {
    const { timers, at, registry, states } = house();
    at("hung").isHung = true;
    at("dead").isDown = true;
    registry.replace("env", [shard("hung"), shard("dead"), shard("good")]);
    expect(states()).toEqual({ hung: "starting", dead: "starting", good: "starting" });
    await timers.advance(50);
    expect(states()).toEqual({ hung: "starting", dead: "down", good: "up" });
    expect([...registry.current.catalog.routes.keys()]).toEqual(["good__now"]);
    await timers.advance(10_000);
    expect(registry.report().find(({ name }) => name === "hung")).toMatchObject({
      state: "down",
      error: "it does not answer within 10 s",
    });
  });

  it("names an upstream by its definition, else by itself, else by its address", async () => {
    const { timers, at, registry, states } = house();
    at("traefik-shard").name = "traefik";
    at("late").isDown = true;
    at("own").name = "other";
    registry.replace("env", [shard("traefik-shard"), shard("late"), shard("own", "mine")]);
    await timers.advance(50);
    expect(Object.keys(states())).toEqual(["traefik", "late", "mine"]);
  });

  it("shows an upstream as up, and its tools, when a call can reach them and not before", async () => {
    const { timers, at, registry } = house();
    at("traefik-shard").name = "traefik";
    registry.replace("env", [shard("traefik-shard")]);
    for (let ms = 0; ms < 60; ms++) {
      await timers.advance(1);
      const { catalog, upstreams } = registry.current;
      const callable = [...upstreams.values()].map(({ name, status }) => [name, status, catalog.toolsOf(name).length]);
      expect(registry.report().map(({ name, state, tools }) => [name, state, tools])).toEqual(callable);
    }
    expect(registry.report()).toMatchObject([{ name: "traefik", state: "up", tools: 1 }]);
  });

  it("shows two upstreams of one name, and routes to the first", async () => {
    const { timers, at, registry } = house();
    at("a").name = at("b").name = "time";
    at("b").tools = [listedTool("other")];
    registry.replace("env", [shard("a"), shard("b")]);
    await timers.advance(50);
    expect(registry.report()).toMatchObject([
      { name: "time", state: "up" },
      { name: "b", state: "shadowed", error: expect.stringContaining("the name time is taken") },
    ]);
    expect([...registry.current.catalog.routes.keys()]).toEqual(["time__now"]);
  });

  it("takes an upstream down after two failed checks, keeps its tools, and has it back within 5 s", async () => {
    const { timers, at, registry, states, logger } = house();
    registry.replace("env", [shard("a")]);
    await timers.advance(50);
    at("a").isDown = true;
    await timers.advance(3_600);
    expect(states()).toEqual({ a: "down" });
    expect(registry.report()[0]).toMatchObject({ tools: 1, error: "it cannot be reached (ECONNREFUSED)" });
    expect([...registry.current.catalog.routes.keys()]).toEqual(["a__now"]);
    await timers.advance(60_000);
    at("a").isDown = false;
    await timers.advance(5_000);
    expect(states()).toEqual({ a: "up" });
    expect(registry.current.upstreams.get("a")?.connection).toBe(2);
    const changes = logger.lines
      .filter(({ message }) => message === "upstream state")
      .map(({ from, to }) => `${from}-${to}`);
    expect(changes).toEqual(["starting-up", "up-down", "down-up"]);
  });

  it("notices an upstream that hangs within 10 s", async () => {
    const { timers, at, registry, states } = house();
    registry.replace("env", [shard("a")]);
    await timers.advance(3_050);
    at("a").isHung = true;
    await timers.advance(10_000);
    expect(states()).toEqual({ a: "down" });
  });

  it("looks at once after a call failed, and not more often than that helps", async () => {
    const { timers, at, registry } = house();
    registry.replace("env", [shard("a")]);
    await timers.advance(1_050);
    const before = at("a").count("check");
    for (let calls = 0; calls < 50; calls++) registry.current.upstreams.get("a")?.handle.suspect();
    await timers.advance(10);
    expect(at("a").count("check")).toBe(before + 1);
  });

  it("does not forget a call that failed just after it looked", async () => {
    const { timers, at, registry, states } = house();
    registry.replace("env", [shard("a")]);
    await timers.advance(50);
    const looks = at("a").count("check");
    while (at("a").count("check") === looks) await timers.advance(10);
    at("a").isDown = true;
    registry.current.upstreams.get("a")?.handle.suspect();
    await timers.advance(1_500);
    expect(states()).toEqual({ a: "down" });
  });

  it("shows what a shard says is wrong with it, and still routes to it", async () => {
    const { timers, at, registry } = house();
    at("a").checkup = { degraded: "traefik: refused" };
    registry.replace("env", [shard("a")]);
    await timers.advance(50);
    expect(registry.report()[0]).toMatchObject({ state: "degraded", error: "traefik: refused" });
    expect(registry.current.upstreams.get("a")?.status).toBe("degraded");
  });

  it("reads tools again when they are announced, noticed or due, and publishes only what differs", async () => {
    const { timers, at, registry } = house();
    at("a").announces = true;
    const seen: Snapshot[] = [];
    registry.replace("env", [shard("a"), shard("b")]);
    await timers.advance(50);
    registry.subscribe((snapshot) => seen.push(snapshot));
    const { catalog } = registry.current;
    at("a").announce();
    await timers.advance(200);
    expect(at("a").count("list")).toBe(1);
    // What it announces is passed on, whatever we can see of it.
    expect(registry.current.catalog.of("a")).not.toBe(catalog.of("a"));
    expect(registry.current.catalog.of("b")).toBe(catalog.of("b"));
    seen.length = 0;
    at("a").tools = [listedTool("then")];
    for (let times = 0; times < 5; times++) at("a").announce();
    await timers.advance(200);
    expect(at("a").count("list")).toBe(2);
    expect([...registry.current.catalog.routes.keys()]).toEqual(["a__then", "b__now"]);
    expect(seen).toHaveLength(1);
    at("b").tools = [listedTool("more")];
    at("b").checkup = { changed: true };
    await timers.advance(3_600);
    expect([...registry.current.catalog.routes.keys()]).toEqual(["a__then", "b__more"]);
    at("b").checkup = {};
    at("b").tools = [];
    await timers.advance(64_000);
    expect([...registry.current.catalog.routes.keys()]).toEqual(["a__then"]);
  });

  it("watches again after a stream broke, and looks whether all is well; not after a refusal", async () => {
    const { timers, at, registry } = house();
    at("a").announces = at("b").announces = true;
    registry.replace("env", [shard("a"), shard("b")]);
    await timers.advance(50);
    at("a").breakStream(new Error("the stream ended"));
    at("b").breakStream(new UpstreamError("protocol", "it answered with HTTP 405", { sent: true, status: 405 }));
    await timers.advance(6_000);
    expect([at("a").count("watch"), at("b").count("watch")]).toEqual([2, 1]);
  });

  it("leaves alone what is the same, closes what is gone, starts what is new", async () => {
    const { timers, at, registry, states } = house();
    registry.replace("env", [shard("a"), shard("b")]);
    await timers.advance(50);
    registry.replace("env", [shard("a"), shard("c")]);
    await timers.advance(150);
    expect(states()).toEqual({ a: "up", c: "up" });
    expect([at("a").isClosed, at("b").isClosed]).toEqual([false, true]);
    expect(at("a").count("connect")).toBe(1);
    await registry.close();
    expect([at("a").isClosed, at("c").isClosed]).toEqual([true, true]);
    expect(timers.pending).toBe(0);
  });

  const at = (host: string, options: object = {}): UpstreamDefinition => ({
    id: "nas",
    name: "nas",
    options: upstreamOptionsSchema.parse({ kind: "mcp-http", url: `http://${host}/mcp`, ...options }),
  });

  it("applies a policy, and a new name, to the connections that are there", async () => {
    const { timers, at: upstream, registry, states } = house();
    upstream("a").tools = [listedTool("read"), listedTool("write"), listedTool("drop")];
    registry.replace("file", [at("a")]);
    await timers.advance(50);
    const { handle } = registry.current.upstreams.get("nas")!;
    const policy = {
      tools: { exclude: ["d*"], rename: { read: "look" } },
      timeout: "5s",
      group: "media",
      limits: { active: 2 },
    };
    registry.replace("file", [at("a", policy)]);
    const { catalog, upstreams } = registry.current;
    expect([...catalog.routes.keys()]).toEqual(["nas__look", "nas__write"]);
    expect(catalog.routes.get("nas__look")?.nameJson.toString()).toBe('"read"');
    expect(upstreams.get("nas")).toMatchObject({ handle, timeoutMs: 5_000, group: "media", limits: { active: 2 } });
    registry.replace("file", [
      { ...at("a", { ...policy, prefix: false }), id: "disk", name: "disk", original: "My Disk" },
    ]);
    expect([...registry.current.catalog.routes.keys()]).toEqual(["look", "write"]);
    expect(registry.report()).toMatchObject([{ name: "disk", original: "My Disk", state: "up" }]);
    expect(registry.current.upstreams.get("disk")?.handle).toBe(handle);
    expect(upstream("a").count("connect")).toBe(1);
    registry.replace("file", [{ ...at("a", { enabled: false }) }]);
    await timers.advance(200);
    expect([states(), upstream("a").isClosed]).toEqual([{}, true]);
  });

  it("hides credentials and query of an address", () => {
    const { registry } = house();
    const options = upstreamOptionsSchema.parse({ kind: "mcp-http", url: "http://me:secret@nas/mcp?key=secret" });
    registry.replace("file", [{ id: "nas", name: "nas", options }]);
    expect(registry.report()[0]?.url).toBe("http://nas/mcp");
  });
});
