// `npm run e2e:openwebui`: the tests with the real Open WebUI, which is installed when it is not there yet, and with its model.
// Further arguments go to vitest. SCREENSHOTS=<folder> keeps pictures of the page.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { run } from "./lib/child.mjs";
import { root } from "./lib/workspace.mjs";
import { releases } from "./open-webui.mjs";

for (const release of releases) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/open-webui.mjs"), release, "--install"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  // What is missing was said; the tests that need it say it again and are skipped.
  if (status !== 0 && status !== 3) process.exit(status ?? 1);
}
const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project=e2e", "e2e/open-webui"];
process.exitCode = await run(process.execPath, [...vitest, ...process.argv.slice(2)], { cwd: root });
