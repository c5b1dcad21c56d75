import { describe, expect, it, vi } from "vitest";
import { serveSurface, SERVED_VERSIONS, type Surface, type SurfaceCall } from "./server.ts";

const poll = { interval: 2, timeout: 5000 };

const envelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
};

interface Sent {
  readonly era?: "legacy" | "modern";
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** A POST of one message as a client of the era would send it. */
function post(message: Record<string, unknown>, { era = "modern", headers = {}, signal }: Sent = {}): Request {
  const params = (message["params"] ?? {}) as Record<string, unknown>;
  const meta = { ...(params["_meta"] as object), ...(era === "modern" && envelope) };
  const body = { jsonrpc: "2.0", ...message, params: { ...params, _meta: meta } };
  const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": String(message["method"]) };
  const name = params["name"] === undefined ? {} : { "mcp-name": String(params["name"]) };
  return new Request("http://localhost/mcp", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(era === "modern" && { ...modern, ...name }),
      ...headers,
    },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

function raw(body: string | ReadableStream, type = "application/json"): Request {
  const init = { method: "POST", headers: { "content-type": type }, body, duplex: "half" };
  return new Request("http://localhost/mcp", init);
}

const call = (name: string, args: object = {}, id: number | string = 1, meta?: object): Record<string, unknown> => ({
  id,
  method: "tools/call",
  params: { name, arguments: args, ...(meta && { _meta: meta }) },
});

const deep = (levels: number): string => `{"id":1,"method":"x","params":${"[".repeat(levels)}${"]".repeat(levels)}}`;

const cancel = (requestId: unknown) => ({ method: "notifications/cancelled", params: { requestId } });

const events = (text: string): Record<string, unknown>[] =>
  [...text.matchAll(/^data: (.+)$/gm)].map((match) => JSON.parse(match[1] as string));

/** A surface with tools that echo, throw, report progress, and wait until the test lets them go. */
function fixture() {
  const waiting: { readonly call: SurfaceCall; readonly finish: () => void }[] = [];
  const errors: Error[] = [];
  const surface: Surface = {
    name: "fixture",
    version: "1.2.3",
    instructions: "Use with care.",
    tools: ["echo", "throws", "counts", "waits"].map((name) => ({ name, description: name, inputSchema: {} })),
    async callTool(name, args, running) {
      if (name === "throws") throw new Error("secret detail");
      if (name === "waits") await new Promise<void>((resolve) => waiting.push({ call: running, finish: resolve }));
      if (name === "counts")
        for (const at of args["steps"] as number[]) running.progress({ progress: at, total: 1000 });
      return { content: [{ type: "text", text: running.requestId }], structuredContent: { ...args } };
    },
  };
  const handler = serveSurface(surface, (error) => errors.push(error));
  return { handler, waiting, errors };
}

async function session(handler: { fetch(request: Request): Promise<Response> }, version = "2025-11-25") {
  const clientInfo = { name: "test", version: "1" };
  const initialize = {
    id: 0,
    method: "initialize",
    params: { protocolVersion: version, capabilities: {}, clientInfo },
  };
  const response = await handler.fetch(post(initialize, { era: "legacy" }));
  const { result } = (await response.json()) as { result: Record<string, unknown> };
  return { id: response.headers.get("mcp-session-id") as string, result };
}

describe("a surface, modern era", () => {
  it("answers server/discover and lists its tools in their order, cacheable by everyone", async () => {
    const { handler } = fixture();
    const discovered = await (await handler.fetch(post({ id: 1, method: "server/discover" }))).json();
    expect(discovered).toMatchObject({
      result: {
        supportedVersions: ["2026-07-28"],
        instructions: "Use with care.",
        cacheScope: "public",
        ttlMs: 60_000,
      },
    });
    const response = await handler.fetch(post({ id: "a", method: "tools/list" }));
    expect(response.headers.get("content-type")).toBe("application/json");
    const { id, result } = (await response.json()) as { id: string; result: { tools: { name: string }[] } };
    expect(id).toBe("a");
    expect(result).toMatchObject({ cacheScope: "public", ttlMs: 60_000, resultType: "complete" });
    expect(result.tools.map((tool) => tool.name)).toEqual(["echo", "throws", "counts", "waits"]);
  });

  it("answers a call with JSON and knows the caller's request id", async () => {
    const { handler } = fixture();
    const headers = { "x-request-id": "gw-7" };
    const response = await handler.fetch(post(call("echo", { a: [1, { b: null }] }), { headers }));
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toMatchObject({
      id: 1,
      result: { structuredContent: { a: [1, { b: null }] }, content: [{ type: "text", text: "gw-7" }] },
    });
  });

  it.each([
    ["an unknown tool", call("nope"), {}, 200, -32602],
    ["an unknown method", { id: 1, method: "no/such" }, {}, 404, -32601],
    ["a header that disagrees", call("echo"), { "mcp-name": "throws" }, 400, -32020],
  ])("refuses %s", async (_, message, headers, status, code) => {
    const response = await fixture().handler.fetch(post(message, { headers }));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ id: 1, error: { code } });
  });

  it("tells a client that listens when the tools changed, and ends its stream when it closes", async () => {
    const { handler } = fixture();
    const params = { notifications: { toolsListChanged: true } };
    const response = await handler.fetch(post({ id: 9, method: "subscriptions/listen", params }));
    handler.notifyToolsChanged();
    await handler.close();
    const methods = events(await response.text()).map((event) => event["method"] ?? "result");
    expect(methods).toEqual(["notifications/subscriptions/acknowledged", "notifications/tools/list_changed", "result"]);
  });
});

