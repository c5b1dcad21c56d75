// Usage: node with-setup.mjs <script> [arguments]. Sets up what is missing, then runs the script under the Node that the repository
// brings along, so that an old system Node is no obstacle.
import { join, resolve } from "node:path";
import { run } from "./lib/child.mjs";
import { ownNode, root } from "./lib/workspace.mjs";
import { setup } from "./setup.mjs";

const [script = "", ...args] = process.argv.slice(2);
try {
  await setup();
  const command = ["--import", join(root, "scripts/lib/exit-with-parent.mjs"), resolve(root, script), ...args];
  process.exitCode = await run(ownNode, command, { cwd: root, stdio: ["inherit", "inherit", "inherit", "ipc"] });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
