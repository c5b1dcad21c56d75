// `npm run shard -- <name>`: one shard from its sources, until Ctrl-C. Its settings come from the environment, or from shards/<name>/.env.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./lib/child.mjs";
import { root } from "./lib/workspace.mjs";

const [name = "", ...args] = process.argv.slice(2);
const folder = join(root, "shards", name);
const entry = join(folder, "src/main.ts");
if (/^[a-z0-9-]+$/.test(name) && existsSync(entry)) {
  const env = join(folder, ".env");
  process.exitCode = await run(process.execPath, [`--env-file-if-exists=${env}`, entry, ...args]);
} else {
  console.error(
    `There is no shard ${JSON.stringify(name)}. There are: ${readdirSync(join(root, "shards")).join(", ")}.`,
  );
  process.exitCode = 2;
}