describe("a surface, legacy era", () => {
  it.each(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])("speaks %s", async (version) => {
    const { handler } = fixture();
    const { id, result } = await session(handler, version);
    expect(result).toMatchObject({ protocolVersion: version, serverInfo: { name: "fixture", version: "1.2.3" } });
    expect(SERVED_VERSIONS).toContain(version);
    const headers = { "mcp-session-id": id, "mcp-protocol-version": version };
    const list = await handler.fetch(post({ id: 1, method: "tools/list" }, { era: "legacy", headers }));
    expect(list.headers.get("content-type")).toBe("application/json");
    const { result: listed } = (await list.json()) as { result: Record<string, unknown> };
    expect(listed["tools"]).toHaveLength(4);
    expect(listed).not.toHaveProperty("ttlMs");
    const called = await handler.fetch(post(call("echo", { a: 1 }), { era: "legacy", headers }));
    expect(await called.json()).toMatchObject({ id: 1, result: { structuredContent: { a: 1 } } });
  });

  it("answers a client that names no media type it accepts, as curl does, and one without a session", async () => {
    const { handler } = fixture();
    const response = await handler.fetch(post(call("echo", { a: 1 }), { era: "legacy", headers: { accept: "*/*" } }));
    expect(await response.json()).toMatchObject({ result: { structuredContent: { a: 1 } } });
  });

  it("accepts a session id of before its restart", async () => {
    const headers = { "mcp-session-id": (await session(fixture().handler)).id };
    expect((await fixture().handler.fetch(post(call("echo"), { era: "legacy", headers }))).status).toBe(200);
  });

  it.each([
    [call("nope"), -32602],
    [{ id: 1, method: "resources/list" }, -32601],
  ])("answers what it does not know in the response: %j", async (message, code) => {
    const response = await fixture().handler.fetch(post(message, { era: "legacy" }));
    expect(await response.json()).toMatchObject({ id: 1, error: { code } });
  });
});

