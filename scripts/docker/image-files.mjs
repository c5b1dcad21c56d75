// Usage: node image-files.mjs <folder>: bundles the programs of the house and lays out what their images hold, each under its package's path.
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundlePrograms, housePrograms } from "../lib/bundle.mjs";
import { root } from "../lib/workspace.mjs";

const target = process.argv[2];
if (!target) throw new Error("Usage: node image-files.mjs <folder>");

await bundlePrograms();
for (const { entry, outfile, beside = {} } of housePrograms()) {
  const folder = join(target, dirname(dirname(entry)));
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(root, outfile), join(folder, "main.mjs"));
  copyFileSync(join(root, `${outfile}.LEGAL.txt`), join(folder, "LEGAL.txt"));
  for (const name of Object.keys(beside)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(join(root, dirname(outfile), name), join(folder, name));
  }
  copyFileSync(join(root, "scripts/docker/healthcheck.mjs"), join(folder, "healthcheck.mjs"));
}
