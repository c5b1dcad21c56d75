// Bundles the programs that people run, each into one file and what is loaded when it is needed: docs/decisions/2026-11-21-bundles-for-running.md says why and what it saves.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { root } from "./workspace.mjs";

/**
 * @typedef {{ entry: string, outfile: string, beside?: Readonly<Record<string, string>> }} Program paths relative to the root; `beside` are
 * files that the program reads, by where they go beside the bundle
 */

/** @satisfies {import("esbuild").BuildOptions} */
const options = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // What is imported when it is needed is a file of its own, which costs nothing until then.
  splitting: true,
  outExtension: { ".js": ".mjs" },
  // Some dependencies are CommonJS and ask for these at run time.
  banner: {
    js: [
      'import { createRequire as __createRequire } from "node:module";',
      "const require = __createRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;",
    ].join("\n"),
  },
  // Half the text, which V8 keeps in memory; names stay, so that a stack trace can be read. `--enable-source-maps` gives it true lines.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 160,
  sourcemap: "linked",
  legalComments: "linked",
  metafile: true,
  logLevel: "silent",
};

/** A program that runs may yet load a part of the bundle it was started from, so parts of earlier ones stay for this long, in milliseconds. */
const KEEP_PARTS_MS = 24 * 60 * 60 * 1000;

/**
 * The programs of the house: the gateway and every shard.
 * @returns {Program[]}
 */
export function housePrograms() {
  const shards = readdirSync(join(root, "shards")).map((name) => ({
    entry: `shards/${name}/src/main.ts`,
    outfile: `shards/${name}/dist/main.mjs`,
  }));
  const pages = "packages/gateway/node_modules/swagger-ui-dist";
  const gateway = {
    entry: "packages/gateway/src/main.ts",
    outfile: "packages/gateway/dist/shardgate.mjs",
    beside: Object.fromEntries(
      ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"].map((name) => [
        `swagger-ui/${name}`,
        `${pages}/${name}`,
      ]),
    ),
  };
  return [gateway, ...shards].filter(({ entry }) => existsSync(join(root, entry)));
}

/** @param {string} file */
const digest = (file) =>
  createHash("sha256")
    .update(readFileSync(join(root, file)))
    .digest("hex");

/**
 * What a bundle depends on besides our own sources: how it is made and, through the lockfile, every dependency and esbuild itself.
 * @param {Program} program
 */
const recipe = (program) =>
  createHash("sha256")
    .update(JSON.stringify([options, program]))
    .update(digest("pnpm-lock.yaml"))
    .digest("hex");

/** @param {Program} program */
const stampOf = ({ outfile }) => join(root, `${outfile}.inputs.json`);

/**
 * What a bundle consists of, once it is made: its main file first, then all that it needs beside it.
 * @param {Program} program
 * @returns {string[]} paths relative to the folder of the main file
 */
export function filesOf(program) {
  const { outputs } = JSON.parse(readFileSync(stampOf(program), "utf8"));
  return [...outputs, ...Object.keys(program.beside ?? {})];
}

/** @param {Program} program */
function isCurrent(program) {
  const stamp = stampOf(program);
  if (!existsSync(stamp)) return false;
  const made = JSON.parse(readFileSync(stamp, "utf8"));
  if (made.recipe !== recipe(program)) return false;
  const folder = join(root, dirname(program.outfile));
  if (!made.outputs.every((/** @type {string} */ file) => existsSync(join(folder, file)))) return false;
  return Object.entries(made.inputs).every(([file, hash]) => existsSync(join(root, file)) && digest(file) === hash);
}

/**
 * @param {typeof import("esbuild")} esbuild
 * @param {Program} program
 */
async function bundle(esbuild, program) {
  rmSync(stampOf(program), { force: true });
  const folder = dirname(program.outfile);
  const main = basename(program.outfile);
  const entry = { absWorkingDir: root, entryPoints: { [main.replace(/\.mjs$/, "")]: program.entry }, outdir: folder };
  const result = await esbuild.build({ ...options, ...entry }).catch((error) => {
    throw new Error(`${program.entry} could not be bundled:\n${error.message}`);
  });
  for (const [name, file] of Object.entries(program.beside ?? {})) {
    const copy = join(root, folder, name);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(join(root, file), copy);
  }
  const made = Object.keys(result.metafile.outputs).map((file) => basename(file));
  const outputs = [main, ...made.filter((file) => file !== main && !file.endsWith(".map")).toSorted()];
  const ours = Object.keys(result.metafile.inputs).filter((file) => !file.includes("node_modules/"));
  const inputs = Object.fromEntries(ours.map((file) => [file, digest(file)]));
  writeFileSync(stampOf(program), JSON.stringify({ recipe: recipe(program), inputs, outputs }));
  removeOldParts(join(root, folder), new Set(made));
}

/**
 * @param {string} folder
 * @param {ReadonlySet<string>} current names of the files that are not old
 */
function removeOldParts(folder, current) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const isPart = /-[0-9A-Z]{8}\.mjs(\.|$)/.test(name) && !current.has(name);
    if (isPart && Date.now() - statSync(path).mtimeMs > KEEP_PARTS_MS) rmSync(path);
  }
}

/**
 * Makes the bundles that are missing or older than their sources.
 * @param {readonly Program[]} [programs]
 * @returns {Promise<string[]>} the files made; throws with esbuild's diagnostics when one cannot be
 */
export async function bundlePrograms(programs = housePrograms()) {
  const stale = programs.filter((program) => !isCurrent(program));
  if (stale.length === 0) return [];
  const files = stale.map(({ outfile }) => outfile);
  console.log(`Setting up: bundling ${files.join(", ")}.`);
  // Only now: this file is loaded before anything is installed.
  const esbuild = await import("esbuild");
  try {
    await Promise.all(stale.map((program) => bundle(esbuild, program)));
  } finally {
    // Its own process would stay as long as ours.
    await esbuild.stop();
  }
  return files;
}
