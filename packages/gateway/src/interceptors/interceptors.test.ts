import { Cancellation, type Message } from "@shardgate/mcp-wire";
import { describe, expect, it } from "vitest";
import { Plans } from "../confirmation/plans.ts";
import { type Call, compose, type Interceptor, type Next } from "../core/call.ts";
import { GatewayError, type GatewayErrorKind } from "../core/errors.ts";
import { call, context, memoryLogger, OK, upstreamState } from "../testing/calls.ts";
import { FakeTimers, settle } from "../testing/fake-timers.ts";
import { breaker } from "./breaker.ts";
import { bulkhead } from "./bulkhead.ts";
import { deadline, HARD_DEADLINE_MS } from "./deadline.ts";
import { createInterceptors } from "./index.ts";
import { accessLog, observe } from "./observe.ts";

const failure = (kind: GatewayErrorKind) => new GatewayError(kind, "it broke", { phase: "call", sent: true });

/** How a call ended: `ok`, or the kind of its error. */
async function outcome(result: Promise<unknown>): Promise<string> {
  try {
    await result;
    return "ok";
  } catch (error) {
    return error instanceof GatewayError ? error.kind : String(error);
  }
}

/** A call with this one concern around it. */
const alone =
  (interceptor: Interceptor) =>
  (one: Call, next: Next): Promise<unknown> =>
    compose([interceptor], next)(one);

describe("deadline", () => {
  it("answers at the upstream's timeout and cancels the call", async () => {
    const timers = new FakeTimers();
    const one = call(upstreamState({ timeoutMs: 2_000 }));
    const result = outcome(alone(deadline(timers))(one, () => new Promise(() => undefined)));
    await timers.advance(1_999);
    expect(one.cancellation.reason).toBeUndefined();
    await timers.advance(1);
    expect(await result).toBe("upstream_timeout");
    expect(one.cancellation.reason?.message).toBe("nas did not answer now within 2 s");
    expect(timers.pending).toBe(0);
  });

  it("is a reason to look at the upstream", async () => {
    const timers = new FakeTimers();
    let looks = 0;
    const upstream = upstreamState({ timeoutMs: 2_000 });
    const one = call({ ...upstream, handle: { ...upstream.handle, suspect: () => looks++ } });
    const result = outcome(alone(deadline(timers))(one, () => new Promise(() => undefined)));
    await timers.advance(1_999);
    expect(looks).toBe(0);
    await timers.advance(1);
    expect([await result, looks]).toEqual(["upstream_timeout", 1]);
  });

  it("starts anew at each sign of progress, up to its hard end", async () => {
    const timers = new FakeTimers();
    const one = call();
    const result = outcome(alone(deadline(timers))(one, () => new Promise(() => undefined)));
    for (let at = 0; at < HARD_DEADLINE_MS; at += 30_000) {
      expect(one.cancellation.reason).toBeUndefined();
      one.notify(OK);
      await timers.advance(30_000);
    }
    expect(await result).toBe("upstream_timeout");
  });

  it("is told in tenths of a second", async () => {
    const timers = new FakeTimers();
    const one = call(upstreamState({ timeoutMs: 450 }));
    const said = alone(deadline(timers))(one, () => new Promise(() => undefined)).catch(String);
    await timers.advance(450);
    expect(await said).toMatch(/nas did not answer now within 0.5 s$/);
  });

  it("leaves no timer behind an answer", async () => {
    const timers = new FakeTimers();
    expect(await alone(deadline(timers))(call(), async () => OK)).toBe(OK);
    expect(
      await outcome(alone(deadline(timers))(call(), async () => Promise.reject(failure("upstream_crashed")))),
    ).toBe("upstream_crashed");
    expect(timers.pending).toBe(0);
  });
});

