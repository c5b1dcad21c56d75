import { describe, expect, it } from "vitest";
import { FakeTimers, settle } from "../../testing/fake-timers.ts";
import type { UpstreamDefinition } from "../../upstreams/index.ts";
import type { ProviderReport } from "../provider.ts";
import { type EngineApi, EngineError } from "./engine-api.ts";
import { dockerProvider } from "./index.ts";
import { dockerSchema } from "./schema.ts";

/** An engine in the test's hands. */
class FakeEngine implements EngineApi {
  containers: object[] = [];
  failure: Error | undefined;
  eventsFailure: Error | undefined;
  own: object | undefined;
  readonly asked: string[] = [];
  event: () => void = () => undefined;
  end: () => void = () => undefined;

  async get(path: string): Promise<unknown> {
    this.asked.push(path.split("?")[0] as string);
    if (this.failure !== undefined) throw this.failure;
    if (path.startsWith("/containers/json")) return this.containers;
    if (this.own === undefined) throw new EngineError(404, "no such container");
    return this.own;
  }

  follow(_path: string, on: { open(): void; line(value: unknown): void }, signal: AbortSignal): Promise<void> {
    this.asked.push("events");
    const failure = this.failure ?? this.eventsFailure;
    if (failure !== undefined) return Promise.reject(failure);
    return new Promise((resolve, reject) => {
      this.event = () => on.line({});
      this.end = resolve;
      signal.addEventListener("abort", () => reject(new Error("aborted")));
      on.open();
    });
  }
}

const running = (name: string, address: string): object => ({
  Id: `id-${name}`,
  Names: [`/${name}`],
  Labels: { "shardgate.enable": "1", "shardgate.port": "9102" },
  NetworkSettings: { Networks: { bridge: { NetworkID: "n", IPAddress: address } } },
});

async function start(engine: FakeEngine, ownId?: string) {
  const timers = new FakeTimers();
  const emitted: string[][] = [];
  const reports: ProviderReport[] = [];
  const stop = new AbortController();
  const options = { ...dockerSchema.parse({}), endpoint: "unix:///run/x.sock" };
  const provider = dockerProvider(options, { timers, api: engine, ownId: async () => ownId });
  const show = ({ name, options: to }: UpstreamDefinition) => `${name} ${"url" in to ? to.url : ""}`;
  await provider.watch(
    (definitions) => emitted.push(definitions.map(show)),
    stop.signal,
    (one) => reports.push(one),
  );
  return { timers, emitted, reports, stop };
}

describe("the Docker provider", () => {
  it("reads all when the stream of events stands and soon after an event; many events are one reading", async () => {
    const engine = new FakeEngine();
    engine.containers = [running("time", "172.17.0.2")];
    const { timers, emitted, reports, stop } = await start(engine);
    expect(emitted).toEqual([["time http://172.17.0.2:9102"]]);
    engine.containers = [running("time", "172.17.0.2"), running("nas", "172.17.0.3")];
    const before = engine.asked.length;
    for (let events = 0; events < 20; events++) engine.event();
    await timers.advance(150);
    expect(engine.asked.length - before).toBe(1);
    expect(emitted.at(-1)).toEqual(["nas http://172.17.0.3:9102", "time http://172.17.0.2:9102"]);
    engine.event();
    await timers.advance(150);
    expect(emitted, "nothing changed, nothing is said").toHaveLength(2);
    expect(reports.at(-1)).toEqual({ problems: [] });
    stop.abort();
    await settle();
    expect(timers.pending).toBe(0);
  });

  it("keeps what stopped for the grace, and takes a new address over at once", async () => {
    const engine = new FakeEngine();
    engine.containers = [running("time", "172.17.0.2"), running("nas", "172.17.0.3")];
    const { timers, emitted } = await start(engine);
    engine.containers = [running("nas", "172.17.0.3")];
    engine.event();
    await timers.advance(5_000);
    expect(emitted.at(-1)).toEqual(["nas http://172.17.0.3:9102", "time http://172.17.0.2:9102"]);
    engine.containers = [running("nas", "172.17.0.3"), running("time", "172.17.0.9")];
    engine.event();
    await timers.advance(150);
    expect(emitted.at(-1)).toEqual(["nas http://172.17.0.3:9102", "time http://172.17.0.9:9102"]);
    engine.containers = [];
    engine.event();
    await timers.advance(10_200);
    expect(emitted.at(-1)).toEqual([]);
  });

  it("says that the engine cannot be reached, keeps what it knows, and comes back with a full reading", async () => {
    const engine = new FakeEngine();
    engine.failure = new Error("connect ECONNREFUSED");
    const { timers, emitted, reports } = await start(engine);
    expect(reports.at(-1)?.error).toBe("the Docker engine at unix:///run/x.sock: connect ECONNREFUSED");
    const before = engine.asked.length;
    await timers.advance(60_000);
    expect(engine.asked.length - before, "pauses grow").toBeLessThan(12);
    engine.failure = undefined;
    engine.containers = [running("time", "172.17.0.2")];
    await timers.advance(10_000);
    expect(emitted).toEqual([["time http://172.17.0.2:9102"]]);
    expect(reports.at(-1)).toEqual({ problems: [] });
    engine.failure = new Error("gone");
    engine.end();
    await timers.advance(700);
    expect(reports.at(-1)?.error).toContain("gone");
    expect(emitted).toHaveLength(1);
    engine.failure = undefined;
    engine.containers = [running("time", "172.17.0.8")];
    await timers.advance(2_000);
    expect(emitted.at(-1)).toEqual(["time http://172.17.0.8:9102"]);
  });

  it("looks every few seconds where a proxy refuses the events, and says so", async () => {
    const engine = new FakeEngine();
    engine.eventsFailure = new EngineError(403, "it answers /events with HTTP 403");
    engine.containers = [running("time", "172.17.0.2")];
    const { timers, emitted, reports } = await start(engine);
    expect(reports.at(-1)?.problems?.[0]).toContain("looking every 5 s instead");
    engine.containers = [];
    await timers.advance(20_000);
    expect(emitted).toEqual([["time http://172.17.0.2:9102"], []]);
  });

  it("finds out in which networks the gateway's own container is", async () => {
    const engine = new FakeEngine();
    engine.own = {
      Id: "me",
      HostConfig: { NetworkMode: "x" },
      NetworkSettings: { Networks: { x: { NetworkID: "other", IPAddress: "172.18.0.2" } } },
    };
    engine.containers = [running("time", "172.17.0.2")];
    const { emitted, reports } = await start(engine, "me");
    expect(emitted).toEqual([[]]);
    expect(reports.at(-1)?.problems?.[0]).toContain("shares no network with the gateway (which is in x)");
  });

  it("leaves out what it does not understand, and reads the rest", async () => {
    const engine = new FakeEngine();
    engine.containers = [{ Names: 7 }, running("time", "172.17.0.2")];
    const { emitted, reports } = await start(engine);
    expect(emitted).toEqual([["time http://172.17.0.2:9102"]]);
    expect(reports.at(-1)?.problems).toHaveLength(1);
  });
});
