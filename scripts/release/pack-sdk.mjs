// Packs the shard SDK as people outside this repository install it: JavaScript, types, and what it uses of our own packages inside.
// Usage: node pack-sdk.mjs <file.tgz>
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { globSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "../lib/must.mjs";
import { root } from "../lib/workspace.mjs";

const sdk = join(root, "packages/shard-sdk");
/** Ours, and no packages of their own outside. */
const inside = ["contract", "mcp-wire"];

/** @param {string} file */
const json = (file) => JSON.parse(readFileSync(file, "utf8"));

/** Exact versions: what the workspace calls `catalog:` means nothing outside. */
function versionsOf(/** @type {readonly string[]} */ names) {
  const installed = ["shard-sdk", ...inside].map((name) => join(root, "packages", name, "node_modules"));
  return Object.fromEntries(
    names.map((name) => {
      const folder = installed.map((one) => join(one, name)).find((one) => existsSync(one));
      return [name, json(join(folder ?? "", "package.json")).version];
    }),
  );
}

/** Newer than all it is made from? */
function isCurrent(/** @type {string} */ target) {
  if (!existsSync(target)) return false;
  const made = statSync(target).mtimeMs;
  const sources = globSync("packages/{shard-sdk,contract,mcp-wire}/{package.json,src/**/*.ts}", { cwd: root });
  return [...sources, "scripts/release/pack-sdk.mjs"].every((file) => statSync(join(root, file)).mtimeMs < made);
}

/**
 * @param {string} target
 * @returns {Promise<boolean>} whether anything had to be made
 */
export async function packSdk(target) {
  if (isCurrent(target)) return false;
  const manifest = json(join(sdk, "package.json"));
  mkdirSync(join(root, ".state"), { recursive: true });
  const folder = mkdtempSync(join(root, ".state/sdk-"));
  try {
    /** @type {Record<string, string>} */
    const entries = manifest.exports;
    const used = await bundle(Object.values(entries), join(folder, "dist"));
    types(Object.values(entries), join(folder, "types"));
    const exports = Object.entries(entries).map(([key, file]) => {
      const path = file.replace("./src/", "").replace(/\.ts$/, "");
      return [key, { types: `./types/shard-sdk/src/${path}.d.ts`, default: `./dist/${path}.js` }];
    });
    const { name, version, description, license, type, engines, peerDependenciesMeta } = manifest;
    const vitest = json(join(root, "node_modules/vitest/package.json")).version;
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify(
        {
          name,
          version,
          description,
          license,
          type,
          engines,
          sideEffects: false,
          exports: Object.fromEntries(exports),
          dependencies: versionsOf(used),
          peerDependencies: { vitest: `>=${vitest.split(".")[0]}` },
          peerDependenciesMeta,
        },
        undefined,
        2,
      ),
    );
    writeFileSync(join(folder, "README.md"), readFileSync(join(sdk, "README.md")));
    writeFileSync(join(folder, "LICENSE"), readFileSync(join(root, "LICENSE")));
    const [packed] = JSON.parse(must("npm", ["pack", "--json", "--ignore-scripts"], { cwd: folder }));
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(folder, packed.filename), target);
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {readonly string[]} entries
 * @param {string} outdir
 * @returns {Promise<string[]>} the npm packages that it uses
 */
async function bundle(entries, outdir) {
  const esbuild = await import("esbuild");
  try {
    const result = await esbuild.build({
      absWorkingDir: sdk,
      entryPoints: [...entries],
      outdir,
      bundle: true,
      splitting: true,
      platform: "node",
      target: "node24",
      format: "esm",
      metafile: true,
      logLevel: "silent",
      plugins: [{ name: "ours-inside", setup: (build) => build.onResolve({ filter: /^[^./]/ }, external) }],
    });
    const imports = Object.values(result.metafile.outputs).flatMap((output) => output.imports);
    const names = imports
      .filter(({ external: is, path }) => is && !path.startsWith("node:"))
      .map(({ path }) => packageOf(path));
    return [...new Set(names)].filter((name) => name !== "vitest").toSorted();
  } finally {
    await esbuild.stop();
  }
}

/** @param {import("esbuild").OnResolveArgs} args */
const external = ({ path, kind }) =>
  kind === "entry-point" || path.startsWith("@shardgate/") ? undefined : { path, external: true };

/** @param {string} name of a package of ours */
const pathsOf = (name) => {
  const folder = join(root, "packages", name);
  const { exports } = json(join(folder, "package.json"));
  return Object.entries(exports)
    .filter(([key]) => !key.includes("*"))
    .map(([key, file]) => [`@shardgate/${name}${key.slice(1)}`, [join(folder, file)]]);
};

/** @param {string} path */
const packageOf = (path) =>
  path
    .split("/")
    .slice(0, path.startsWith("@") ? 2 : 1)
    .join("/");

/**
 * @param {readonly string[]} entries
 * @param {string} outDir
 */
function types(entries, outDir) {
  const project = `${outDir}.json`;
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, "tsconfig.base.json"),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        outDir,
        rootDir: join(root, "packages"),
        typeRoots: [join(root, "node_modules/@types")],
        // By path and not through node_modules, whose types are not emitted.
        paths: Object.fromEntries(inside.flatMap(pathsOf)),
      },
      files: entries.map((file) => join(sdk, file)),
    }),
  );
  must(join(root, "node_modules/.bin/tsc"), ["-p", project]);
  rmSync(project);
  // Our own packages are inside: their types are found by path.
  for (const file of globSync("**/*.d.ts", { cwd: outDir })) {
    const path = join(outDir, file);
    const text = readFileSync(path, "utf8").replace(
      /(["'])@shardgate\/([\w-]+)(?:\/([\w-]+))?\1/g,
      (_, _quote, name, part) => {
        const { exports } = json(join(root, "packages", name, "package.json"));
        const target = exports[part ? `./${part}` : "."];
        return JSON.stringify(relative(dirname(path), join(outDir, name, target)).replace(/^(?!\.)/, "./"));
      },
    );
    writeFileSync(path, text.replace(/(from\s+|import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"'));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = resolve(process.argv[2] ?? join(root, ".state/shard-sdk.tgz"));
  console.log(`${target} ${(await packSdk(target)) ? "made" : "is current"}`);
}
