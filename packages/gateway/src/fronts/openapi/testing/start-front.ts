import { type Era, type ExchangeContext, type ListedTool, Message } from "@shardgate/mcp-wire";
import { ApiKeyAccess } from "../../../access/api-key.ts";
import { type App, createApp } from "../../../app.ts";
import type { Gateway } from "../../../gateway.ts";
import { memoryLogger } from "../../../testing/calls.ts";
import { openApiFront } from "../index.ts";
import { openApiSchema, type OpenApiSettings } from "../settings.ts";

/** One upstream of a test: its tools, what it says of itself, and how it answers. */
export interface ScriptedServer {
  readonly tools: readonly object[];
  readonly info?: object;
  readonly instructions?: string;
  /** The era it is spoken to in; modern where nothing is said. */
  readonly era?: Era;
  /** The result of a call, or an error to throw. */
  answer?(name: string, args: unknown, context: ExchangeContext): unknown;
}

export interface StartOptions {
  readonly servers: Record<string, ScriptedServer>;
  readonly settings?: Partial<OpenApiSettings>;
  readonly apiKey?: string;
  readonly isStrict?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly text: string;
  readonly json: unknown;
}

/** The front on a gateway that a test scripts, behind the same edge as in the house. */
export function startFront({ servers, settings, apiKey, isStrict = false }: StartOptions) {
  const listed = new Map<string, readonly ListedTool[]>();
  const described = new Map<string, { serverInfo: string; capabilities: string; instructions: string | undefined }>();
  const listeners = new Set<(upstreams: ReadonlySet<string>) => void>();
  const calls: { upstream: string; message: Message; era: Era }[] = [];
  const put = (name: string, server: ScriptedServer): void => {
    servers[name] = server;
    listed.set(name, server.tools.map(listedTool));
    described.set(name, {
      serverInfo: JSON.stringify(server.info ?? { name: `${name}-server`, version: "1.2.3" }),
      capabilities: "{}",
      instructions: server.instructions,
    });
  };
  for (const [name, server] of Object.entries(servers)) put(name, server);
  const gateway = {
    upstreams: () => listed.keys(),
    hasUpstream: (name: string) => listed.has(name),
    describe: (name: string) => described.get(name),
    eraOf: (name: string) => servers[name]?.era ?? "modern",
    toolsOf: (name: string) => listed.get(name) ?? [],
    onToolsChanged: (listener: (upstreams: ReadonlySet<string>) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async relay(upstream: string, message: Message, context: ExchangeContext) {
      calls.push({ upstream, message, era: context.era });
      const answer = await servers[upstream]?.answer?.(message.name ?? "", message.params["arguments"], context);
      return answer instanceof Message
        ? answer
        : Message.result(message.id as string, JSON.stringify(answer ?? { content: [] }));
    },
  } as unknown as Gateway;
  const logger = memoryLogger();
  const access = new ApiKeyAccess({ api_key: apiKey, strict: isStrict });
  const used = { ...openApiSchema.parse({}), ...settings };
  const front = openApiFront({
    gateway,
    logger,
    version: "9.9.9",
    access,
    settings: () => used,
    now: () => performance.now(),
  });
  const app = createApp({ gateway, fronts: [front], allowed: { hosts: [], origins: ["*"] }, access, onBug: rethrow });
  const notify = (name: string): void => {
    for (const listener of listeners) listener(new Set([name]));
  };
  return {
    front,
    calls,
    logger,
    ask: (method: string, path: string, init: { headers?: Record<string, string>; body?: string | Buffer } = {}) =>
      ask(app, method, path, init),
    /** Calls a tool as clients do. */
    post: (path: string, args: unknown, headers: Record<string, string> = {}) =>
      ask(app, "POST", path, {
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(args),
      }),
    put(name: string, server: ScriptedServer): void {
      put(name, server);
      notify(name);
    },
    remove(name: string): void {
      listed.delete(name);
      notify(name);
    },
  };
}

function listedTool(tool: object): ListedTool {
  const bytes = Buffer.from(JSON.stringify(tool));
  return { name: (tool as { name: string }).name, modern: bytes, legacy: bytes };
}

async function ask(
  app: App,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string | Buffer },
): Promise<Answer> {
  const init = { method, headers, ...(body !== undefined && { body: new Uint8Array(Buffer.from(body)) }) };
  const response = await app.fetch(new Request(`http://localhost:9100${path}`, init));
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString();
  const isJson =
    response.headers.get("content-type") === "application/json" && !response.headers.has("content-encoding");
  return {
    status: response.status,
    headers: response.headers,
    body: bytes,
    text,
    json: isJson ? (JSON.parse(text) as unknown) : undefined,
  };
}

function rethrow(error: unknown): never {
  throw error;
}
