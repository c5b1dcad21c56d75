import { describe, expect, it } from "vitest";
import { FakeTimers, settle } from "../../testing/fake-timers.ts";
import type { UpstreamDefinition } from "../../upstreams/index.ts";
import type { ProviderReport } from "../provider.ts";
import { dnsProvider } from "./index.ts";
import type { AddressRecord, Resolver, SrvRecord } from "./resolver.ts";
import { dnsSchema } from "./schema.ts";

/** A resolver in the test's hands. */
class FakeResolver implements Resolver {
  readonly records: Record<string, readonly SrvRecord[]> = {};
  readonly hosts: Record<string, readonly AddressRecord[]> = {};
  failure: string | undefined;
  asked = 0;
  isCancelled = false;

  async srv(name: string): Promise<readonly SrvRecord[]> {
    this.asked++;
    return this.#found(this.records[name]);
  }

  async addresses(host: string): Promise<readonly AddressRecord[]> {
    if (Object.keys(this.records).length === 0) this.asked++;
    return this.#found(this.hosts[host]);
  }

  cancel(): void {
    this.isCancelled = true;
  }

  #found<T>(records: readonly T[] | undefined): readonly T[] {
    const code = this.failure ?? (records === undefined ? "ENOTFOUND" : undefined);
    if (code !== undefined) throw Object.assign(new Error(`query ${code}`), { code });
    return records as readonly T[];
  }
}

const at = (address: string, ttl = 30): AddressRecord => ({ address, ttl });
const srv = (name: string, port: number, priority = 0, weight = 0): SrvRecord => ({ name, port, priority, weight });

async function start(entries: unknown, resolver: FakeResolver) {
  const timers = new FakeTimers();
  const emitted: string[][] = [];
  let report: ProviderReport = {};
  const stop = new AbortController();
  const provider = dnsProvider(dnsSchema.parse(entries), { timers, createResolver: () => resolver });
  const show = ({ name, options, learned }: UpstreamDefinition) => {
    expect(learned).toBe(true);
    return `${name ?? "?"} ${options.kind} ${"url" in options ? options.url : ""}`;
  };
  await provider.watch(
    (all) => emitted.push(all.map(show)),
    stop.signal,
    (one) => (report = one),
  );
  return { timers, emitted, stop, report: () => report };
}

