import { healthSchema, manifestSchema } from "@shardgate/contract";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { createShardApp } from "./app.ts";
import { defineShard, type Shard } from "./shard.ts";
import { fixtureShard } from "./test-fixture.ts";
import { testShard } from "./testing.ts";
import { toolResult } from "./testing/call-tool.ts";
import { request } from "./testing/rpc.ts";
import { defineTool } from "./tool.ts";

testShard(fixtureShard().shard);

const get = (path: string, headers: Record<string, string> = {}): Request =>
  new Request(`http://localhost${path}`, { headers });

const poll = { interval: 2, timeout: 5000 };

describe("GET /health", () => {
  it("is 503 with the reason while a check fails, and 200 when it is well again", async () => {
    let broken: Error | undefined = Object.assign(new Error("fetch failed"), { cause: { code: "ECONNREFUSED" } });
    let now = 0;
    const { shard } = fixtureShard({
      check() {
        if (broken) throw broken;
      },
    });
    const app = createShardApp(shard, { now: () => now });
    const failed = await app.fetch(get("/health"));
    expect(failed.status).toBe(503);
    expect(healthSchema.parse(await failed.json())).toEqual({
      status: "failed",
      name: "fixture",
      version: "1.2.3",
      checks: { service: { status: "failed", message: "fetch failed (ECONNREFUSED)" } },
    });
    broken = undefined;
    expect((await app.fetch(get("/health"))).status, "still fresh").toBe(503);
    now = 1001;
    const well = await app.fetch(get("/health"));
    expect(well.status).toBe(200);
    expect(await well.json()).toMatchObject({ status: "ok", checks: { service: { status: "ok" } } });
  });

  it("gives up a check that hangs, and runs it once for many askers", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const signals: AbortSignal[] = [];
    const { shard } = fixtureShard({
      check: (signal) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    const app = createShardApp(shard, { now: () => 0 });
    const asked = Promise.all([app.fetch(get("/health")), app.fetch(get("/health"))]);
    await vi.advanceTimersByTimeAsync(1500);
    vi.useRealTimers();
    for (const response of await asked) {
      expect(await response.json()).toMatchObject({ checks: { service: { message: "no answer within 1.5 s" } } });
    }
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });
});

describe("GET /manifest", () => {
  const shardWith = (description: string, field: string): Shard =>
    defineShard({
      name: "other",
      version: "1.0.0",
      description,
      tools: [
        defineTool({
          name: "act",
          description: "Acts.",
          input: z.object({ [field]: z.string() }),
          annotations: { readOnlyHint: true, openWorldHint: false },
          run: () => "done",
        }),
      ],
    });
  const tag = async (shard: Shard) => (await createShardApp(shard).fetch(get("/manifest"))).headers.get("etag") ?? "";

  it("has a tag that is the same after a restart, and another when a description or a schema changed", async () => {
    const first = await tag(shardWith("One.", "a"));
    expect(first).toMatch(/^"[\w-]+"$/);
    expect(await tag(shardWith("One.", "a"))).toBe(first);
    expect(await tag(shardWith("Two.", "a"))).not.toBe(first);
    expect(await tag(shardWith("One.", "b"))).not.toBe(first);
  });

  it.each(["*", "TAG", 'W/TAG, "other"'])("is not sent again to who has it: %s", async (header) => {
    const app = createShardApp(fixtureShard().shard);
    const etag = (await app.fetch(get("/manifest"))).headers.get("etag") ?? "";
    const unchanged = await app.fetch(get("/manifest", { "if-none-match": header.replace("TAG", etag) }));
    expect(unchanged.status).toBe(304);
    expect(await unchanged.text()).toBe("");
    expect(unchanged.headers.get("etag")).toBe(etag);
    expect((await app.fetch(get("/manifest", { "if-none-match": '"other"' }))).status).toBe(200);
  });

  it("names the endpoint and the revisions of both eras", async () => {
    const app = createShardApp(fixtureShard().shard);
    const { mcp } = manifestSchema.parse(await (await app.fetch(get("/manifest"))).json());
    expect(mcp.path).toBe("/mcp");
    expect(mcp.protocolVersions).toEqual(expect.arrayContaining(["2026-07-28", "2025-11-25"]));
  });
});

it("answers other paths with what there is", async () => {
  const response = await createShardApp(fixtureShard().shard).fetch(get("/"));
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: expect.stringContaining("/manifest") });
});

