// Clients and servers as others build them, each with each, through both addresses.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startGateway, startShard, type Gateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { answer, sdkClients, type SdkClient } from "./support/sdk-clients.ts";
import { startNew, startOldStateless, startOldWithSessions, type SdkServer } from "./support/sdk-servers.ts";

interface Upstream {
  readonly name: string;
  readonly what: string;
  readonly start: () => Promise<SdkServer>;
  /** Without a session or a modern stream a server has no way to tell of a changed list. */
  readonly announces: boolean;
}

const upstreams: readonly Upstream[] = [
  { name: "old", what: "the old SDK with sessions", start: startOldWithSessions, announces: true },
  { name: "stateless", what: "the old SDK without sessions", start: startOldStateless, announces: false },
  { name: "both", what: "the new SDK in both eras", start: () => startNew("stateless"), announces: true },
  { name: "modern", what: "the new SDK in the modern era only", start: () => startNew("reject"), announces: true },
];

const stopLater = stopAtEnd();
const servers: Record<string, SdkServer> = {};
let gateway: Gateway;

beforeAll(async () => {
  for (const { name, start } of upstreams) servers[name] = await stopLater(start());
  const time = await stopLater(startShard("time"));
  const others = Object.entries(servers).map(([name, { url }]) => [name, { kind: "mcp-http", url }]);
  const definitions = { time: { kind: "shard", url: time.url }, ...Object.fromEntries(others) };
  gateway = await stopLater(startGateway({ upstreams: definitions }));
});

const addresses = [
  { address: "/mcp", path: () => "/mcp", name: (upstream: string, tool: string) => `${upstream}__${tool}` },
  {
    address: "/servers/…/mcp",
    path: (upstream: string) => `/servers/${upstream}/mcp`,
    name: (_: string, tool: string) => tool,
  },
] as const;

const ways = sdkClients.flatMap((one) => addresses.map((address) => ({ ...one, ...address })));

describe.each(ways)("$client at $address", ({ connect, era, path, name: named }) => {
  const clients = new Map<string, SdkClient>();

  async function client(upstream: string): Promise<SdkClient> {
    const known = clients.get(path(upstream));
    if (known !== undefined) return known;
    const connected = await connect(gateway.url + path(upstream));
    clients.set(path(upstream), connected);
    return connected;
  }

  afterAll(async () => {
    for (const one of clients.values()) await one.stop();
  });

  test("calls the time shard", async () => {
    const one = await client("time");
    expect(one.era).toBe(era);
    expect((await one.listTools()).map(({ name }) => name)).toContain(named("time", "current_time"));
    const result = await one.call(named("time", "current_time"), { zones: ["Europe/Berlin"] });
    expect(result).toMatchObject({ structuredContent: { zones: [{ zone: "Europe/Berlin" }] } });
    const wrong = await one.call(named("time", "current_time"), { zones: ["Atlantis"] });
    expect(wrong).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("Atlantis") }] });
  });

  test("passes a question of the old SDK's server to a client that can be asked", async () => {
    const one = await client("old");
    expect(await one.call(named("old", "ask"))).toMatchObject({ content: [{ text: JSON.stringify(answer) }] });
  });

  describe.each(upstreams)("and $what", ({ name: upstream, announces }) => {
    test("lists and calls", async () => {
      const one = await client(upstream);
      const names = ["add", "fail", "wait"].map((tool) => named(upstream, tool));
      expect((await one.listTools()).map(({ name }) => name)).toEqual(expect.arrayContaining(names));
      const result = await one.call(named(upstream, "add"), { a: 19, b: 23 });
      expect(result).toMatchObject({ content: [{ text: "42" }], structuredContent: { sum: 42 } });
    });

    test("a failed tool is a result, an unknown one an error", async () => {
      const one = await client(upstream);
      const failed = { isError: true, content: [{ text: "The lamp is off." }] };
      expect(await one.call(named(upstream, "fail"))).toMatchObject(failed);
      await expect(one.call(named(upstream, "nothing"))).rejects.toMatchObject({
        code: -32602,
        message: expect.stringMatching(/Unknown tool: (\w+__)?nothing/),
      });
    });

    test("progress arrives while the call runs", async () => {
      const one = await client(upstream);
      const { waiting } = servers[upstream]!.workshop;
      const before = waiting.length;
      const heard: unknown[] = [];
      const call = one.call(named(upstream, "wait"), {}, { onprogress: (progress) => void heard.push(progress) });
      await vi.waitFor(() => expect(waiting).toHaveLength(before + 1), soon);
      waiting[before]?.progress(1, 2, "half");
      await vi.waitFor(() => expect(heard).toEqual([{ progress: 1, total: 2, message: "half" }]), soon);
      waiting[before]?.finish("done");
      expect(await call).toMatchObject({ content: [{ text: "done" }] });
    });

    test("a cancelled call is cancelled at the server, and the next one works", async () => {
      const one = await client(upstream);
      const { waiting } = servers[upstream]!.workshop;
      const before = waiting.length;
      const cancel = new AbortController();
      const call = one.call(named(upstream, "wait"), {}, { signal: cancel.signal });
      await vi.waitFor(() => expect(waiting).toHaveLength(before + 1), soon);
      cancel.abort("changed my mind");
      await expect(call).rejects.toThrow(/changed my mind/);
      await vi.waitFor(() => expect(waiting[before]?.isCancelled()).toBe(true), soon);
      waiting[before]?.finish("too late");
      expect(await one.call(named(upstream, "add"), { a: 1, b: 1 })).toMatchObject({ content: [{ text: "2" }] });
    });

    if (!announces) return;
    test("a changed list is announced", async () => {
      const one = await client(upstream);
      const tool = `extra-${Math.random().toString(36).slice(2)}`;
      servers[upstream]!.addTool(tool);
      await vi.waitFor(() => expect(one.changed()).toContain(named(upstream, tool)), soon);
    });
  });
});