describe("the DNS provider", () => {
  it("makes an upstream of each SRV record, which names itself where it is a shard", async () => {
    const resolver = new FakeResolver();
    resolver.records["_mcp._tcp.lan"] = [srv("time.lan", 9102), srv("nas.lan", 8080)];
    resolver.hosts["time.lan"] = [at("10.0.0.2")];
    resolver.hosts["nas.lan"] = [at("fd00::3")];
    const { emitted } = await start(
      [{ srv: "_mcp._tcp.lan" }, { srv: "_mcp._tcp.lan", kind: "mcp-http", scheme: "https" }],
      resolver,
    );
    expect(emitted.at(-1)).toEqual([
      "? shard http://[fd00::3]:8080",
      "? shard http://10.0.0.2:9102",
      "nas mcp-http https://nas.lan:8080/mcp",
      "time mcp-http https://time.lan:9102/mcp",
    ]);
  });

  it("takes all records of a named entry for one upstream: the best first, and not another without need", async () => {
    const resolver = new FakeResolver();
    resolver.records["_nas._tcp.lan"] = [srv("b.lan", 1, 1, 5), srv("a.lan", 1, 1, 5), srv("spare.lan", 1, 2)];
    for (const [index, host] of ["a.lan", "b.lan", "spare.lan"].entries())
      resolver.hosts[host] = [at(`10.0.0.${index + 1}`, 5)];
    const { emitted, timers } = await start([{ srv: "_nas._tcp.lan", name: "nas" }], resolver);
    expect(emitted.at(-1)).toEqual(["nas shard http://10.0.0.1:1"]);
    resolver.records["_nas._tcp.lan"] = [srv("b.lan", 1, 1, 5), srv("spare.lan", 1, 2)];
    await timers.advance(5_000);
    expect(emitted.at(-1)).toEqual(["nas shard http://10.0.0.2:1"]);
    resolver.records["_nas._tcp.lan"] = [srv("b.lan", 1, 1, 5), srv("a.lan", 1, 1, 5), srv("spare.lan", 1, 2)];
    await timers.advance(5_000);
    expect(emitted.at(-1), "it stays where it is").toEqual(["nas shard http://10.0.0.2:1"]);
    resolver.records["_nas._tcp.lan"] = [srv("spare.lan", 1, 2)];
    await timers.advance(5_000);
    expect(emitted.at(-1)).toEqual(["nas shard http://10.0.0.3:1"]);
  });

  it("reads the addresses of a name, and follows them", async () => {
    const resolver = new FakeResolver();
    resolver.hosts["shards.lan"] = [at("10.0.0.2", 10), at("10.0.0.1", 10)];
    const { emitted, timers } = await start(
      [
        { host: "shards.lan", port: 9102 },
        { host: "shards.lan", port: 80, name: "one", kind: "sse" },
      ],
      resolver,
    );
    expect(emitted.at(-1)).toEqual([
      "? shard http://10.0.0.1:9102",
      "? shard http://10.0.0.2:9102",
      "one sse http://10.0.0.1:80/sse",
    ]);
    resolver.hosts["shards.lan"] = [at("10.0.0.9")];
    await timers.advance(10_000);
    expect(emitted.at(-1)).toEqual(["? shard http://10.0.0.9:9102", "one sse http://10.0.0.9:80/sse"]);
  });

  it.each([
    [0, 5_000],
    [1, 5_000],
    [30, 30_000],
    [86_400, 60_000],
  ])("asks again after its time to live of %i s, within limits", async (ttl, ms) => {
    const resolver = new FakeResolver();
    resolver.hosts["a.lan"] = [at("10.0.0.2", ttl)];
    const { timers, stop } = await start([{ host: "a.lan", port: 1 }], resolver);
    await timers.advance(ms - 10);
    expect(resolver.asked).toBe(1);
    await timers.advance(20);
    expect(resolver.asked).toBe(2);
    stop.abort();
    await settle();
    expect([timers.pending, resolver.isCancelled]).toEqual([0, true]);
  });

  it("lets the last good answer count for its grace, says why, and is back with the next one", async () => {
    const resolver = new FakeResolver();
    resolver.hosts["a.lan"] = [at("10.0.0.2", 5)];
    const { emitted, timers, report } = await start([{ host: "a.lan", port: 1, grace: "1m" }], resolver);
    resolver.failure = "ESERVFAIL";
    await timers.advance(60_000);
    expect(emitted).toHaveLength(1);
    expect(report().error).toBe("a.lan: the resolver failed (ESERVFAIL); the last answer counts for now");
    await timers.advance(16_000);
    expect(emitted.at(-1)).toEqual([]);
    expect(report().error).toContain("nothing is known of it");
    expect(resolver.asked, "pauses grow").toBeLessThan(20);
    resolver.failure = undefined;
    await timers.advance(11_000);
    expect(emitted.at(-1)).toEqual(["? shard http://10.0.0.2:1"]);
    expect(report()).toEqual({ problems: [] });
  });

  it("keeps one entry's trouble from the others, and one target's", async () => {
    const resolver = new FakeResolver();
    resolver.records["_mcp._tcp.lan"] = [srv("good.lan", 1), srv("lost.lan", 1)];
    resolver.hosts["good.lan"] = [at("10.0.0.1")];
    const { emitted, report } = await start([{ srv: "_mcp._tcp.lan" }, { srv: "_no._tcp.lan" }], resolver);
    expect(emitted.at(-1)).toEqual(["? shard http://10.0.0.1:1"]);
    expect(report().error).toBe("_no._tcp.lan: there is no such record (ENOTFOUND); nothing is known of it");
    expect(report().problems).toEqual([
      "_mcp._tcp.lan: its target lost.lan is left out: there is no such record (ENOTFOUND)",
    ]);
  });

  it("leaves out addresses that must not be called, and bounds what it looks at", async () => {
    const resolver = new FakeResolver();
    resolver.hosts["a.lan"] = [at("169.254.169.254"), at("10.0.0.1")];
    resolver.hosts["many.lan"] = Array.from({ length: 500 }, (_, index) => at(`10.1.${index >> 8}.${index & 255}`));
    const { emitted, report } = await start(
      [
        { host: "a.lan", port: 80 },
        { host: "many.lan", port: 80 },
      ],
      resolver,
    );
    expect(emitted.at(-1)?.[0]).toBe("? shard http://10.0.0.1:80");
    expect(emitted.at(-1)).toHaveLength(101);
    expect(report().problems?.[0]).toBe("a.lan: a.lan is 169.254.169.254, which is link-local; it is left out");
  });

  it.each([
    [{}, "says either srv or host"],
    [{ srv: "a", host: "b", port: 1 }, "says either srv or host"],
    [{ host: "a.lan" }, "says a port with host"],
    [{ srv: "_a._tcp.lan", path: "/mcp" }, "says no path for a shard"],
    [{ srv: "a b" }, "is no DNS name"],
    [{ srv: "a.lan", servers: ["dns.lan"] }, "must be an address"],
    [{ srv: "a.lan", kind: "stdio" }, "Invalid option"],
    [{ srv: "a.lan", command: "rm" }, "command"],
  ])("does not take %o", (entry, why) => {
    expect(JSON.stringify(dnsSchema.safeParse([entry]).error?.issues)).toContain(why);
  });
});
