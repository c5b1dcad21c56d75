// Usage: node python-tools.mjs <name>: prints the folder with the programs of a set of Python packages, in an environment of its own
// outside the clone. It is made in continuous integration, or where --install is given. Exit code 3: it is not here, and why.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./lib/cache.mjs";

/** @type {Readonly<Record<string, readonly string[]>>} */
const sets = {
  schemathesis: ["schemathesis==4.32.5"],
  fastmcp: ["fastmcp==4.0.10"],
  // As it has to be installed to start at all.
  mcpo: ["mcpo==0.0.20", "mcp<2", "fastapi<0.145", "mcp-server-time==2026.10.10"],
};

const [name = "", flag] = process.argv.slice(2);
const packages = sets[name];
if (packages === undefined) throw new Error(`Usage: node python-tools.mjs ${Object.keys(sets).join("|")} [--install]`);
const home = join(cache, "python", name);
const bin = join(home, "bin");

/**
 * @param {string} why
 * @returns {never}
 */
function missing(why) {
  console.error(why);
  process.exit(3);
}

if (!existsSync(join(home, ".done"))) {
  if (process.env.CI === undefined && flag !== "--install") {
    missing(`${name} is not installed; node scripts/python-tools.mjs ${name} --install does that`);
  }
  const python = ["python3", "python"].find((one) => spawnSync(one, ["-c", "import venv"]).status === 0);
  if (python === undefined) missing(`${name} needs Python 3 with venv`);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  for (const [command, args] of /** @type {const} */ ([
    [python, ["-m", "venv", home]],
    [join(bin, "pip"), ["install", "--quiet", "--disable-pip-version-check", ...packages]],
  ])) {
    const { status, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 5 * 60_000 });
    if (status !== 0) missing(`${name} could not be installed: ${stderr.trim().split("\n").at(-1)}`);
  }
  mkdirSync(join(home, ".made"));
  renameSync(join(home, ".made"), join(home, ".done"));
}
console.log(bin);
