import { resolve as resolvePath } from "node:path";
import { ConfigError, type Diagnostic, ordered } from "./diagnostics.ts";
import { listConfigFiles, readConfigFile } from "./read-file.ts";
import { ConfigReader } from "./reader.ts";
import type { GatewayConfig } from "./schema.ts";
import type { Environment, FileContent } from "./variables.ts";

/** What a configuration is read from. */
export interface ConfigWorld {
  readonly env: Environment;
  /** Reads a file by its absolute path; files of this machine unless a test has others. */
  readonly readFile?: (path: string) => Promise<FileContent>;
  /** Paths that match a pattern. */
  readonly listFiles?: (pattern: string) => Promise<readonly string[]>;
}

export interface LoadedConfig {
  /** Undefined where there is an error. */
  readonly config: GatewayConfig | undefined;
  /** Everything there is to say about it, in order. */
  readonly diagnostics: readonly Diagnostic[];
  /** The configuration files, absolute, in the order in which they were read. */
  readonly files: readonly string[];
  /** Every file that was looked at, those that do not exist too, with what it held: `.env`, secrets, certificates. */
  readonly contents: ReadonlyMap<string, FileContent>;
  /** Patterns of `include`, with what they found. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

/** Rounds of reading; each finds at most the files that those of the round before name. */
const MAX_ROUNDS = 24;

/**
 * Reads a configuration: one or several files of any form we know, and what they include and refer to. Throws nothing:
 * whatever is wrong, all of it, is among the diagnostics.
 */
export async function loadConfig(paths: readonly string[], world: ConfigWorld): Promise<LoadedConfig> {
  const { env, readFile = readConfigFile, listFiles = listConfigFiles } = world;
  const contents = new Map<string, FileContent>();
  const lists = new Map<string, readonly string[]>();
  for (let round = 1; ; round++) {
    const wanted = new Set<string>();
    const wantedLists = new Set<string>();
    const reader = new ConfigReader({
      env,
      getFile: (path) => contents.get(path) ?? (wanted.add(path), { text: "" }),
      list: (pattern) => lists.get(pattern) ?? (wantedLists.add(pattern), []),
    });
    for (const path of paths) reader.read(resolvePath(path));
    if ((wanted.size === 0 && wantedLists.size === 0) || round === MAX_ROUNDS) {
      const { config, files } = reader;
      return { config, diagnostics: ordered(reader.diagnostics, files), files, contents, lists };
    }
    const reads = [...wanted].map(async (path) => contents.set(path, await readFile(path)));
    const listings = [...wantedLists].map(async (pattern) => lists.set(pattern, await listFiles(pattern)));
    await Promise.all([...reads, ...listings]);
  }
}

/** The same, for a program that cannot go on without. @throws ConfigError with everything that is wrong */
export async function requireConfig(
  paths: readonly string[],
  world: ConfigWorld,
): Promise<LoadedConfig & { readonly config: GatewayConfig }> {
  const loaded = await loadConfig(paths, world);
  if (loaded.config === undefined) throw new ConfigError(loaded.diagnostics);
  return { ...loaded, config: loaded.config };
}
