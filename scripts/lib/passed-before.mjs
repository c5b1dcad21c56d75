// What passed with these very files need not run again. A result is kept in the clone, so that a new clone runs everything.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, workspaceFolders } from "./workspace.mjs";

/** @typedef {import("./vitest-summary.mjs").Summary} Summary */
/** @typedef {{ key: string, at: string, summary: Summary }} Passed `at` is an ISO date and time */

/** The packages whose tests a project has, where it can see nothing else of the repository than these and what they depend on. */
const packagesOf = /** @type {Readonly<Record<string, readonly string[]>>} */ ({
  traefik: ["shards/traefik", "packages/traefik-sim"],
});

/** Variables that change what a test does, or which programs it finds. */
const SEEN_OF_ENV = /^(PATH|HOME|XDG_|DOCKER_|TRAEFIK_|SHARDGATE_|AGREEMENT_SEED$|UPDATE_README$|SCREENSHOTS$)/;

/** @param {string} project */
const fileOf = (project) => join(root, "node_modules/.cache/passed", `${project.replace("*", "")}.json`);

/**
 * Folders of packages and of all packages of the workspace that they depend on, relative to the root.
 * @param {readonly string[]} folders
 */
function withDependencies(folders) {
  const manifestOf = (/** @type {string} */ folder) =>
    JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const byName = new Map(workspaceFolders().map((folder) => [manifestOf(folder).name, folder]));
  const all = new Set(folders);
  for (const folder of all) {
    const { dependencies, devDependencies } = manifestOf(folder);
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      const dependency = byName.get(name);
      if (dependency !== undefined) all.add(dependency);
    }
  }
  return [...all];
}

/**
 * What a project's tests can see of the repository, for git.
 * @param {string} project
 */
export function pathsOf(project) {
  const own = packagesOf[project];
  // The files at the root say what is installed and how tests run.
  return own ? [":(glob)*", "scripts", ...withDependencies(own)] : ["."];
}

/**
 * Names everything that tests can see: files that git knows or would take, and of the machine what usually changes.
 * @param {readonly string[]} paths see {@link pathsOf}
 * @param {NodeJS.ProcessEnv} env
 * @param {string} [clone]
 * @returns {string | undefined} undefined outside of a clone
 */
export function keyOf(paths, env, clone = root) {
  const hash = createHash("sha256");
  try {
    const options = { cwd: clone, stdio: /** @type {["ignore", "pipe", "ignore"]} */ (["ignore", "pipe", "ignore"]) };
    const listed = execFileSync(
      "git",
      ["ls-files", "-z", "--cached", "--others", "--exclude-standard", ...paths],
      options,
    );
    for (const path of new Set(listed.toString().split("\0").filter(Boolean).toSorted())) {
      const digest = createHash("sha256").update(readFileSync(join(clone, path)));
      hash.update(`${path}\0${digest.digest("hex")}\0`);
    }
  } catch {
    // No git, no clone, or a file that is deleted and not yet committed: run.
    return undefined;
  }
  const seen = Object.entries(env).filter(([name]) => SEEN_OF_ENV.test(name));
  hash.update(JSON.stringify([process.version, process.arch, seen.toSorted()]));
  return hash.digest("hex");
}

/**
 * @param {string} project
 * @param {string | undefined} key
 * @returns {Passed | undefined} the last run of the project, when all of it passed with this key
 */
export function passedBefore(project, key) {
  try {
    /** @type {Passed} */
    const passed = JSON.parse(readFileSync(fileOf(project), "utf8"));
    return key !== undefined && passed.key === key ? passed : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps a run in which all passed, and forgets an earlier one where not.
 * @param {string} project
 * @param {string | undefined} key
 * @param {Summary | undefined} summary undefined: not all of it passed
 */
export function keepPassed(project, key, summary) {
  const file = fileOf(project);
  if (key === undefined || summary === undefined) return rmSync(file, { force: true });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(/** @type {Passed} */ ({ key, at: new Date().toISOString(), summary })));
}
