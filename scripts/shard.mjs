// `npm run shard -- <name>`: one shard from its sources, until Ctrl-C. It registers itself at the house that `npm start` runs. Its settings
// come from the environment, or from shards/<name>/.env; GATEWAY_URL and GATEWAY_TOKEN name another gateway, GATEWAY_URL= none.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { announceToken } from "./lib/announce-token.mjs";
import { run } from "./lib/child.mjs";
import { root } from "./lib/workspace.mjs";

const [name = "", ...args] = process.argv.slice(2);
const folder = join(root, "shards", name);
const entry = join(folder, "src/main.ts");

if (/^[a-z0-9-]+$/.test(name) && existsSync(entry)) {
  const house = { GATEWAY_URL: "http://127.0.0.1:9100", GATEWAY_TOKEN: announceToken() };
  const isOtherHouse = process.env.GATEWAY_URL !== undefined;
  const env = join(folder, ".env");
  const command = [...(existsSync(env) ? [`--env-file=${env}`] : []), entry, ...args];
  process.exitCode = await run(process.execPath, command, { env: { ...(isOtherHouse ? {} : house), ...process.env } });
} else {
  console.error(
    `There is no shard ${JSON.stringify(name)}. There are: ${readdirSync(join(root, "shards")).join(", ")}.`,
  );
  process.exitCode = 2;
}
