import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundlePrograms, filesOf } from "../lib/bundle.mjs";
import { must } from "../lib/must.mjs";
import { root } from "../lib/workspace.mjs";
import { packSdk } from "./pack-sdk.mjs";

const source = join(root, "packages/create-shard");
const program = { entry: "packages/create-shard/src/main.ts", outfile: "packages/create-shard/dist/main.mjs" };

/**
 * Packs create-shard as people run it without this repository (`npm create`): one file, the template, and the packed SDK.
 * @param {string} target path of the .tgz
 */
export async function packCreateShard(target) {
  await bundlePrograms([program]);
  mkdirSync(join(root, ".state"), { recursive: true });
  const folder = mkdtempSync(join(root, ".state/create-shard-"));
  try {
    const { name, version, description, license, type, bin } = JSON.parse(
      readFileSync(join(source, "package.json"), "utf8"),
    );
    // Everything is in the bundle.
    const manifest = { name, version, description, license, type, bin, engines: { node: ">=20" } };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2));
    for (const path of ["README.md", "bin"]) cpSync(join(source, path), join(folder, path), { recursive: true });
    cpSync(join(root, "LICENSE"), join(folder, "LICENSE"));
    mkdirSync(join(folder, "dist"));
    for (const file of filesOf(program)) cpSync(join(root, dirname(program.outfile), file), join(folder, "dist", file));
    cpSync(join(root, "template"), join(folder, "template"), {
      recursive: true,
      filter: (path) => !/[\\/](node_modules|dist)$/.test(path),
    });
    await packSdk(join(root, ".state/shard-sdk.tgz"));
    cpSync(join(root, ".state/shard-sdk.tgz"), join(folder, "shard-sdk.tgz"));
    const [packed] = JSON.parse(must("npm", ["pack", "--json", "--ignore-scripts"], { cwd: folder }));
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(folder, packed.filename), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    // In the repository the sources run.
    rmSync(dirname(join(root, program.outfile)), { recursive: true, force: true });
  }
}
