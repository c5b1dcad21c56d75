// `npm run new-shard -- <name>`: makes a shard from the template, then installs and formats it, so that it is ready to run.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./lib/child.mjs";
import { install } from "./lib/install.mjs";
import { must } from "./lib/must.mjs";
import { root } from "./lib/workspace.mjs";
import { packSdk } from "./release/pack-sdk.mjs";

const args = process.argv.slice(2);
const shards = () => readdirSync(join(root, "shards"));

const before = new Set(shards());
// A project of its own takes the SDK along.
if (args.includes("--stand-alone")) await packSdk(join(root, ".state/shard-sdk.tgz"));
const code = await run(process.execPath, [join(root, "packages/create-shard/bin/create-shard.mjs"), ...args], {
  cwd: root,
});
const made = shards().filter((name) => !before.has(name));
if (code === 0 && made.length > 0) {
  if (!args.includes("--no-install")) await install({ frozen: false });
  must(join(root, "node_modules/.bin/oxfmt"), ["--write", ...made.map((name) => join("shards", name))], { cwd: root });
}
process.exitCode = code;
