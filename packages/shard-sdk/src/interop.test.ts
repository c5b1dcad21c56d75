import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import {
  createShardApp,
  defineShard,
  defineTool,
  ToolError,
  type ShardApp,
  type ToolContext,
} from "@shardgate/shard-sdk";

const modes = { legacy: { mode: "legacy" }, modern: { mode: { pin: "2026-07-28" } }, auto: { mode: "auto" } } as const;
const poll = { interval: 2, timeout: 5000 };

interface Waiting {
  readonly context: ToolContext;
  finish(text: string): void;
}

/** A shard whose tool `wait` runs until the test lets it go. */
function waitingShard() {
  const waiting: Waiting[] = [];
  const annotations = { readOnlyHint: true, openWorldHint: false } as const;
  const greet = defineTool({
    name: "greet",
    description: "Greets somebody.",
    input: z.object({ name: z.string() }),
    output: z.object({ greeting: z.string() }),
    annotations,
    run: ({ name }) => ({ greeting: `Hello, ${name}!` }),
  });
  const fail = defineTool({
    name: "fail",
    description: "Fails.",
    input: z.object({}),
    annotations,
    run: () => Promise.reject(new ToolError("The lamp is off.")),
  });
  const wait = defineTool({
    name: "wait",
    description: "Waits.",
    input: z.object({}),
    annotations,
    run: (_, context) => new Promise<string>((finish) => waiting.push({ context, finish })),
  });
  const shard = defineShard({
    name: "fixture",
    version: "1.2.3",
    description: "For tests.",
    tools: [greet, fail, wait],
  });
  return { shard, waiting };
}

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
    const { shard, waiting } = waitingShard();
    const client = await connect(createShardApp(shard), mode);
    clients.push(client);
    return { client, waiting };
  }

  it("negotiates the era, lists and calls", async () => {
    const { client } = await start();
    expect(client.getProtocolEra()).toBe(mode === "legacy" ? "legacy" : "modern");
    expect(client.getServerVersion()).toMatchObject({ name: "fixture", version: "1.2.3" });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["greet", "fail", "wait"]);
    expect(tools[0]).toMatchObject({
      inputSchema: { type: "object", required: ["name"], additionalProperties: false },
      annotations: { readOnlyHint: true },
    });
    const result = await client.callTool({ name: "greet", arguments: { name: "Ada" } });
    expect(result).toMatchObject({ structuredContent: { greeting: "Hello, Ada!" } });
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
