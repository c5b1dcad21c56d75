import { createHash } from "node:crypto";
import { access, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import * as z from "zod";
import type { WrappedPackage } from "./wrapper.ts";

const manifestSchema = z.object({
  bin: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
});

type Env = Readonly<Record<string, string | undefined>>;

/** Where the package is already: in the project of the working directory, or where npx keeps what it fetched. */
export async function findNpm(
  { name, specs, program }: WrappedPackage,
  cwd: string | undefined,
  env: Env,
): Promise<string | undefined> {
  const cache = env["npm_config_cache"] ?? (env["HOME"] === undefined ? undefined : join(env["HOME"], ".npm"));
  // npx names its folders so (libnpmexec).
  const hash = createHash("sha512").update(specs.join("\n")).digest("hex").slice(0, 16);
  const folders = [
    ...(cwd !== undefined && specs[0] === name ? [cwd] : []),
    ...(cache === undefined ? [] : [join(cache, "_npx", hash)]),
  ];
  for (const folder of folders) {
    const path = await programIn(folder, name, program).catch(() => undefined);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** Installs with npm. @returns path of the program */
export async function installNpm(
  { name, specs, program }: WrappedPackage,
  folder: string,
  run: (command: string, args: readonly string[], cwd: string) => Promise<void>,
): Promise<string> {
  // Without a package.json of its own npm looks for one further up.
  await writeFile(join(folder, "package.json"), '{"private":true}');
  const flags = ["--no-audit", "--no-fund", "--no-update-notifier", "--omit=dev", "--loglevel=error"];
  await run("npm", ["install", ...flags, ...specs], folder);
  return await programIn(folder, name, program);
}

/** The program of an installed package, which npm linked with the rights to be run. @throws Error where there is none */
async function programIn(folder: string, name: string, program: string | undefined): Promise<string> {
  const modules = join(folder, "node_modules");
  const path = join(modules, ".bin", program ?? (await onlyProgram(join(modules, name, "package.json"), name)));
  await access(path);
  return path;
}

/** Which of a package's programs is meant where none is named: its one, or the one with its name. */
async function onlyProgram(manifest: string, name: string): Promise<string> {
  const { bin } = manifestSchema.parse(JSON.parse(await readFile(manifest, "utf8")));
  const own = basename(name);
  const programs = typeof bin === "object" ? Object.keys(bin) : [own];
  const isOne = typeof bin === "object" && new Set(Object.values(bin)).size === 1;
  const chosen = isOne ? programs[0] : programs.find((one) => one === own);
  if (chosen === undefined) throw new Error(`${name} has several programs (${programs.join(", ")}); name one with -p`);
  return chosen;
}