describe.each(["legacy", "modern"] as const)("progress and failure, %s era", (era) => {
  it("sends growing progress before the result, and nothing that does not grow", async () => {
    const { handler } = fixture();
    const message = call("counts", { steps: [0, 50, 50, 20, 100] }, 4, { progressToken: "tok" });
    const response = await handler.fetch(post(message, { era }));
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const sent = events(await response.text());
    const params = [0, 50, 100].map((progress) => ({ progressToken: "tok", progress, total: 1000 }));
    expect(sent.slice(0, -1).map((event) => event["params"])).toEqual(params);
    expect(sent.at(-1)).toMatchObject({ id: 4, result: { structuredContent: { steps: [0, 50, 50, 20, 100] } } });
  });

  it("answers with JSON where no progress is asked for", async () => {
    const { handler } = fixture();
    const response = await handler.fetch(post(call("counts", { steps: [1, 2] }), { era }));
    expect(await response.json()).toMatchObject({ result: { structuredContent: { steps: [1, 2] } } });
  });

  it("bounds a flood of reports, and lets the last one through", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { handler } = fixture();
    const steps = Array.from({ length: 1000 }, (_, at) => at + 1);
    const response = await handler.fetch(post(call("counts", { steps }, 1, { progressToken: 1 }), { era }));
    const sent = events(await response.text());
    vi.useRealTimers();
    expect(sent).toHaveLength(100 + 1 + 1);
    expect(sent.at(-2)).toMatchObject({ params: { progress: 1000 } });
  });

  it("hides what a tool throws from the client and reports it", async () => {
    const { handler, errors } = fixture();
    const response = await handler.fetch(post(call("throws"), { era }));
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ id: 1, error: { code: -32603 } });
    expect(text).not.toContain("secret detail");
    expect(errors.map((error) => (error.cause as Error | undefined)?.message)).toContain("secret detail");
  });

  it.each([undefined, { progressToken: 1 }])("cancels when the client goes away (_meta %o)", async (meta) => {
    const { handler, waiting } = fixture();
    const client = new AbortController();
    const response = handler.fetch(post(call("waits", {}, 1, meta), { era, signal: client.signal }));
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    client.abort();
    await vi.waitFor(() => expect(waiting[0]?.call.signal.aborted).toBe(true), poll);
    expect(await (await response).text()).toBe("");
  });

  it("cancels when the client gives up an open stream", async () => {
    const { handler, waiting } = fixture();
    const pending = handler.fetch(post(call("waits", {}, 1, { progressToken: 1 }), { era }));
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    waiting[0]?.call.progress({ progress: 1 });
    await (await pending).body?.cancel();
    await vi.waitFor(() => expect(waiting[0]?.call.signal.aborted).toBe(true), poll);
  });

  it("aborts what runs when it closes, and refuses what comes after", async () => {
    const { handler, waiting } = fixture();
    const pending = handler.fetch(post(call("waits"), { era }));
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    await handler.close();
    await handler.close();
    expect(waiting[0]?.call.signal.aborted).toBe(true);
    await pending;
    const late = await handler.fetch(post(call("echo"), { era }));
    expect(late.status).toBe(503);
    expect(await late.json()).toMatchObject({ error: { code: -31014 } });
  });
});

describe("notifications/cancelled, legacy era", () => {
  it.each([undefined, { progressToken: 1 }])(
    "aborts the call it names and leaves it unanswered (_meta %o)",
    async (meta) => {
      const { handler, waiting } = fixture();
      const { id } = await session(handler);
      const headers = { "mcp-session-id": id };
      const pending = handler.fetch(post(call("waits", {}, 7, meta), { era: "legacy", headers }));
      await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
      const accepted = await handler.fetch(post(cancel(7), { era: "legacy", headers }));
      expect(accepted.status).toBe(202);
      expect(waiting[0]?.call.signal.aborted).toBe(true);
      waiting[0]?.finish();
      expect(await (await pending).text()).toBe("");
    },
  );

  it("never touches another session's call, nor another id of another type", async () => {
    const { handler, waiting } = fixture();
    const [mine, other] = [await session(handler), await session(handler)];
    expect(mine.id).not.toBe(other.id);
    const headers = { "mcp-session-id": mine.id };
    const pending = handler.fetch(post(call("waits", {}, 7), { era: "legacy", headers }));
    await vi.waitFor(() => expect(waiting).toHaveLength(1), poll);
    await handler.fetch(post(cancel(7), { era: "legacy", headers: { "mcp-session-id": other.id } }));
    await handler.fetch(post(cancel(7), { era: "legacy" }));
    await handler.fetch(post(cancel("7"), { era: "legacy", headers }));
    expect(waiting[0]?.call.signal.aborted).toBe(false);
    waiting[0]?.finish();
    expect(await (await pending).json()).toMatchObject({ id: 7, result: {} });
  });
});

describe("bad input", () => {
  it.each<[string, () => Request, number, number]>([
    ["GET", () => new Request("http://localhost/mcp"), 405, -32600],
    ["another content type", () => raw("{}", "text/plain"), 415, -32600],
    ["an empty body", () => raw(""), 400, -32700],
    ["half a message", () => raw('{"jsonrpc":'), 400, -32700],
    ["200,000 levels", () => raw(deep(200_000)), 400, -32600],
    ["200,000 elements", () => raw(JSON.stringify({ params: Array.from({ length: 200_000 }, () => 1) })), 400, -32600],
    ["5 MiB", () => raw(`"${"x".repeat(5 * 1024 * 1024)}"`), 413, -31017],
    ["5 MiB without a length", () => raw(new Blob(["x".repeat(5 * 1024 * 1024)]).stream()), 413, -31017],
    ["a number as message", () => raw("7"), 400, -32600],
  ])("refuses %s and lives", async (_, request, status, code) => {
    const { handler } = fixture();
    const response = await handler.fetch(request());
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ jsonrpc: "2.0", id: null, error: { code } });
    expect((await handler.fetch(post(call("echo")))).status).toBe(200);
  });
});
