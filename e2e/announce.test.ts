// Shards that register themselves at a real gateway.
import { expect, test, vi } from "vitest";
import { type Gateway, startGateway, startShard } from "./support/house.ts";
import { freePort } from "./support/ports.ts";
import { type Program, soon, stopAtEnd } from "./support/program.ts";
import { send } from "./support/raw-client.ts";
import { callModern } from "./support/rpc-client.ts";

const started = stopAtEnd();
const TOKEN = "token-of-this-test-house";

const house = (): Promise<Gateway> => started(startGateway({ providers: { announce: { token: TOKEN, lease: "2s" } } }));

const shard = (gateway: { url: string }, env: Record<string, string> = {}): Promise<Program> =>
  started(startShard("time", { env: { GATEWAY_URL: gateway.url, GATEWAY_TOKEN: TOKEN, ...env } }));

const names = async (gateway: Gateway): Promise<string[]> => (await gateway.health()).upstreams.map(({ name }) => name);

test("a shard appears by itself, stays while it renews, and is gone as soon as it stops", async () => {
  const gateway = await house();
  const time = await shard(gateway);
  expect(await gateway.until("time", "up")).toMatchObject({ provider: "announce", kind: "shard", url: time.url });
  const { result } = (await callModern(`${gateway.url}/mcp`, "time__current_time", {})).json();
  expect(result?.["isError"]).not.toBe(true);
  const { since } = await gateway.until("time", "up");
  const { uptime_s: then } = await gateway.health();
  const leaseIsOver = async () => expect((await gateway.health()).uptime_s).toBeGreaterThan(then + 2.5);
  await vi.waitFor(leaseIsOver, soon);
  expect((await gateway.until("time", "up")).since, "renewals touch nothing").toBe(since);
  time.kill("SIGTERM");
  await vi.waitFor(async () => expect(await names(gateway)).toEqual([]), soon);
});

test("a shard that is killed is gone when its lease ends; started again at another address it works", async () => {
  const gateway = await house();
  const time = await shard(gateway);
  await gateway.until("time", "up");
  await time.stop();
  await vi.waitFor(async () => expect(await names(gateway)).toEqual([]), soon);
  const again = await shard(gateway, { HOST: "127.0.0.2" });
  expect(again.url).not.toBe(time.url);
  await gateway.until("time", "up");
  const { result } = (await callModern(`${gateway.url}/mcp`, "time__current_time", {})).json();
  expect(result?.["isError"]).not.toBe(true);
});

test("a shard may be started first; it says that it waits, and is there when the gateway is", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const time = await shard({ url });
  await vi.waitFor(() => expect(time.output()).toContain("is not announced; it goes on trying"), soon);
  expect(time.output()).not.toContain(TOKEN);
  const gateway = await started(startGateway({ providers: { announce: { token: TOKEN } }, port }));
  await gateway.until("time", "up");
});

test("without the token, or for a forbidden address, nothing is registered", async () => {
  const gateway = await house();
  const time = await shard(gateway, { GATEWAY_TOKEN: "not-the-token-of-the-house" });
  await vi.waitFor(() => expect(time.output()).toContain("The token is not the gateway's"), soon);
  const announced = await send(`${gateway.url}/announce`, {
    headers: { Authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ name: "evil", url: "http://169.254.169.254", instance: "instance-1" }),
  });
  expect(announced.status).toBe(422);
  expect(announced.text).toContain("169.254.169.254 is link-local");
  expect(await names(gateway)).toEqual([]);
  const announce = (await gateway.health()).providers.find(({ name }) => name === "announce");
  expect(announce?.problems?.[0]).toContain("evil: http://169.254.169.254 cannot be used");
});
