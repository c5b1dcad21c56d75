import { spawnSync } from "node:child_process";

/**
 * Runs a program to its end and gives what it wrote on stdout.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnSyncOptions} [options]
 * @throws Error with its last words when it fails
 */
export function must(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 << 20, ...options });
  if (done.status === 0) return String(done.stdout ?? "");
  const said = `${done.stderr || done.stdout || done.error || ""}`.trim().split("\n").slice(-5).join("\n");
  throw new Error(`${command} ${args[0] ?? ""} failed: ${said}`);
}
