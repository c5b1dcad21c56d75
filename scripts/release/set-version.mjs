// Usage: node set-version.mjs <version>: gives every package that version, and what was unreleased in the changelog its section.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/workspace.mjs";
import { VERSION, withRelease } from "./describe.mjs";

const version = process.argv[2] ?? "";
if (!VERSION.test(version)) {
  console.error("Usage: node scripts/release/set-version.mjs <version, such as 1.2.3 or 1.2.3-rc.1>");
  process.exit(2);
}

/**
 * @param {string} path
 * @param {(text: string) => string} change
 */
function edit(path, change) {
  const file = join(root, path);
  const before = readFileSync(file, "utf8");
  const after = change(before);
  if (before === after) return;
  writeFileSync(file, after);
  console.log(path);
}

for (const path of ["package.json", ...globSync("{packages,shards}/*/package.json", { cwd: root })]) {
  edit(path, (text) => text.replace(/^ {2}"version": ".*",$/m, `  "version": "${version}",`));
}
edit("Dockerfile", (text) => text.replace(/^ARG VERSION=.*$/m, `ARG VERSION=${version}`));
edit("CHANGELOG.md", (text) => withRelease(text, version, new Date().toISOString().slice(0, 10)));
