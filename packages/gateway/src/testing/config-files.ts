import { matchesGlob } from "node:path";
import { loadConfig, type LoadedConfig } from "../config/load.ts";
import { summarize } from "../config/diagnostics.ts";
import type { FileContent } from "../config/variables.ts";

/** Loads files that are nowhere but here, by their absolute paths; the first one is the configuration. */
export function loadFiles(
  files: Readonly<Record<string, string | { problem: string }>>,
  env: Readonly<Record<string, string>> = {},
  paths: readonly string[] = Object.keys(files).slice(0, 1),
): Promise<LoadedConfig> {
  const readFile = async (path: string): Promise<FileContent> => {
    const file = files[path];
    return file === undefined
      ? { problem: "does not exist", code: "ENOENT" }
      : typeof file === "string"
        ? { text: file }
        : file;
  };
  const listFiles = async (pattern: string) => Object.keys(files).filter((path) => matchesGlob(path, pattern));
  return loadConfig(paths, { env, readFile, listFiles });
}

/** What is said of a configuration, one line each, warnings marked. */
export function told({ diagnostics }: LoadedConfig): string[] {
  return diagnostics.map((one) => {
    const line = summarize(one).replace(/^\/([^:]*\/)?/, "");
    return one.severity === "warning" ? `warning ${line}` : line;
  });
}
