// Makes a clone ready to run: dependencies installed, programs bundled. Quick and silent when there is nothing to do.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlePrograms } from "./lib/bundle.mjs";
import { install } from "./lib/install.mjs";
import { withLock } from "./lib/lock.mjs";
import { root } from "./lib/workspace.mjs";

/** Installs and bundles what is missing or out of date; throws with the reason and what to do when it cannot. */
export async function setup() {
  return await withLock(join(root, ".state/setup.lock"), async () => {
    const installed = await install();
    const bundled = await bundlePrograms();
    return installed || bundled.length > 0;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (!(await setup())) console.log("Set up already: nothing to do.");
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
