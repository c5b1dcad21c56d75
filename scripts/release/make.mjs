// Everything that a release consists of, in .state/release/<version>: packages, bill of materials, notes, the entry for the MCP registry,
// checksums. Nothing leaves the machine.
// Usage: node make.mjs --images <registry/owner> --name <io.github.owner/shardgate> [--build]
//   --build  also builds the images under their tags (docker), for the platform of this machine
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { run } from "../lib/child.mjs";
import { housePrograms } from "../lib/bundle.mjs";
import { pnpm } from "../lib/install.mjs";
import { must } from "../lib/must.mjs";
import { root } from "../lib/workspace.mjs";
import { imageTags, notesOf, serverJson } from "./describe.mjs";
import { packCreateShard } from "./pack-create-shard.mjs";
import { packSdk } from "./pack-sdk.mjs";

const text = /** @type {const} */ ({ type: "string" });
const { values } = parseArgs({ options: { images: text, name: text, build: { type: "boolean", default: false } } });
const { images, name, build } = values;
if (!images || !name) {
  console.error(
    "Usage: node scripts/release/make.mjs --images ghcr.io/owner --name io.github.owner/shardgate [--build]",
  );
  process.exit(2);
}

const { version, description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folder = join(root, ".state/release", version);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const write = (/** @type {string} */ file, /** @type {string} */ content) => writeFileSync(join(folder, file), content);

const notes = notesOf(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version);
write("notes.md", `${notes}\n`);
await packSdk(join(folder, `shard-sdk-${version}.tgz`));
await packCreateShard(join(folder, `create-shard-${version}.tgz`));
write("sbom.cdx.json", must("npx", ["--yes", pnpm, "sbom", "--sbom-format", "cyclonedx", "--prod"], { cwd: root }));
write(
  "server.json",
  `${JSON.stringify(serverJson({ name, image: `${images}/gateway`, version, description }), undefined, 2)}\n`,
);

const revision = must("git", ["rev-parse", "HEAD"], { cwd: root }).trim();
const builds = housePrograms().map(({ entry }) => {
  const path = dirname(dirname(entry));
  const image = `${images}/${path.split("/").at(-1)}`;
  const tags = imageTags(version).flatMap((tag) => ["--tag", `${image}:${tag}`]);
  const settings = [`PACKAGE=${path}`, `VERSION=${version}`, `REVISION=${revision}`].flatMap((one) => [
    "--build-arg",
    one,
  ]);
  // The registry finds by this label that the image belongs to the entry.
  const label = path === "packages/gateway" ? ["--label", `io.modelcontextprotocol.server.name=${name}`] : [];
  return ["build", ...settings, ...label, ...tags, "."];
});
write("images.sh", `${["#!/bin/sh", "set -e", ...builds.map((one) => `docker ${one.join(" ")}`)].join("\n")}\n`);
for (const one of build ? builds : []) {
  const code = await run("docker", one, { cwd: root });
  if (code !== 0) throw new Error(`docker ${one.join(" ")} ended with ${code}`);
}

const sums = readdirSync(folder).map((file) => {
  const sum = createHash("sha256")
    .update(readFileSync(join(folder, file)))
    .digest("hex");
  return `${sum}  ${file}\n`;
});
write("SHA256SUMS", sums.join(""));
console.log(`${folder}\n${sums.join("")}`);
