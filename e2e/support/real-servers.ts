// Servers of others as they are published, fetched when first needed and kept outside the clone. Environment: SHARDGATE_CACHE as
// for the real Traefik.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const INSTALL_PATIENCE = 280_000;

/** Why something cannot be tried here. */
export interface Missing {
  readonly missing: string;
}

const cache = (): string => {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return process.env["SHARDGATE_CACHE"] || join(base, "shardgate");
};

/** @param name of the folder in the cache; @param steps commands that fill a folder, which is then put in its place whole */
function installed(name: string, steps: (folder: string) => readonly (readonly [string, readonly string[]])[]) {
  const folder = join(cache(), name);
  if (existsSync(folder)) return folder;
  process.stderr.write(`Installing servers of others into ${folder} (this once).\n`);
  mkdirSync(dirname(folder), { recursive: true });
  const scratch = mkdtempSync(`${folder}.`);
  try {
    for (const [command, args] of steps(scratch)) {
      const done = spawnSync(command, args, { encoding: "utf8", timeout: INSTALL_PATIENCE });
      if (done.status === 0) continue;
      const why = done.error?.message ?? done.stderr.trim().split("\n").slice(-3).join(" ");
      return { missing: `${command} ${args.slice(0, 3).join(" ")} …: ${why}` };
    }
    if (!existsSync(folder)) renameSync(scratch, folder);
    return folder;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const VERSION = "2026.8.31";
const npmPackages = ["everything", "filesystem", "memory"].map((name) => `@modelcontextprotocol/server-${name}`);

/** Gives the program of one of the reference servers on npm. */
export function npmServers(): ((name: "everything" | "filesystem" | "memory") => string) | Missing {
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1"];
  const folder = installed(`servers-npm-${VERSION}`, (prefix) => [
    ["npm", ["install", "--prefix", prefix, ...quiet, ...npmPackages.map((name) => `${name}@${VERSION}`)]],
  ]);
  if (typeof folder !== "string") return folder;
  return (name) => join(folder, "node_modules/@modelcontextprotocol", `server-${name}`, "dist/index.js");
}

const PYTHON_PACKAGES = ["mcp-server-time==2026.10.19", "fastmcp==4.1.2"];

/** Gives the Python that has the packages. The folder is no virtual environment, which could not be moved to its place. */
export function pythonServers(): { readonly python: string; readonly env: Readonly<Record<string, string>> } | Missing {
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"];
  const folder = installed("servers-pypi-2026-11", (target) => [
    ["python3", [...pip, "--target", target, ...PYTHON_PACKAGES]],
  ]);
  return typeof folder === "string" ? { python: "python3", env: { PYTHONPATH: folder } } : folder;
}
