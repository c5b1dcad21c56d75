import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { createShardApp, type ShardApp } from "@shardgate/shard-sdk";
import { traefikShard } from "@shardgate/shard-traefik";
import { findRealTraefik, startRealTraefik, type RealTraefik } from "@shardgate/traefik-sim/real";
import { median, rounded } from "../stats.ts";
import type { Outcome, Scenario } from "./scenario.ts";

/** Traefik's own default. */
const throttle = "2s";
/** Beyond it, so that Traefik is idle, in milliseconds. */
const pause = 2500;
const changes = 10;
const pollInterval = "1s";

/** From asking for a route until the answer that it is active: planned, written, Traefik told, seen in its API. */
export const routes: Scenario = {
  name: "routes",
  summary: "create a route until a real Traefik has it: idle, inside its throttle, and where it asks for the routes",
  isQuick: false,
  needsGateway: false,
  async *run(bench) {
    const found = findRealTraefik();
    if (typeof found !== "string") {
      bench.say(`routes are left out: ${found.missing}`);
      return;
    }
    bench.say("routes, from files");
    const traefik = await startRealTraefik({ throttle });
    try {
      yield await fromFiles(traefik);
    } finally {
      await traefik.stop();
    }
    bench.say("routes, asked for");
    yield await askedFor();
  },
};

async function fromFiles(traefik: RealTraefik): Promise<Outcome> {
  const shard = openShard({ TRAEFIK_API_URL: traefik.apiUrl, TRAEFIK_DYNAMIC_DIR: traefik.dynamicDir });
  try {
    const idle = await create(shard.app, "idle", pause);
    const busy = await create(shard.app, "busy", 0);
    return {
      title: `create a route until it is active, files on a local disk, throttle ${throttle}`,
      rows: [row(`idle, ${pause / 1000} s apart`, idle), row("back to back", busy)],
      figures: { "routes/idle": median(idle), "routes/throttled/slowest": Math.max(...busy) },
    };
  } finally {
    await shard.close();
  }
}

async function askedFor(): Promise<Outcome> {
  let app: ShardApp | undefined;
  const server = createServer((request, response) => {
    void (async () => {
      const answer = await app?.fetch(new Request(`http://127.0.0.1${request.url}`));
      response.writeHead(answer?.status ?? 503).end(await answer?.text());
    })();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/traefik-config`;
  const traefik = await startRealTraefik({
    throttle,
    providers: `  http: {endpoint: "${endpoint}", pollInterval: "${pollInterval}"}`,
  });
  const shard = openShard({ TRAEFIK_API_URL: traefik.apiUrl, TRAEFIK_PROVIDER: "http" });
  app = shard.app;
  try {
    const times = await create(shard.app, "asked", pause);
    return {
      title: `create a route until it is active, Traefik asks every ${pollInterval}`,
      rows: [row(`${pause / 1000} s apart`, times)],
      figures: { "routes/asked": median(times) },
    };
  } finally {
    await shard.close();
    await traefik.stop();
    server.close();
    server.closeAllConnections();
  }
}

function openShard(env: Readonly<Record<string, string>>): { readonly app: ShardApp; close(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), "shardgate-bench-routes-"));
  const app = createShardApp(traefikShard({ simulated: false }), { env: { SHARD_STATE_DIR: folder, ...env } });
  return {
    app,
    async close() {
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Milliseconds that each of several creations took. @throws Error when one did not end as active */
async function create(app: ShardApp, prefix: string, apart: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < changes; index += 1) {
    await sleep(apart);
    const route = { host: `${prefix}${index}.example.com`, backend: "http://10.0.0.9", entrypoints: ["web"] };
    const params = { name: "create_route", arguments: { name: `${prefix}${index}`, ...route, probe_backend: false } };
    const startedAt = performance.now();
    const answer = await app.fetch(
      new Request("http://127.0.0.1/mcp", {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
        body: JSON.stringify({ jsonrpc: "2.0", id: index, method: "tools/call", params }),
      }),
    );
    const text = await answer.text();
    times.push(performance.now() - startedAt);
    if (!text.includes('"outcome":"active"')) throw new Error(`A route did not become active: ${text.slice(0, 500)}`);
  }
  return times;
}

const row = (name: string, times: readonly number[]) => ({
  changes: name,
  count: times.length,
  "fastest ms": rounded(Math.min(...times), 0),
  "median ms": rounded(median(times), 0),
  "slowest ms": rounded(Math.max(...times), 0),
});
