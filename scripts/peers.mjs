// Usage: node peers.mjs <name> [--install]: prints the program of a published gateway that the bench compares with, installed once
// outside the clone. It is installed where --install is given. Exit code 3: it is not here, and why.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./lib/cache.mjs";

/** @type {Readonly<Record<string, { npm: string, program: string } | { go: string, program: string }>>} */
const peers = {
  "mcp-proxy": { npm: "mcp-proxy@6.7.19", program: "mcp-proxy" },
  supergateway: { npm: "supergateway@4.0.0", program: "supergateway" },
  "mcp-hub": { npm: "mcp-hub@4.2.1", program: "mcp-hub" },
  "1mcp": { npm: "@1mcp/agent@0.35.0", program: "1mcp" },
  // Its releases are no module versions, so the newest that there is.
  tbxark: { go: "github.com/TBXark/mcp-proxy@latest", program: "mcp-proxy" },
};

const [name = "", flag] = process.argv.slice(2);
const peer = peers[name];
if (peer === undefined) throw new Error(`Usage: node peers.mjs ${Object.keys(peers).join("|")} [--install]`);
const home = join(cache, "peers", name);

/**
 * @param {string} why
 * @returns {never}
 */
function missing(why) {
  console.error(why);
  process.exit(3);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
function install(command, args, env = {}) {
  const done = spawnSync(command, args, {
    cwd: home,
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 10 * 60_000,
  });
  if (done.status === 0) return;
  const said = done.error?.message ?? done.stderr.split("\n").find((line) => /\S/.test(line)) ?? "it did not say why";
  missing(`${name} could not be installed: ${said}`);
}

if (!existsSync(join(home, ".done"))) {
  if (flag !== "--install") missing(`${name} is not installed; node scripts/peers.mjs ${name} --install does that`);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  if ("npm" in peer) {
    // Without a package.json of its own npm looks for one further up.
    writeFileSync(join(home, "package.json"), '{"private":true}');
    install("npm", ["install", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error", peer.npm]);
  } else install("go", ["install", peer.go], { GOBIN: join(home, "node_modules", ".bin") });
  mkdirSync(join(home, ".made"));
  renameSync(join(home, ".made"), join(home, ".done"));
}
console.log(join(home, "node_modules", ".bin", peer.program));
