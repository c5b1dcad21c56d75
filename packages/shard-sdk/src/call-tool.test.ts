import { afterEach, describe, expect, it, vi } from "vitest";
import { createShardApp } from "./app.ts";
import type { JsonObject } from "./json-schema.ts";
import type { Log } from "./log.ts";
import { fixtureShard } from "./test-fixture.ts";
import { callTool, toolResult } from "./testing/call-tool.ts";
import { eras, request } from "./testing/rpc.ts";

const { shard } = fixtureShard();

/** A log that keeps its lines. */
function keepingLog() {
  const lines: (JsonObject & { readonly level: string; readonly message?: string })[] = [];
  const write = (level: string) => (fields: object, message?: string) =>
    void lines.push({ level, ...fields, ...(message !== undefined && { message }) });
  const log: Log = {
    debug: () => {},
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: () => log,
  };
  return { log, lines };
}

const metric = async (app: { fetch(request: Request): Promise<Response> }, name: string): Promise<string[]> =>
  (await (await app.fetch(new Request("http://localhost/metrics"))).text())
    .split("\n")
    .filter((line) => line.startsWith(name));

describe("a tool's result", () => {
  it("has the structured value and a short text", async () => {
    const result = await callTool(shard, "greet", { name: "Ada", times: 2 });
    expect(result).toMatchObject({
      isError: false,
      text: "Hello, Ada! Hello, Ada!",
      structured: { greetings: ["Hello, Ada!", "Hello, Ada!"], count: 2 },
    });
  });

  it("follows the shard's settings", async () => {
    const { text } = await callTool(shard, "greet", { name: "Ada" }, { config: { GREETING: "Ahoy" } });
    expect(text).toBe("Ahoy, Ada!");
  });

  it("is a text that says what to do next when the tool knows", async () => {
    const result = await callTool(shard, "fail");
    expect(result).toMatchObject({ isError: true, text: "The lamp is off.\nTurn it on first.", structured: undefined });
  });

  it.each(["throw", "return"])("names a bug as one, without detail: %s", async (how) => {
    const { log, lines } = keepingLog();
    const app = createShardApp(shard, { log });
    const { isError, text } = toolResult(
      await request(app, "modern", "tools/call", { name: "broken", arguments: { how } }),
    );
    expect(isError).toBe(true);
    expect(text).toContain("because of a bug in it");
    expect(text).not.toMatch(/secret|TypeError|\bat /);
    expect(lines).toEqual([
      expect.objectContaining({ level: "error", tool: "broken", outcome: "bug", err: expect.any(Error) }),
    ]);
    expect(String(lines[0]?.["err"])).toContain(how === "throw" ? "secret detail" : "`count`");
  });
});

describe("arguments", () => {
  const refusal = async (args: object): Promise<string> => {
    const { isError, text } = await callTool(shard, "greet", { ...args });
    expect(isError).toBe(true);
    return text;
  };

  it("are told field by field, with what was expected and what the field is", async () => {
    const text = await refusal({ times: "two", style: "quiet" });
    expect(text).toMatch(/^Invalid arguments for greet:/);
    expect(text).toContain("- `name`: missing; expected string (Whom to greet)");
    expect(text).toContain("- `times`: expected number, received string (How often)");
    expect(text).toContain('- `style`: Invalid option: expected one of "plain"|"loud" (How loud)');
  });

  it("that do not exist are told, with the one that was meant", async () => {
    expect(await refusal({ name: "Ada", tims: 2 })).toContain("`tims`: no such argument; did you mean `times`?");
    expect(await refusal({ name: "Ada", colour: 2 })).toContain("it takes `name`, `times`, `style`");
    expect(await refusal({ ["__proto__x"]: 1, name: "Ada" })).toContain("`__proto__x`: no such argument");
  });

  it("may be null where they may be absent, and may carry what n8n adds", async () => {
    const args = { name: "Ada", times: null, style: null, toolCallId: "x", sessionId: "y" };
    expect((await callTool(shard, "greet", args)).text).toBe("Hello, Ada!");
    expect(await refusal({ name: null })).toContain("`name`: expected string, received null");
  });
});

describe("the end of a call", () => {
  afterEach(() => void vi.useRealTimers());

  it.each(eras)("is logged and counted once, %s era", async (era) => {
    const { log, lines } = keepingLog();
    const app = createShardApp(shard, { log, now: () => 5 });
    await request(app, era, "tools/call", { name: "greet", arguments: { name: "Ada" } });
    await request(app, era, "tools/call", { name: "greet", arguments: {} });
    expect(lines.map(({ tool, outcome, ms }) => ({ tool, outcome, ms }))).toEqual([
      { tool: "greet", outcome: "ok", ms: 0 },
      { tool: "greet", outcome: "invalid", ms: 0 },
    ]);
    expect(JSON.stringify(lines)).not.toContain("Ada");
    expect(await metric(app, "shard_tool_calls_total")).toEqual([
      'shard_tool_calls_total{tool="greet",outcome="ok",shard="fixture"} 1',
      'shard_tool_calls_total{tool="greet",outcome="invalid",shard="fixture"} 1',
    ]);
    expect(await metric(app, "shard_tool_call_duration_seconds_count")).toHaveLength(1);
    expect(await metric(app, "shard_tool_calls_running")).toEqual(['shard_tool_calls_running{shard="fixture"} 0']);
    expect(await metric(app, "process_resident_memory_bytes")).toHaveLength(1);
  });

  it.each([true, false])(
    "comes by the tool's deadline, whether it ignores its signal or not (%s)",
    async (stubborn) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const { shard: own, waiting } = fixtureShard();
      const app = createShardApp(own);
      const pending = request(app, "modern", "tools/call", { name: "wait", arguments: { stubborn } });
      while (waiting.length === 0) await Promise.resolve();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(waiting[0]?.context.signal.aborted).toBe(true);
      await vi.advanceTimersByTimeAsync(2000);
      const { isError, text } = toolResult(await pending);
      expect(isError).toBe(true);
      expect(text).toContain("wait did not end within 60 s");
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("is a refusal when too many run already", async () => {
    const { shard: own, waiting } = fixtureShard();
    const app = createShardApp(own);
    const call = () => request(app, "modern", "tools/call", { name: "wait", arguments: {} });
    const pending = Array.from({ length: 256 }, call);
    await vi.waitFor(() => expect(waiting).toHaveLength(256), { interval: 2 });
    const refused = toolResult(await call());
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining("Call again in a few seconds") });
    for (const { finish } of waiting) finish("done");
    expect((await Promise.all(pending)).every((result) => !toolResult(result).isError)).toBe(true);
  });
});
