// The gateway and the shards, started as people start them.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { get } from "./raw-client.ts";
import { startProgram, type Program } from "./program.ts";

/** One upstream in `/health`. */
export interface UpstreamHealth {
  readonly name: string;
  readonly kind: string;
  readonly provider: string;
  readonly state: "starting" | "up" | "degraded" | "down" | "idle" | "crash-loop" | "shadowed";
  readonly tools: number;
  readonly since: string;
  readonly url?: string;
  readonly version?: string;
  readonly latency_ms?: number;
  readonly failures?: number;
  readonly pid?: number;
  readonly sessions?: number;
  readonly log?: readonly string[];
  readonly error?: string;
  readonly original?: string;
  readonly problems?: readonly string[];
}

export interface Health {
  readonly status: "ok" | "degraded";
  readonly version: string;
  readonly uptime_s: number;
  readonly generation: number;
  readonly upstreams: readonly UpstreamHealth[];
  readonly providers: readonly ProviderHealth[];
  readonly profiles?: readonly {
    readonly name: string;
    readonly tools: number;
    readonly problems?: readonly string[];
  }[];
  readonly config?: {
    readonly generation: number;
    readonly status: "ok" | "refused" | "waiting";
    readonly problems?: readonly string[];
  };
}

/** One provider in `/health`. */
export interface ProviderHealth {
  readonly name: string;
  readonly state: "starting" | "ok" | "failed";
  readonly since: string;
  readonly definitions: number;
  readonly error?: string;
  readonly problems?: readonly string[];
}

export interface Gateway extends Program {
  readonly health: () => Promise<Health>;
  /** Writes other upstreams, and further settings, into its configuration file. */
  readonly configure: (upstreams: Readonly<Record<string, object>>, settings?: object) => void;
  /** Waits until an upstream is in a state. @throws Error with what it is instead */
  readonly until: (upstream: string, state: UpstreamHealth["state"], within?: number) => Promise<UpstreamHealth>;
}

export interface GatewayOptions {
  /** The upstreams of `gateway.yaml`; more of its keys go to `listen`. */
  readonly upstreams?: Readonly<Record<string, object>>;
  readonly listen?: object;
  /** The providers of `gateway.yaml`, and its `auth`. */
  readonly providers?: object;
  readonly auth?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** 0, any free one, unless it has to be known before. */
  readonly port?: number;
  /** Files of the test's own to serve instead of one that is made from the above. */
  readonly files?: readonly string[];
  /** Further options of `serve`. */
  readonly args?: readonly string[];
  /** Waits until every upstream of the file is up; true unless said otherwise. */
  readonly untilUp?: boolean;
}

/** Starts `shardgate serve` on a free port with a configuration file of its own. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const {
    upstreams = {},
    listen = {},
    providers = {},
    auth = {},
    env = {},
    port = 0,
    files,
    args = [],
    untilUp = true,
  } = options;
  const folder = mkdtempSync(join(tmpdir(), "shardgate-e2e-"));
  const config = join(folder, "gateway.yaml");
  // JSON is YAML.
  const configure = (wanted: Readonly<Record<string, object>>, settings: object = {}): void =>
    writeFileSync(config, JSON.stringify({ listen, providers, auth, ...settings, upstreams: wanted }));
  configure(upstreams);
  const program = await startProgram({
    file: "packages/gateway/bin/shardgate.mjs",
    args: ["serve", ...(files ?? [config]).flatMap((file) => ["--config", file]), "--port", String(port), ...args],
    env: { LOG_FORMAT: "json", ...env },
  });
  const health = async () => JSON.parse((await get(`${program.url}/health`)).text) as Health;
  const gateway: Gateway = {
    ...program,
    health,
    configure,
    until: (name, state, within = 10_000) =>
      vi.waitFor(
        async () => {
          const found = (await health()).upstreams.find((one) => one.name === name);
          if (found?.state === state) return found;
          throw new Error(`${name} is not ${state}: ${JSON.stringify(found)}`);
        },
        { timeout: within, interval: 20 },
      ),
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    if (untilUp) for (const name of Object.keys(upstreams)) await gateway.until(name, "up");
    return gateway;
  } catch (error) {
    await gateway.stop();
    throw error;
  }
}

/** Starts a shard of the house; port 0 unless it has to come back where it was. */
export function startShard(
  name: "time" | "traefik",
  { port = 0, env = {}, cwd }: { port?: number; env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Promise<Program> {
  return startProgram({
    file: `shards/${name}/dist/main.mjs`,
    env: { PORT: String(port), LOG_FORMAT: "json", ...env },
    ...(cwd !== undefined && { cwd }),
  });
}
