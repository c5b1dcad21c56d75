// Installs the workspace's dependencies with a pnpm of its own, when they are not there yet or no longer the right ones.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.mjs";
import { ownNode, root, workspaceFolders } from "./workspace.mjs";

/** The pnpm that this repository brings along. */
export const pnpm = "pnpm@12.21.0";
const stamp = join(root, "node_modules/.shardgate-setup");
const npx = process.platform === "win32" ? "npx.cmd" : "npx";

/** What an installation depends on: the lockfile, the manifests, pnpm's version, and the kind of machine (a clone may be shared by two). */
function fingerprint() {
  const hash = createHash("sha256").update(`${pnpm} ${process.platform} ${process.arch}`);
  const manifests = workspaceFolders().map((folder) => join(folder, "package.json"));
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    hash.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** The first dependency of the workspace that is not where it should be; undefined when all are. */
function missingLink() {
  const links = workspaceFolders().flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    return names.map((name) => join(folder, "node_modules", name));
  });
  return [...links, ownNode.slice(root.length + 1)].find((link) => !existsSync(join(root, link)));
}

/** Why an installation is needed; undefined when it is not. */
function reason() {
  if (!existsSync(stamp)) return "the first time here, about half a minute";
  if (readFileSync(stamp, "utf8") !== fingerprint()) return "they have changed";
  const missing = missingLink();
  return missing && `${missing} is missing`;
}

/**
 * Makes node_modules match the lockfile; does nothing when it does already.
 * @param {{ frozen?: boolean }} [options] false: the lockfile follows the manifests, say for a package that was just made
 * @returns {Promise<boolean>} whether anything was done; throws with the reason and what to do when it cannot
 */
export async function install({ frozen = true } = {}) {
  const why = reason();
  if (!why) return false;
  console.log(`Setting up: installing the dependencies (${why}).`);
  // npx fetches one small thing: without a network, say so after seconds, not after a minute.
  const retries = ["--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=4000"];
  // A modules folder left by another package manager is replaced without asking: nobody may be there to answer.
  const args = [
    "--yes",
    ...retries,
    pnpm,
    "install",
    frozen ? "--frozen-lockfile" : "--no-frozen-lockfile",
    "--config.confirmModulesPurge=false",
  ];
  const code = await run(npx, args, { cwd: root, shell: process.platform === "win32" });
  if (code !== 0) throw new Error(await failure(code));
  const missing = missingLink();
  if (missing)
    throw new Error(`The installation ended well, but ${missing} is missing. Delete node_modules and try again.`);
  writeFileSync(stamp, fingerprint());
  return true;
}

/** @param {number} code */
async function failure(code) {
  const ping = spawnSync(npx.replace("npx", "npm"), ["ping", "--fetch-retries=0", "--fetch-timeout=5000"], {
    shell: process.platform === "win32",
    stdio: "ignore",
    timeout: 15_000,
  });
  const advice =
    ping.status === 0
      ? "The package registry answers, so the reason is in pnpm's own words above."
      : "The package registry does not answer (`npm ping` fails): the first set-up needs the network. " +
        "Check the connection, a proxy (`npm config get https-proxy`) and the registry (`npm config get registry`), then run the same command again.";
  return `The dependencies could not be installed (pnpm ended with ${code}). ${advice}`;
}
