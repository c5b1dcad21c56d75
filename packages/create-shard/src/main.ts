import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createShard } from "./create-shard.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
// As an installed package we carry the template; in the repository it is where it is developed.
const isPackage = existsSync(here("../template/package.json"));
const root = here("../../..");

process.exitCode = await createShard(process.argv.slice(2), {
  templateDir: isPackage ? here("../template") : `${root}/template`,
  repository: isPackage ? undefined : root,
  sdk: isPackage ? here("../shard-sdk.tgz") : resolve(root, ".state/shard-sdk.tgz"),
  // npm starts scripts at the root of the repository, and says here where it was itself started.
  cwd: process.env["INIT_CWD"] ?? process.cwd(),
  isTerminal: process.stdin.isTTY && process.stdout.isTTY,
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  run: (command, args, cwd) => spawnSync(command, args, { cwd, stdio: ["ignore", 2, 2] }).status ?? 1,
  fetch,
});
