import type { Log } from "@shardgate/shard-sdk";
import type { EntryPoints } from "@shardgate/traefik-sim";
import { startRealTraefik, type RealTraefik } from "@shardgate/traefik-sim/real";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHouse, type House } from "../open-house.ts";
import { settingsSchema } from "../settings.ts";
import { routeTools } from "../tools/index.ts";

/** A shard's inside on one kind of Traefik, for tests that run on both. */
export interface Target {
  readonly house: House;
  /** The file provider's directory. */
  readonly dynamicDir: string;
  readonly stateDir: string;
  /** Only for a real one. */
  readonly traefik: RealTraefik | undefined;
  /** Calls a tool with arguments as a client sends them. */
  call(
    tool: string,
    args: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly structured: Record<string, unknown>; readonly text: string }>;
  /** The same house with more settings. */
  withSettings(env: Readonly<Record<string, string>>): House;
  close(): Promise<void>;
}

/** The entrypoints that the harness gives a real one. */
export const ENTRY_POINTS: EntryPoints = {
  web: { address: ":80" },
  websecure: { address: ":443" },
  tcpep: { address: ":90" },
  udpep: { address: ":91/udp" },
  traefik: { address: ":8080" },
};

/** Opens a shard on a simulated or a real Traefik. Loopback backends are allowed, as the tests' backends are there. */
export async function openTarget(
  kind: "simulated" | "real",
  env: Readonly<Record<string, string>> = {},
): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), "traefik-shard-"));
  const stateDir = join(folder, "state");
  const traefik = kind === "real" ? await startRealTraefik() : undefined;
  const base = {
    SHARD_STATE_DIR: stateDir,
    VERIFY_TIMEOUT_MS: "5000",
    ALLOWED_BACKEND_CIDRS: "127.0.0.0/8,10.0.0.0/8,192.168.0.0/16",
    ...(traefik && { TRAEFIK_API_URL: traefik.apiUrl, TRAEFIK_DYNAMIC_DIR: traefik.dynamicDir }),
    ...env,
  };
  const house = openHouse(settingsSchema.parse(base), ENTRY_POINTS);
  return {
    house,
    stateDir,
    traefik,
    dynamicDir: traefik?.dynamicDir ?? join(stateDir, "simulated-dynamic"),
    call: (tool, args) => callTool(house, tool, args),
    withSettings: (more) => ({ ...house, settings: settingsSchema.parse({ ...base, ...more }) }),
    async close() {
      house.close();
      await traefik?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Calls a tool of a house with arguments as a client sends them; throws what the tool throws. */
export async function callTool(
  house: House,
  name: string,
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal = new AbortController().signal,
) {
  const tool = routeTools(house).find((one) => one.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  const read = tool.read(args);
  if (!read.ok) throw new Error(read.problem);
  const log: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
  const written = tool.write(await tool.run(read.value, { signal, requestId: "test", log, progress() {} }));
  if (!written.ok) throw new Error(written.problem);
  return { structured: written.value.structured as Record<string, unknown>, text: written.value.text };
}
