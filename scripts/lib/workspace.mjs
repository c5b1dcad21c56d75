// Where things are in this repository. Runs before anything is installed: Node 20 and its own modules only.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder, absolute. */
export const root = resolve(fileURLToPath(new URL("../..", import.meta.url)));

/** The Node that the repository brings along (devDependency `node`), at the place where pnpm links it. */
export const ownNode = join(root, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");

/**
 * The folders of all workspace packages relative to the root, the root itself first, from pnpm-workspace.yaml's `packages:` list.
 * (Only names and `folder/*` occur there; a YAML parser is not installed yet when this is asked.)
 * @returns {string[]}
 */
export function workspaceFolders() {
  const yaml = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  const list = /^packages:\n((?:[ ]+- .*\n)+)/m.exec(yaml)?.[1] ?? "";
  const folders = [...list.matchAll(/- (.+)\n/g)].flatMap(([, pattern = ""]) => {
    if (!pattern.endsWith("/*")) return [pattern];
    const parent = pattern.slice(0, -2);
    return existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`) : [];
  });
  return [".", ...folders.filter((folder) => existsSync(join(root, folder, "package.json"))).toSorted()];
}
