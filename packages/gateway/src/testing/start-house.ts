import { fetchSender } from "@shardgate/mcp-wire";
import { serveSurface } from "@shardgate/mcp-wire/server";
import { DEFAULT_CONFIG, type GatewayConfig } from "../config/schema.ts";
import { createHouse } from "../house.ts";
import type { LiveConfig } from "../reload/live-config.ts";
import { upstreamOptionsSchema } from "../upstreams/index.ts";
import { memoryLogger } from "./calls.ts";
import { FakeTimers } from "./fake-timers.ts";

/** One upstream of a test: names of its tools, each of which says its own name, and what its definition says besides. */
export interface HouseUpstream {
  readonly tools: string[];
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface RpcAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly result?: Record<string, unknown>;
    readonly error?: Record<string, unknown>;
    readonly [key: string]: unknown;
  };
}

const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** A whole house in this process, of upstreams behind `fetch` functions, with a configuration that a test changes. */
export async function startHouse(
  upstreams: Readonly<Record<string, HouseUpstream>>,
  config: Partial<GatewayConfig> = {},
) {
  const timers = new FakeTimers();
  const logger = memoryLogger();
  const called: string[] = [];
  const surfaces = Object.entries(upstreams).map(([name, { tools }]) => {
    const listed = tools.map((tool) => ({ name: tool, inputSchema: { type: "object" as const } }));
    const surface = serveSurface({
      name,
      version: "1.0.0",
      instructions: `Ask ${name}.`,
      tools: listed,
      callTool: async (tool) => {
        called.push(`${name} ${tool}`);
        return { content: [{ type: "text", text: `${name} ${tool}` }] };
      },
    });
    return [`http://${name}`, { surface, listed }] as const;
  });
  const hosts = new Map<string, (typeof surfaces)[number][1]>(surfaces);
  const definitions = Object.entries(upstreams).map(([name, { options }]) => ({
    id: name,
    name,
    options: upstreamOptionsSchema.parse({ kind: "mcp-http", url: `http://${name}/mcp`, ...options }),
  }));
  let current: GatewayConfig = { ...DEFAULT_CONFIG, ...config };
  const listeners = new Set<() => void>();
  const live = {
    get current() {
      return current;
    },
    report: () => undefined,
    subscribe: (listener: () => void) => (listeners.add(listener), () => listeners.delete(listener)),
  } as unknown as LiveConfig;
  const house = createHouse({
    config: current,
    live,
    providers: [{ name: "test", watch: async (emit) => emit(definitions) }],
    logger,
    timers,
    createSender: (origin) => fetchSender(origin, (request) => hosts.get(origin)!.surface.fetch(request)),
  });
  await house.start();
  const isStarting = (): boolean => house.gateway.status().upstreams.some(({ state }) => state === "starting");
  for (let turn = 0; turn < 20 && isStarting(); turn++) await timers.advance(20);
  await timers.advance(50);

  const fetch = (path: string, init: RequestInit = {}): Promise<Response> =>
    house.app.fetch(new Request(`http://localhost:9100${path}`, init));
  async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<RpcAnswer> {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as RpcAnswer["body"] };
  }
  const rpc = (path: string, method: string, params: object, headers: Record<string, string> = {}, isModern = true) => {
    const { name } = params as { name?: string };
    return isModern
      ? post(
          path,
          { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: ENVELOPE } },
          {
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": method,
            ...(name !== undefined && { "mcp-name": name }),
            ...headers,
          },
        )
      : post(path, { jsonrpc: "2.0", id: 1, method, params }, headers);
  };
  return {
    house,
    timers,
    logger,
    /** Upstream and tool of each call that got through. */
    called,
    fetch,
    post,
    /** Calls a tool at an MCP address, in the modern era unless told otherwise. */
    call: (path: string, name: string, headers?: Record<string, string>, isModern = true) =>
      rpc(path, "tools/call", { name, arguments: {} }, headers, isModern),
    rpc,
    async names(path: string, headers?: Record<string, string>, isModern = true): Promise<string[]> {
      const { body } = await rpc(path, "tools/list", {}, headers, isModern);
      return ((body.result?.["tools"] ?? []) as { name: string }[]).map(({ name }) => name);
    },
    /** Puts another configuration in force. */
    configure(changes: Partial<GatewayConfig>): void {
      current = { ...current, ...changes };
      for (const listener of listeners) listener();
    },
    /** Has an upstream list one more tool, and waits until that is known. */
    async addTool(upstream: string, tool: string): Promise<void> {
      const { surface, listed } = hosts.get(`http://${upstream}`)!;
      listed.push({ name: tool, inputSchema: { type: "object" } });
      surface.notifyToolsChanged();
      for (let turn = 0; turn < 40; turn++) await timers.advance(2_000);
    },
    async close(): Promise<void> {
      await Promise.all([house.close(), ...surfaces.map(([, { surface }]) => surface.close())]);
    },
  };
}
