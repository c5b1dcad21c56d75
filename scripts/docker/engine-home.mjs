import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cache } from "../lib/cache.mjs";

/** Where an engine of ours lives: programs, images, socket, log. Outside the clone, so that the next clone finds it. */
export const engineHome = join(cache, "docker");

/** Its programs, as Debian's packages have them. */
export const programs = join(engineHome, "engine");

export const NONE_ANSWERS = "No Docker engine with compose and buildx answers. Start yours, or name it in DOCKER_HOST";

/** There can be no engine here; the message says why, and what to do. */
export class NotHere extends Error {}

/**
 * Runs the docker command line: the machine's own, or the one that came with our engine.
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env] added to our own
 * @param {{ input?: Buffer, inherit?: boolean, timeout?: number }} [options] timeout in milliseconds
 */
export function docker(args, env = {}, { input, inherit = false, timeout = 600_000 } = {}) {
  const own = join(programs, "usr/bin/docker");
  const command = env.DOCKER_CONFIG && existsSync(own) ? own : "docker";
  return spawnSync(command, args, {
    env: { ...process.env, ...env },
    encoding: "utf8",
    timeout,
    maxBuffer: 64 << 20,
    ...(input && { input }),
    stdio: [input ? "pipe" : "ignore", inherit ? 2 : "pipe", inherit ? 2 : "pipe"],
  });
}
