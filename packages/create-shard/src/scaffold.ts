import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { UsageError } from "./io.ts";
import { rename, type Names } from "./rename.ts";

/** Guides for who makes shards, and what only a project of its own needs. */
const NOT_COPIED = new Set(["README.md", "INTEGRATION.md", "node_modules", "dist", "stand-alone"]);

/** Names that would mean something where the template itself is developed. */
const RENAMED: Readonly<Record<string, string>> = {
  "shard.md": "README.md",
  gitignore: ".gitignore",
  dockerignore: ".dockerignore",
  "oxlintrc.json": ".oxlintrc.json",
  "oxfmtrc.json": ".oxfmtrc.json",
};

/** A new shard's files by their paths in its folder. */
export type Files = Map<string, string>;

/** The template's files, renamed for the new shard. */
export function filesOf(templateDir: string, names: Names, { standAlone }: { readonly standAlone: boolean }): Files {
  const shared = read(templateDir, NOT_COPIED);
  const own = standAlone ? read(join(templateDir, "stand-alone"), new Set(["node_modules"])) : [];
  return new Map([...shared, ...own].map(([path, text]) => [path, rename(text, names)]));
}

function read(folder: string, except: ReadonlySet<string>, below = folder): (readonly [string, string])[] {
  return readdirSync(below, { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (below === folder && except.has(entry.name)) return [];
    if (entry.isDirectory()) return read(folder, except, path);
    const target = relative(folder, path).replaceAll("\\", "/");
    return [[RENAMED[target] ?? target, readFileSync(path, "utf8")] as const];
  });
}

/** @throws UsageError when something is there already */
export function checkFree(folder: string): void {
  if (existsSync(folder)) {
    throw new UsageError(
      `${folder} exists already, and nothing is overwritten. Take another name, or another place with --folder.`,
    );
  }
}

/** Writes the files into a folder that is not there yet. @throws UsageError when it is */
export function writeFiles(folder: string, files: Files): void {
  checkFree(folder);
  for (const [path, text] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: "wx" });
  }
}
