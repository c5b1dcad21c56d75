import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createShardApp, type ShardApp } from "./app.ts";
import { fixtureShard, type Waiting } from "./test-fixture.ts";

const modes = { legacy: { mode: "legacy" }, modern: { mode: { pin: "2026-07-28" } }, auto: { mode: "auto" } } as const;
const poll = { interval: 2, timeout: 5000 };

/** The SDK's own client on a shard, in process. */
async function connect(app: ShardApp, mode: keyof typeof modes): Promise<Client> {
  const client = new Client({ name: "interop", version: "1" }, { versionNegotiation: modes[mode] });
  const url = new URL("http://localhost/mcp");
  const inProcess = (input: string | URL | Request, init?: RequestInit) => app.fetch(new Request(input, init));
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: inProcess }));
  return client;
}

describe.each(Object.keys(modes) as (keyof typeof modes)[])("the SDK's client, %s", (mode) => {
  const clients: Client[] = [];
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  async function start(): Promise<{ client: Client; waiting: readonly Waiting[] }> {
    const { shard, waiting } = fixtureShard();
    const client = await connect(createShardApp(shard), mode);
    clients.push(client);
    return { client, waiting };
  }

  it("negotiates the era, lists and calls", async () => {
    const { client } = await start();
    expect(client.getProtocolEra()).toBe(mode === "legacy" ? "legacy" : "modern");
    expect(client.getServerVersion()).toMatchObject({ name: "fixture", version: "1.2.3" });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["greet", "fail", "broken", "wait"]);
    expect(tools[0]).toMatchObject({
      inputSchema: { type: "object", required: ["name"], additionalProperties: false },
      annotations: { readOnlyHint: true },
    });
    const result = await client.callTool({ name: "greet", arguments: { name: "Ada" } });
    expect(result).toMatchObject({ structuredContent: { greetings: ["Hello, Ada!"], count: 1 } });
  });

  it("gets a failed tool as a result, and an unknown one as an error", async () => {
    const { client } = await start();
    expect(await client.callTool({ name: "fail", arguments: {} })).toMatchObject({ isError: true });
    expect(await client.callTool({ name: "greet", arguments: {} })).toMatchObject({ isError: true });
    await expect(client.callTool({ name: "nothing", arguments: {} })).rejects.toThrow("Unknown tool: nothing");
  });

  it("hears of progress while the call runs", async () => {
    const { client, waiting } = await start();
    const heard: unknown[] = [];
    const onprogress = (progress: unknown) => void heard.push(progress);
    const pending = client.callTool({ name: "wait", arguments: {} }, { onprogress });
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    waiting[0]?.context.progress(1, 2, "half");
    await vi.waitFor(() => expect(heard).toEqual([{ progress: 1, total: 2, message: "half" }]), poll);
    waiting[0]?.finish("done");
    expect(await pending).toMatchObject({ content: [{ type: "text", text: "done" }] });
  });

  it("cancels a call, and the tool learns of it", async () => {
    const { client, waiting } = await start();
    const cancel = new AbortController();
    const pending = client.callTool({ name: "wait", arguments: {} }, { signal: cancel.signal });
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    cancel.abort("changed my mind");
    await expect(pending).rejects.toThrow(/changed my mind/);
    await vi.waitFor(() => expect(waiting[0]?.context.signal.aborted).toBe(true), poll);
    expect(await client.callTool({ name: "greet", arguments: { name: "Ada" } })).not.toHaveProperty("isError", true);
  });
});
