// The DNS provider in a real gateway, asking a real name server over UDP and TCP.
import { expect, test, vi } from "vitest";
import { startDnsServer, type DnsServer } from "./support/dns-server.ts";
import { type Gateway, startGateway, startShard } from "./support/house.ts";
import { stopAtEnd } from "./support/program.ts";
import { callModern } from "./support/rpc-client.ts";

const started = stopAtEnd();
/** It asks again every 5 s. */
const soon = { timeout: 12_000, interval: 50 } as const;

const house = (server: DnsServer, entry: object): Promise<Gateway> =>
  started(startGateway({ providers: { dns: [{ servers: [server.address], ...entry }] } }));

async function works(gateway: Gateway, name: string): Promise<void> {
  const { error, result } = (await callModern(`${gateway.url}/mcp`, `${name}__current_time`, {})).json();
  expect(error).toBeUndefined();
  expect(result?.["isError"]).not.toBe(true);
}

const upstreams = async (gateway: Gateway): Promise<string[]> =>
  (await gateway.health()).upstreams.map(({ name, url, state }) => `${name} ${url} ${state}`);
const providerOf = async (gateway: Gateway) => (await gateway.health()).providers.find(({ name }) => name === "dns");

test("SRV records are upstreams; they come, move and go with the zone, also over TCP", async () => {
  const [here, there] = await Promise.all([
    started(startShard("time")),
    started(startShard("time", { env: { HOST: "127.0.0.2" } })),
  ]);
  const portOf = (program: { url: string }): number => Number(new URL(program.url).port);
  const at = (address: string, port: number) => ({
    srv: { "_mcp._tcp.house.test": [{ host: "time.house.test", port }] },
    a: { "time.house.test": [address] },
  });
  const server = await started(startDnsServer(at("127.0.0.1", portOf(here))));
  const gateway = await house(server, { srv: "_mcp._tcp.house.test", name: "time" });
  expect(await gateway.until("time", "up")).toMatchObject({ provider: "dns", kind: "shard", url: here.url });
  await works(gateway, "time");
  server.mode = "truncate";
  server.zone = at("127.0.0.2", portOf(there));
  await vi.waitFor(async () => expect(await upstreams(gateway)).toEqual([`time ${there.url} up`]), soon);
  expect(server.overTcp()).toBeGreaterThan(0);
  await works(gateway, "time");
  expect(await providerOf(gateway)).toMatchObject({ state: "ok" });
}, 60_000);

test("a resolver that fails, or says nothing, takes no upstream away within the grace, and is told", async () => {
  const time = await started(startShard("time"));
  const server = await started(startDnsServer({ a: { "shards.house.test": ["127.0.0.1"] } }));
  const gateway = await house(server, { host: "shards.house.test", port: Number(new URL(time.url).port), grace: "4s" });
  await gateway.until("time", "up");
  server.mode = "fail";
  const told = await vi.waitFor(async () => {
    const dns = await providerOf(gateway);
    expect(dns).toMatchObject({ state: "failed", definitions: 1 });
    return dns?.error;
  }, soon);
  expect(told).toBe("shards.house.test: the resolver failed (ESERVFAIL); the last answer counts for now");
  await works(gateway, "time");
  server.mode = "hang";
  await vi.waitFor(async () => expect(await upstreams(gateway)).toEqual([]), { timeout: 20_000, interval: 100 });
  server.mode = "answer";
  await gateway.until("time", "up", 20_000);
}, 90_000);

test("a name that leads to a metadata service is left out, and told", async () => {
  const server = await started(startDnsServer({ a: { "evil.house.test": ["169.254.169.254"] } }));
  const gateway = await house(server, { host: "evil.house.test", port: 80, name: "evil", kind: "mcp-http" });
  await vi.waitFor(async () => {
    const dns = await providerOf(gateway);
    expect(dns?.problems).toEqual([
      "evil.house.test: evil.house.test is 169.254.169.254, which is link-local; it is left out",
    ]);
  }, soon);
  expect(await upstreams(gateway)).toEqual([]);
});
