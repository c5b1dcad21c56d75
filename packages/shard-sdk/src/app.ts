import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createHostGuard } from "@shardgate/mcp-wire/host-guard";
import { serveSurface, type SurfaceTool } from "@shardgate/mcp-wire/server";
import { Hono } from "hono";
import { createCalls } from "./calls.ts";
import { createHealth } from "./health.ts";
import { silentLog, type Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import type { Env } from "./settings.ts";
import { manifestOf, OWN_PATHS, type Shard } from "./shard.ts";
import type { Tool } from "./tool.ts";

export interface ShardAppDeps {
  /** Where the shard's settings are read from. Default: none are set. */
  readonly env?: Env;
  /** Default: nothing is logged. */
  readonly log?: Log;
  /** Host names served besides local ones, also as origins; see `createHostGuard`. */
  readonly allowedHosts?: readonly string[];
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
}

/** A shard as one fetch function: `GET /health /ready /manifest /metrics`, `POST /mcp`, and its own routes. */
export interface ShardApp {
  fetch(request: Request): Promise<Response>;
  /** From now on `/ready` says no; everything else goes on. */
  drain(): void;
  /** Waits up to `grace` milliseconds (default 0) for the calls that run, stops the rest, frees everything. Idempotent. */
  close(grace?: number): Promise<void>;
}

const noStore = { "cache-control": "no-store" };

/**
 * @throws SettingsError when `env` lacks or misspells the shard's settings
 */
export function createShardApp(shard: Shard, deps: ShardAppDeps = {}): ShardApp {
  const { log = silentLog, now = () => performance.now() } = deps;
  const open = shard.open(deps.env ?? {});
  const metrics = createMetrics(shard);
  const health = createHealth(shard, open, now);
  const calls = createCalls(shard, open, { metrics, log, now });
  const tools = [...open.tools.values()].map(listed);
  const manifest = manifestOf(shard, tools);
  // Covers the schemas too, so that whoever watches the manifest learns of any change to the tools.
  const etag = `"${createHash("sha256")
    .update(JSON.stringify([manifest, tools]))
    .digest("base64url")
    .slice(0, 22)}"`;
  const surface = serveSurface({ ...shard, tools, callTool: calls.run }, (error) =>
    log.debug({ err: error }, "MCP request refused"),
  );
  const allowed = deps.allowedHosts ?? [];
  const guard = createHostGuard({ hosts: allowed, origins: allowed });
  let draining = false;
  let closing: Promise<void> | undefined;

  const app = new Hono();
  app.use(async (c, next) => {
    const refusal = guard(c.req.header("host") ?? new URL(c.req.url).host, c.req.header("origin"));
    return refusal === undefined ? next() : c.json({ error: refusal }, 403);
  });
  app.get("/health", async (c) => {
    const state = await health();
    return c.json(state, state.status === "ok" ? 200 : 503, noStore);
  });
  app.get("/ready", (c) => c.json({ ready: !draining }, draining ? 503 : 200, noStore));
  app.get("/manifest", (c) => {
    const headers = { etag, "cache-control": "no-cache" };
    return matches(c.req.header("if-none-match"), etag) ? c.body(null, 304, headers) : c.json(manifest, 200, headers);
  });
  app.get("/metrics", async (c) => {
    const { type, text } = await metrics.render();
    return c.body(text, 200, { ...noStore, "content-type": type });
  });
  app.all("/mcp", (c) => surface.fetch(c.req.raw));
  for (const [path, answer] of open.routes) app.all(path, (c) => answer(c.req.raw));
  const paths = [...open.routes.keys(), ...OWN_PATHS];
  app.notFound((c) =>
    c.json({ error: `No such path; there are ${paths.slice(0, -1).join(", ")} and ${paths.at(-1)}` }, 404),
  );
  app.onError((error, c) => {
    log.error({ err: error }, "Request failed");
    return c.json({ error: "Internal error; the log of the shard has the detail" }, 500);
  });

  async function close(grace: number): Promise<void> {
    draining = true;
    await calls.stop(grace);
    // The calls have ended, their answers are written in this turn of the event loop; closing now would cut them off.
    await nextTurn();
    await surface.close();
    await open.close();
  }

  return {
    fetch: async (request) => app.fetch(request),
    drain: () => void (draining = true),
    close: (grace = 0) => (closing ??= close(grace)),
  };
}

function listed({ name, title, description, inputSchema, outputSchema, annotations }: Tool): SurfaceTool {
  return {
    name,
    ...(title !== undefined && { title }),
    description,
    inputSchema,
    ...(outputSchema && { outputSchema }),
    annotations: { ...annotations },
  };
}

/** True when an `If-None-Match` names the tag (RFC 9110 §13.1.2: weak comparison). */
function matches(header: string | undefined, etag: string): boolean {
  return (header ?? "").split(",").some((tag) => ["*", etag].includes(tag.trim().replace(/^W\//, "")));
}
