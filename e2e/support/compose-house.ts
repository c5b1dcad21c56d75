// compose.yaml on a real engine, as a project of its own: other names, ports and folders than those of a house that may run beside it.
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "./docker.ts";
import { freePort } from "./ports.ts";

/** Who the programs of our images are. */
const NODE_USER = 1000;

/** A container as `docker inspect` shows it; what we look at. */
export interface Container {
  readonly Name: string;
  readonly State: {
    readonly Status: string;
    readonly StartedAt: string;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
  };
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: { readonly ReadonlyRootfs: boolean; readonly CapDrop: readonly string[] };
}

export interface ComposeHouse {
  readonly url: string;
  /** Where the demo's Traefik serves routes. */
  readonly demoUrl: string;
  /** The folder of this machine that is Traefik's dynamic folder. */
  readonly dynamicDir: string;
  readonly compose: (args: readonly string[], within?: number) => Promise<string>;
  /** By service. */
  readonly containers: () => Promise<Readonly<Record<string, Container>>>;
  readonly stop: () => Promise<void>;
}

const STAND_IN = "FROM node:24-bookworm-slim\nLABEL shardgate.stand-in=test\n";

/** What stands in for traefik/whoami: says who it is. */
const WHOAMI = `require("node:http").createServer((q, a) => a.end("Name: demo\\nHost: " + q.headers.host)).listen(8080)`;

/** Images of the tests, so that those of a house on this engine stay as they are. */
export const imageOf = (service: string): string => `shardgate-test/${service}:local`;

/**
 * Prepares the project; nothing runs yet.
 * @param traefik path of a Traefik for the demo; undefined: the shard simulates one
 */
export async function prepareHouse(engine: Engine, traefik: string | undefined): Promise<ComposeHouse> {
  const folder = mkdtempSync(join(tmpdir(), "shardgate-compose-"));
  const dynamicDir = join(folder, "dynamic");
  mkdirSync(dynamicDir);
  chmodSync(folder, 0o755);
  // On a machine where we are not root, the folder is ours and the shard runs as us.
  const user = process.getuid?.() === 0 ? NODE_USER : (process.getuid?.() ?? NODE_USER);
  if (process.getuid?.() === 0) chownSync(dynamicDir, user, user);
  const [port, demoPort] = [await freePort(), await freePort()];
  const project = `shardgate-test-${port}`;
  const env = {
    GATEWAY_IMAGE: imageOf("gateway"),
    TIME_IMAGE: imageOf("time"),
    TRAEFIK_SHARD_IMAGE: imageOf("traefik"),
    GATEWAY_PORT: String(port),
    DEMO_PORT: String(demoPort),
    TRAEFIK_DYNAMIC: dynamicDir,
    TRAEFIK_SHARD_USER: `${user}:${user}`,
    ...(traefik !== undefined && {
      COMPOSE_PROFILES: "demo",
      TRAEFIK_API_URL: "http://proxy:8080",
      DEFAULT_ENTRYPOINT: "web",
      TRAEFIK_IMAGE: "shardgate-test/traefik",
      WHOAMI_IMAGE: "shardgate-test/whoami",
    }),
  };
  const compose = (args: readonly string[], within = 60_000) =>
    engine.docker(["compose", "--env-file", "/dev/null", "-p", project, ...args], { env, within });

  async function build(tag: string, dockerfile: string, program?: string): Promise<void> {
    const context = mkdtempSync(join(folder, "image-"));
    writeFileSync(join(context, "Dockerfile"), STAND_IN + dockerfile);
    if (program !== undefined) copyFileSync(program, join(context, "program"));
    await engine.docker(["build", "-q", "-t", tag, context]);
  }

  if (traefik !== undefined) {
    await build(env.TRAEFIK_IMAGE as string, 'COPY program /usr/local/bin/traefik\nENTRYPOINT ["traefik"]\n', traefik);
    await build(
      env.WHOAMI_IMAGE as string,
      `STOPSIGNAL SIGKILL\nENTRYPOINT ["node", "-e", ${JSON.stringify(WHOAMI)}, "--"]\n`,
    );
  }
  return {
    url: `http://127.0.0.1:${port}`,
    demoUrl: `http://127.0.0.1:${demoPort}`,
    dynamicDir,
    compose,
    async containers() {
      const ids = (await compose(["ps", "-aq"])).trim().split("\n");
      const found = JSON.parse(await engine.docker(["inspect", ...ids])) as Container[];
      return Object.fromEntries(found.map((one) => [one.Config.Labels["com.docker.compose.service"], one]));
    },
    async stop() {
      await compose(["down", "--volumes", "--timeout", "5"]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
