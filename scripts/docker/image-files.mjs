// Usage: node image-files.mjs <folder>: bundles the programs of the house and lays out what their images hold, each under its package's path.
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundlePrograms, filesOf, housePrograms } from "../lib/bundle.mjs";
import { root } from "../lib/workspace.mjs";

const target = process.argv[2];
if (!target) throw new Error("Usage: node image-files.mjs <folder>");

await bundlePrograms();
for (const program of housePrograms()) {
  const made = join(root, dirname(program.outfile));
  const folder = join(target, dirname(dirname(program.entry)));
  const [main = "", ...others] = filesOf(program);
  const renamed = { [main]: "main.mjs", [`${main}.LEGAL.txt`]: "LEGAL.txt" };
  for (const file of [main, ...others]) {
    const copy = join(folder, renamed[file] ?? file);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(join(made, file), copy);
  }
  copyFileSync(join(root, "scripts/docker/healthcheck.mjs"), join(folder, "healthcheck.mjs"));
}
