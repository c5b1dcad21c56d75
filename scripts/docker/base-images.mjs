// The base images that our Dockerfiles name: pulled, or, where no image registry answers, stand-ins from Debian's packages and npm's `node`.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { docker, engineHome, programs } from "./engine-home.mjs";
import { must } from "../lib/must.mjs";
import { debian } from "./own-engine.mjs";

const NODE = "node:24-bookworm-slim";
const DEBIAN = "debian:bookworm-slim";
/** Stand-ins carry it and are never pushed anywhere. */
const STAND_IN = "shardgate.stand-in";
const PULL_PATIENCE = 90_000;

/** Certificates that the machine trusts besides the usual ones: what is fetched while an image is built meets them too. */
const trusted = "/usr/local/share/ca-certificates";

/** @param {Record<string, string>} env */
export async function baseImages(env) {
  const have = (/** @type {string} */ tag) => docker(["image", "inspect", tag], env).status === 0;
  if (have(NODE) || docker(["pull", "-q", NODE], env, { timeout: PULL_PATIENCE }).status === 0) return;
  console.error("No image registry answers: making stand-ins for the base images, about a minute, this once.");
  if (!have(DEBIAN)) debianImage(env);
  nodeImage(env);
}

/** @param {Record<string, string>} env */
function debianImage(env) {
  const { mirror } = debian();
  const root = mkdtempSync(join(engineHome, "root-"));
  // dpkg syncs every file: half the time in memory.
  const inMemory = spawnSync("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", root]).status === 0;
  try {
    must(join(programs, "usr/sbin/debootstrap"), ["--variant=minbase", "bookworm", root, mirror], {
      env: { ...process.env, DEBOOTSTRAP_DIR: join(programs, "usr/share/debootstrap") },
    });
    for (const folder of [
      "var/cache/apt/archives",
      "var/lib/apt/lists",
      "usr/share/doc",
      "usr/share/man",
      "usr/share/locale",
    ]) {
      for (const name of readdirSync(join(root, folder)))
        rmSync(join(root, folder, name), { recursive: true, force: true });
    }
    const variables = trust(root);
    const changes = [`LABEL ${STAND_IN}=debian`, 'CMD ["bash"]', ...variables].flatMap((line) => ["--change", line]);
    const archive = spawnSync("tar", ["-C", root, "-c", "."], { maxBuffer: 1 << 30 });
    const made = docker(["import", ...changes, "-", DEBIAN], env, { input: archive.stdout });
    if (made.status !== 0) throw new Error(`${DEBIAN} could not be imported: ${made.stderr}`);
  } finally {
    if (inMemory) must("umount", ["-l", root]);
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * Gives the image the machine's certificates. Node has a bundle of its own and is told by a variable.
 * @param {string} root
 */
function trust(root) {
  const names = existsSync(trusted) ? readdirSync(trusted).filter((name) => name.endsWith(".crt")) : [];
  if (names.length === 0) return [];
  mkdirSync(join(root, trusted), { recursive: true });
  for (const name of names) copyFileSync(join(trusted, name), join(root, trusted, name));
  const all = names.map((name) => readFileSync(join(trusted, name), "utf8")).join("\n");
  writeFileSync(join(root, trusted, "machine.pem"), all);
  return [`ENV NODE_EXTRA_CA_CERTS=${trusted}/machine.pem`];
}

const ENTRYPOINT = `#!/bin/sh
set -e
# As in the image it stands in for: an option or an unknown command is given to node.
if [ "\${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ]; then set -- node "$@"; fi
exec "$@"
`;

/** @param {string} version */
const dockerfile = (version) => `FROM ${DEBIAN}
LABEL ${STAND_IN}=node
ENV NODE_VERSION=${version}
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY node docker-entrypoint.sh /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
RUN cd /usr/local/bin && chmod 755 docker-entrypoint.sh && ln -s node nodejs \\
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js npx && node -v && npm -v
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
`;

/** @param {Record<string, string>} env */
function nodeImage(env) {
  const folder = mkdtempSync(join(engineHome, "node-"));
  try {
    writeFileSync(join(folder, "package.json"), "{}");
    must("npm", ["install", "--no-fund", "--no-audit", "node@24.21.0", "npm@11"], { cwd: folder });
    const node = join(folder, "node_modules/node/bin/node");
    const context = join(folder, "context");
    mkdirSync(context);
    copyFileSync(node, join(context, "node"));
    cpSync(join(folder, "node_modules/npm"), join(context, "npm"), { recursive: true });
    writeFileSync(join(context, "docker-entrypoint.sh"), ENTRYPOINT);
    writeFileSync(join(context, "Dockerfile"), dockerfile(must(node, ["-p", "process.versions.node"]).trim()));
    const built = docker(["build", "-q", "-t", NODE, context], env);
    if (built.status !== 0) throw new Error(`${NODE} could not be built: ${built.stderr}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