describe("the end of a shard", () => {
  it("lets calls finish, then frees what was opened, once", async () => {
    const { shard, waiting, closed } = fixtureShard();
    const app = createShardApp(shard);
    const pending = request(app, "modern", "tools/call", { name: "wait" });
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    app.drain();
    expect((await app.fetch(get("/ready"))).status).toBe(503);
    expect((await app.fetch(get("/health"))).status).toBe(200);
    const closing = [app.close(60_000), app.close()];
    waiting[0]?.finish("done");
    expect(toolResult(await pending)).toMatchObject({ isError: false, text: "done" });
    await Promise.all(closing);
    expect(closed).toEqual(["Hello, goodbye!"]);
  });

  it("stops calls that do not end in time, and tells their clients", async () => {
    const { shard, waiting, closed } = fixtureShard();
    const app = createShardApp(shard);
    const pending = request(app, "legacy", "tools/call", { name: "wait" });
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    await app.close(0);
    expect(waiting[0]?.context.signal.aborted).toBe(true);
    expect(toolResult(await pending)).toMatchObject({
      isError: true,
      text: "fixture is shutting down.\nCall again in a few seconds.",
    });
    expect(closed).toHaveLength(1);
  });
});

describe("defineShard and defineTool", () => {
  const tool = (name: string, input: z.ZodObject = z.object({})) =>
    defineTool({
      name,
      description: "x",
      input,
      annotations: { readOnlyHint: true, openWorldHint: false },
      run: () => "",
    });

  it("refuse what the gateway or a client could not use", () => {
    expect(() => tool("has space")).toThrow(/Tool name "has space" must match/);
    expect(() => tool("dated", z.object({ at: z.date() }))).toThrow(/Tool dated: its input cannot be written/);
    const described = { version: "1", description: "x", tools: [] };
    expect(() => defineShard({ ...described, name: "Not_A_Name" })).toThrow(/Shard Not_A_Name:.*1 to 16 characters/s);
    const twice = defineShard({ ...described, name: "twice", tools: [tool("a"), tool("a")] });
    expect(() => createShardApp(twice)).toThrow("two tools of one name");
  });
});

describe("routes of a shard", () => {
  const withRoutes = (routes: Record<string, () => Response>) =>
    defineShard({ name: "other", version: "1.0.0", description: "Other.", tools: [], routes });

  it("are served behind the same check of Host, and given what setup made", async () => {
    const shard = defineShard({
      name: "other",
      version: "1.0.0",
      description: "Other.",
      tools: [],
      setup: () => ({ text: "made by setup" }),
      routes: { "/a/document.json": ({ method }, { text }) => Response.json({ method, text }) },
    });
    const app = createShardApp(shard);
    const answer = await app.fetch(get("/a/document.json"));
    expect(await answer.json()).toEqual({ method: "GET", text: "made by setup" });
    expect((await app.fetch(new Request("http://evil.example/a/document.json"))).status).toBe(403);
    expect(await (await app.fetch(get("/else"))).text()).toContain("/a/document.json, /health");
  });

  it("that throw answer 500 without detail", async () => {
    const shard = withRoutes({
      "/broken": () => {
        throw new Error("a secret");
      },
    });
    const answer = await createShardApp(shard).fetch(get("/broken"));
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("secret");
  });

  it.each(["/mcp", "/health", "x", "/", "/a/", "/:id", "/*"])("cannot be at %s", (path) => {
    expect(() => withRoutes({ [path]: () => new Response() })).toThrow("cannot be a route's path");
  });
});
