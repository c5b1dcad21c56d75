import { NO_LISTS, UpstreamError } from "@shardgate/mcp-wire";
import { describe, expect, it } from "vitest";
import { context, memoryLogger, OK, toolCall } from "../testing/calls.ts";
import { FakeTimers } from "../testing/fake-timers.ts";
import { listedTool, ScriptedUpstream } from "../testing/scripted-upstream.ts";
import type { HealthPolicy, UpstreamProfile } from "../upstreams/upstream.ts";
import { Supervisor } from "./supervisor.ts";

const RESTARTS = { pausesMs: [1_000, 2_000, 4_000], slowMs: 300_000, stableMs: 300_000 };

/** A program: ends when the test says so, and knows what it listed in an earlier run. */
class ScriptedProgram extends ScriptedUpstream {
  last: UpstreamProfile | undefined;
  #listener: ((reason: Error) => void) | undefined;

  recall = async (): Promise<UpstreamProfile | undefined> => this.last;
  onEnd = (listener: (reason: Error) => void): void => {
    this.#listener = listener;
  };
  end(): void {
    this.#listener?.(new Error("it ended with exit code 1"));
  }
}

function supervise(health: Partial<HealthPolicy> = {}) {
  const timers = new FakeTimers();
  const upstream = new ScriptedProgram();
  const policy = { intervalMs: 15_000, timeoutMs: 3_000, restarts: RESTARTS, ...health };
  const supervisor = new Supervisor("nas", upstream, policy, {
    timers,
    logger: memoryLogger(),
    onChange: () => undefined,
  });
  const call = () => supervisor.handle.exchange(toolCall(), context());
  return { timers, upstream, supervisor, call };
}

const profile = (name: string): UpstreamProfile => ({
  description: { serverInfo: '{"name":"x"}', capabilities: "{}", instructions: undefined },
  lists: { ...NO_LISTS, tools: [listedTool(name)] },
  problems: [],
});

describe("a program", () => {
  it("that cannot start is tried after 1, 2 and 4 s, then counts as a crash loop and is tried every 5 minutes", async () => {
    const { timers, upstream, supervisor } = supervise();
    upstream.isDown = true;
    supervisor.start();
    const attempts: number[] = [];
    for (let second = 0; second < 8; second++) {
      await timers.advance(second === 0 ? 500 : 1_000);
      attempts.push(upstream.count("connect"));
    }
    expect(attempts).toEqual([1, 2, 2, 3, 3, 3, 3, 4]);
    expect(supervisor.status).toBe("crash-loop");
    expect(supervisor.error).toMatch(/ECONNREFUSED.*next start is in 300 s, after 4 failures in a row/);
    await timers.advance(299_000);
    expect(upstream.count("connect")).toBe(4);
    upstream.isDown = false;
    await timers.advance(2_000);
    expect([supervisor.status, upstream.count("connect")]).toEqual(["up", 5]);
  });

  it("that ends by itself is started again in a second; the row of failures goes on until it has run for 5 minutes", async () => {
    const { timers, upstream, supervisor } = supervise();
    supervisor.start();
    await timers.advance(100);
    for (const pause of [1_000, 2_000, 4_000]) {
      upstream.end();
      expect([supervisor.status, supervisor.tools.length]).toEqual(["down", 1]);
      await timers.advance(pause - 100);
      expect(supervisor.status).toBe("down");
      await timers.advance(200);
      expect(supervisor.status).toBe("up");
    }
    await timers.advance(300_000);
    upstream.end();
    expect([supervisor.status, supervisor.failures]).toEqual(["down", 1]);
  });

  it("can be started by hand out of a crash loop", async () => {
    const { timers, upstream, supervisor } = supervise();
    upstream.isDown = true;
    supervisor.start();
    await timers.advance(20_000);
    upstream.isDown = false;
    supervisor.restart();
    await timers.advance(0);
    expect([supervisor.status, supervisor.failures]).toEqual(["up", 0]);
  });

  it("shows the tools of its last run while it starts, and a call waits for it", async () => {
    const { timers, upstream, supervisor, call } = supervise({ connectTimeoutMs: 30_000 });
    upstream.last = profile("earlier");
    upstream.isHung = true;
    supervisor.start();
    await timers.advance(100);
    expect([supervisor.status, supervisor.tools.map(({ name }) => name)]).toEqual(["starting", ["earlier"]]);
    const failing = call().catch((error: unknown) => error);
    await timers.advance(30_000);
    expect(await failing).toMatchObject({ failure: "unavailable", sent: false });
    expect(supervisor.status).toBe("down");
    expect(supervisor.tools.map(({ name }) => name)).toEqual(["earlier"]);
    upstream.isHung = false;
    await timers.advance(1_000);
    expect([supervisor.status, await call()]).toEqual(["up", OK]);
  });

  it("that is lazy starts at its first call, once for many of them; unknown ones start to be known", async () => {
    const { timers, upstream, supervisor, call } = supervise({ isLazy: true });
    upstream.last = profile("earlier");
    supervisor.start();
    await timers.advance(60_000);
    expect([supervisor.status, upstream.count("connect")]).toEqual(["idle", 0]);
    expect(await Promise.all([call(), call()])).toEqual([OK, OK]);
    expect([supervisor.status, upstream.count("connect")]).toEqual(["up", 1]);

    const unknown = supervise({ isLazy: true });
    unknown.supervisor.start();
    await unknown.timers.advance(0);
    expect(unknown.supervisor.status).toBe("up");
  });

  it("fails the calls that wait for it when it is stopped", async () => {
    const { timers, upstream, supervisor, call } = supervise();
    upstream.isHung = true;
    supervisor.start();
    await timers.advance(0);
    const waiting = call().catch((error: unknown) => error);
    await supervisor.close();
    expect(await waiting).toBeInstanceOf(UpstreamError);
  });
});