describe("bulkhead", () => {
  const limits = { active: 2, queued: 1, waitMs: 1_000 };

  it("works on so many at once, queues so many, refuses the rest, and leaves other upstreams alone", async () => {
    const timers = new FakeTimers();
    const around = alone(bulkhead(timers, limits));
    const release: (() => void)[] = [];
    const next: Next = () => new Promise((resolve) => release.push(() => resolve(OK)));
    const upstream = upstreamState();
    const results = [1, 2, 3, 4].map(() => outcome(around(call(upstream), next)));
    await settle();
    expect(release).toHaveLength(2);
    expect(await results[3]).toBe("overloaded");
    expect(await outcome(around(call(), async () => OK))).toBe("ok");
    release[0]!();
    await settle();
    expect(release).toHaveLength(3);
    release[1]!();
    release[2]!();
    expect(await Promise.all(results.slice(0, 3))).toEqual(["ok", "ok", "ok"]);
    expect(await outcome(around(call(upstream), async () => OK))).toBe("ok");
  });

  it("ends the wait of a queued call, which then takes no turn", async () => {
    const timers = new FakeTimers();
    const around = alone(bulkhead(timers, limits));
    const upstream = upstreamState();
    const release: (() => void)[] = [];
    const next: Next = () => new Promise((resolve) => release.push(() => resolve(OK)));
    const results = [1, 2, 3].map(() => outcome(around(call(upstream), next)));
    await timers.advance(1_000);
    expect(await results[2]).toBe("overloaded");
    for (const done of release) done();
    expect(await Promise.all(results.slice(0, 2))).toEqual(["ok", "ok"]);
    expect(release).toHaveLength(2);
  });
});

describe("the end of a call", () => {
  it("is heard from the inside out, once, whatever comes later", async () => {
    const heard: string[] = [];
    const joins =
      (name: string): Interceptor =>
      (one, next) => {
        one.join({ ended: (_, response, error) => heard.push(`${name} ${response ? "ok" : String(error)}`) });
        return next(one);
      };
    let answer: (response: Message) => void = () => undefined;
    const one = call();
    const result = outcome(
      compose([joins("outer"), joins("inner")], () => new Promise((resolve) => (answer = resolve)))(one),
    );
    one.fail(failure("upstream_timeout"));
    answer(OK);
    expect(await result).toBe("upstream_timeout");
    expect(heard).toEqual(["inner GatewayError: it broke", "outer GatewayError: it broke"]);
  });

  it("is heard of what throws at once, and where somebody cannot bear to hear it", async () => {
    const upstream = upstreamState();
    const throws: Interceptor = () => {
      throw new Error("a bug");
    };
    const run = compose([bulkhead(new FakeTimers()), throws], async () => OK);
    expect(await outcome(run(call(upstream)))).toBe("Error: a bug");
    expect(upstream.handle.load.active).toBe(0);
    const deaf: Interceptor = (one, next) => {
      one.join({
        ended() {
          throw new Error("another bug");
        },
      });
      return next(one);
    };
    expect(await outcome(compose([deaf], async () => OK)(call()))).toBe("Error: another bug");
  });
});

describe("the whole list", () => {
  const hang: Next = () => new Promise(() => undefined);

  it("counts calls that ran out of time, so that the next one is refused at once", async () => {
    const timers = new FakeTimers();
    const run = compose(createInterceptors({ logger: memoryLogger(), timers, plans: new Plans(timers.now) }), hang);
    const upstream = upstreamState({ timeoutMs: 1_000 });
    const late = Array.from({ length: 5 }, () => outcome(run(call(upstream))));
    await timers.advance(1_000);
    expect(await Promise.all(late)).toEqual(Array.from({ length: 5 }, () => "upstream_timeout"));
    expect(await outcome(run(call(upstream)))).toBe("upstream_unavailable");
  });

  it("never sends what was still waiting for its turn when its downstream left", async () => {
    const timers = new FakeTimers();
    const sent: Call[] = [];
    const last: Next = (one) => {
      sent.push(one);
      return hang(one);
    };
    const run = compose(createInterceptors({ logger: memoryLogger(), timers, plans: new Plans(timers.now) }), last);
    const upstream = upstreamState();
    const calls = Array.from({ length: 17 }, () => call(upstream));
    const results = calls.map((one) => outcome(run(one)));
    await settle();
    calls[16]!.cancellation.cancel(new Error("the client closed the connection"));
    expect(await results[16]).toBe("cancelled");
    await timers.advance(upstream.timeoutMs);
    expect(sent).toEqual(calls.slice(0, 16));
  });
});

