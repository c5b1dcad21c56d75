// A real Docker engine, where one answers. scripts/docker/engine.mjs says how one is found, and starts one in continuous integration.
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Engine {
  /** What a process that uses the engine needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `docker <args>`. @throws Error with what it said when it fails */
  readonly docker: (args: readonly string[], options?: DockerOptions) => Promise<string>;
}

export interface DockerOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; default one minute. */
  readonly within?: number;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The engine that answers, or `{ missing }` with a sentence for the tests that are skipped. */
export function findEngine(): Engine | { readonly missing: string } {
  const asked = spawnSync(process.execPath, [join(root, "scripts/docker/engine.mjs"), "find"], { encoding: "utf8" });
  if (asked.status !== 0) return { missing: (asked.stderr || String(asked.error)).trim() };
  const env = JSON.parse(asked.stdout.trim().split("\n").at(-1) as string) as Record<string, string>;
  // The command line that came with an engine of ours; else the machine's.
  const own = join(dirname(env["DOCKER_CONFIG"] ?? ""), "engine/usr/bin/docker");
  const command = existsSync(own) ? own : "docker";
  return {
    env,
    docker: (args, { cwd = root, env: more = {}, within = 60_000 } = {}) =>
      new Promise((resolve, reject) => {
        const options = { cwd, env: { ...process.env, ...env, ...more }, timeout: within, maxBuffer: 64 << 20 };
        execFile(command, args, options, (error, stdout, stderr) => {
          if (error === null) return resolve(stdout);
          const last = `${stdout}\n${stderr}`.trim().split("\n").slice(-40).join("\n");
          reject(new Error(`docker ${args.join(" ")} failed: ${last || error.message}`));
        });
      }),
  };
}
