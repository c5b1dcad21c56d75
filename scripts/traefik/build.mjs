// Makes a real Traefik for tests, from its Go module, because no package registry carries one.
// Usage: node build.mjs [--cached]
//   The last line on stdout is the binary's path. Exit code 3: it cannot be made here, the reason is on stderr.
//   --cached  only look: exit code 3 when it is not there yet.
// Environment: TRAEFIK_BIN (a binary of your own, used as it is), SHARDGATE_CACHE (default ${XDG_CACHE_HOME:-~/.cache}/shardgate).
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { withLock } from "../lib/lock.mjs";
import { root } from "../lib/workspace.mjs";

const moduleDir = join(root, "tools/traefik");
const packagePath = "github.com/traefik/traefik/v3/cmd/traefik";
const goMod = readFileSync(join(moduleDir, "go.mod"), "utf8");
const version = first(/github\.com\/traefik\/traefik\/v3 v([\d.]+)/);
const goNeeded = first(/^go ([\d.]+)/m);

/** Ends the script with exit code 3 and a reason. */
class CannotBuild extends Error {}

/** @param {RegExp} pattern */
function first(pattern) {
  const found = pattern.exec(goMod)?.[1];
  if (found === undefined) throw new Error(`${join(moduleDir, "go.mod")} does not match ${pattern}`);
  return found;
}

function binaryPath() {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const cache = process.env["SHARDGATE_CACHE"] || join(base, "shardgate");
  return resolve(cache, `traefik-${version}`, process.platform === "win32" ? "traefik.exe" : "traefik");
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Looks for Go on PATH, then where its installer puts it. */
function findGo() {
  // Asked inside the module, so that Go may choose another toolchain by go.mod, as it does for a build.
  const candidates = ["go", "/usr/local/go/bin/go"];
  for (const go of candidates) {
    const asked = spawnSync(go, ["env", "GOVERSION"], { cwd: moduleDir, encoding: "utf8" });
    if (asked.error) continue;
    const found = /go([\d.]+)/.exec(asked.stdout)?.[1];
    if (asked.status === 0 && found && !isOlder(found, goNeeded)) return go;
    const said = found ? `Go ${found} is too old` : `Go cannot be used (${asked.stderr.trim().split("\n").at(-1)})`;
    throw new CannotBuild(`${said}: Traefik ${version} needs Go ${goNeeded} or newer (https://go.dev/dl).`);
  }
  throw new CannotBuild(`Go is not installed: Traefik ${version} needs Go ${goNeeded} or newer (https://go.dev/dl).`);
}

/**
 * @param {string} found
 * @param {string} than
 */
function isOlder(found, than) {
  const [a, b] = [found, than].map((text) => text.split(".").map(Number));
  for (const [index, part] of (b ?? []).entries()) {
    const difference = (a?.[index] ?? 0) - part;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * @param {string} go
 * @param {string} target
 */
async function build(go, target) {
  const partial = `${target}.${process.pid}.partial`;
  mkdirSync(dirname(target), { recursive: true });
  console.error(
    `Building Traefik ${version} once: about 10 minutes of processor time and 4 GB in Go's caches. It stays in ${dirname(target)}.`,
  );
  // Read-only: the committed go.mod and go.sum are complete, so a build never touches them.
  const args = ["build", "-v", "-mod=readonly", "-trimpath", "-buildvcs=false"];
  args.push(
    "-ldflags",
    `-s -w -X github.com/traefik/traefik/v3/pkg/version.Version=${version}`,
    "-o",
    partial,
    packagePath,
  );
  const started = Date.now();
  /** @type {string[]} */
  const output = [];
  let packages = 0;
  const child = spawn(go, args, {
    cwd: moduleDir,
    env: { ...process.env, CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
    const lines = text.split("\n").filter((line) => line !== "");
    packages += lines.length;
    output.push(...lines);
    output.splice(0, output.length - 20);
  });
  const ticker = setInterval(() => {
    console.error(
      `  ${Math.round((Date.now() - started) / 1000)} s: ${packages} steps, last ${output.at(-1) ?? "none yet"}`,
    );
  }, 15_000);
  try {
    const code = await new Promise((done, fail) => child.on("error", fail).on("close", done));
    if (code !== 0) throw new CannotBuild(`go build ended with code ${code}:\n${output.join("\n")}`);
    renameSync(partial, target);
  } finally {
    clearInterval(ticker);
    rmSync(partial, { force: true });
  }
}

async function main() {
  const own = process.env["TRAEFIK_BIN"];
  if (own) {
    if (!isExecutable(own)) throw new CannotBuild(`TRAEFIK_BIN is ${own}, but there is no program there.`);
    return resolve(own);
  }
  const target = binaryPath();
  if (isExecutable(target)) return target;
  if (process.argv.includes("--cached")) {
    throw new CannotBuild(
      `No Traefik at ${target}: build one with \`node scripts/traefik/build.mjs\` (needs Go ${goNeeded}), or set TRAEFIK_BIN.`,
    );
  }
  const go = findGo();
  await withLock(
    `${target}.lock`,
    async () => {
      if (!existsSync(target)) await build(go, target);
    },
    60 * 60_000,
  );
  return target;
}

try {
  console.log(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof CannotBuild ? 3 : 1;
}