describe("breaker", () => {
  const limits = { failures: 2, openMs: 10_000, maxOpenMs: 20_000 };
  const fails: Next = () => Promise.reject(failure("upstream_timeout"));
  const works: Next = async () => OK;

  it.each(["down", "starting"] as const)("answers at once for an upstream that is %s", async (status) => {
    const one = call(upstreamState({ status, error: "it cannot be reached (ECONNREFUSED)" }));
    await expect(alone(breaker(new FakeTimers()))(one, works)).rejects.toMatchObject({
      code: -31010,
      retryable: true,
      details: { sent: false, upstream: "nas" },
      message: `nas is ${status}: it cannot be reached (ECONNREFUSED)`,
    });
  });

  it("opens after failures in a row, lets one probe through, and stays open longer each time", async () => {
    const timers = new FakeTimers();
    const around = alone(breaker(timers, limits));
    const upstream = upstreamState();
    const run = (next: Next) => outcome(around(call(upstream), next));
    expect(await run(fails)).toBe("upstream_timeout");
    expect(await run(works)).toBe("ok");
    expect([await run(fails), await run(fails), await run(works)]).toEqual([
      "upstream_timeout",
      "upstream_timeout",
      "upstream_unavailable",
    ]);
    await timers.advance(10_000);
    const probes = [run(fails), run(works)];
    expect(await Promise.all(probes)).toEqual(["upstream_timeout", "upstream_unavailable"]);
    await timers.advance(10_000);
    expect(await run(works)).toBe("upstream_unavailable");
    await timers.advance(10_000);
    expect([await run(works), await run(works)]).toEqual(["ok", "ok"]);
  });

  it("opens once for failures that come together", async () => {
    const timers = new FakeTimers();
    const around = alone(breaker(timers, limits));
    const upstream = upstreamState();
    await Promise.all(Array.from({ length: 16 }, () => outcome(around(call(upstream), fails))));
    expect(await outcome(around(call(upstream), works))).toBe("upstream_unavailable");
    await timers.advance(10_000);
    expect(await outcome(around(call(upstream), works))).toBe("ok");
  });

  it("starts afresh with a new connection, and does not count what is not the upstream's fault", async () => {
    const around = alone(breaker(new FakeTimers(), limits));
    const upstream = upstreamState();
    const refused: Next = () => Promise.reject(failure("overloaded"));
    for (let round = 0; round < 5; round++) await outcome(around(call(upstream), refused));
    expect(await outcome(around(call(upstream), works))).toBe("ok");
    for (let round = 0; round < 2; round++) await outcome(around(call(upstream), fails));
    expect(await outcome(around(call(upstream), works))).toBe("upstream_unavailable");
    expect(await outcome(around(call({ ...upstream, connection: 2 }), works))).toBe("ok");
  });
});

describe("accessLog", () => {
  it("writes one line per call and names it in its error", async () => {
    const logger = memoryLogger();
    const around = alone(observe([accessLog(logger)], new FakeTimers()));
    await around(call(), async () => OK);
    await outcome(around(call(), () => Promise.reject(failure("upstream_crashed"))));
    await outcome(around(call(), () => Promise.reject(new Error("a bug with a secret"))));
    expect(logger.lines).toEqual([
      {
        level: "info",
        message: "call",
        requestId: "r1",
        front: "mcp",
        upstream: "nas",
        method: "tools/call",
        name: "now",
        outcome: "ok",
        ms: 0,
      },
      expect.objectContaining({ level: "warn", outcome: "upstream_crashed", code: -31012, error: "it broke" }),
      expect.objectContaining({ level: "error", outcome: "internal" }),
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain("secret");
  });
});

describe("compose", () => {
  it("runs the first of the list outermost, and a call passes its downstream's cancellation on", async () => {
    const order: string[] = [];
    const mark = (name: string) => (one: Call, next: Next) => {
      order.push(name);
      return next(one);
    };
    const cancellation = new Cancellation();
    const one = call(upstreamState(), context({ cancellation }));
    await compose([mark("a"), mark("b")], async () => OK)(one);
    cancellation.cancel(new Error("gone"));
    expect(order).toEqual(["a", "b"]);
    expect(one.cancellation.reason?.message).toBe("gone");
  });
});
