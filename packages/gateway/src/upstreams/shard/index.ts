import { healthSchema, type Manifest, manifestSchema } from "@shardgate/contract";
import { type Cancellation, UpstreamError } from "@shardgate/mcp-wire";
import * as z from "zod";
import { httpDefinitionShape } from "../definition.ts";
import { HttpUpstream } from "../http-upstream.ts";
import type { Checkup, HealthPolicy, Upstream, UpstreamDeps } from "../upstream.ts";
import { getJson } from "./get-json.ts";

/** One of our own: an MCP server that also answers `/health` and `/manifest` (packages/contract). */
export const shardSchema = z.strictObject({ kind: z.literal("shard"), ...httpDefinitionShape });

export const SHARD_HEALTH: HealthPolicy = { intervalMs: 3_000, timeoutMs: 2_000 };

export function createShard(options: z.output<typeof shardSchema>, deps: UpstreamDeps): Upstream {
  const base = new URL(options.url);
  const http = new HttpUpstream(base, options, deps);
  let etag: string | undefined;

  const get = (path: string, cancellation: Cancellation, ifNoneMatch?: string) =>
    getJson(http.sender, base.pathname.replace(/\/$/, "") + path, options.headers, cancellation, ifNoneMatch);

  async function readManifest(cancellation: Cancellation): Promise<Manifest> {
    const answer = await get("/manifest", cancellation);
    const manifest = manifestSchema.safeParse(answer.status === 200 ? answer.body : undefined);
    if (!manifest.success) throw malformed("/manifest", answer.status, manifest.error);
    etag = answer.etag;
    return manifest.data;
  }

  async function checkHealth(cancellation: Cancellation): Promise<Checkup> {
    const { status, body } = await get("/health", cancellation);
    const health = healthSchema.safeParse(body);
    if (!health.success || (status !== 200 && status !== 503)) throw malformed("/health", status, health.error);
    const failed = Object.entries(health.data.checks).filter(([, check]) => check.status === "failed");
    if (failed.length === 0 && status === 200) return {};
    const reasons = failed.map(([name, { message }]) => `${name}: ${message ?? "failed"}`);
    return { degraded: reasons.join("; ") || "it says that it is not well" };
  }

  return http.asUpstream(
    async (cancellation) => {
      await checkHealth(cancellation);
      const manifest = await readManifest(cancellation);
      const url = new URL(base.pathname.replace(/\/$/, "") + manifest.mcp.path, base);
      const profile = await http.connect(url, cancellation);
      return { ...profile, name: manifest.name, version: manifest.version };
    },
    async (cancellation) => {
      const checkup = await checkHealth(cancellation);
      const manifest = await get("/manifest", cancellation, etag);
      const changed = manifest.status === 200 && manifest.etag !== etag;
      if (changed) etag = manifest.etag;
      return { ...checkup, changed };
    },
  );
}

function malformed(path: string, status: number, error: z.ZodError | undefined): UpstreamError {
  const issue = error?.issues[0];
  const where = issue === undefined ? "" : `: ${issue.path.join(".") || "the document"} ${issue.message}`;
  const text =
    status === 200
      ? `its ${path} is not what a shard answers${where}`
      : `its ${path} answers HTTP ${status}; is it a shard?`;
  return new UpstreamError("protocol", text, { sent: true, status });
}
