import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { formatOf, isFatal, readDynamicFile, type Decoded } from "../config/index.ts";

/** Everything the files of a directory configure: root key → section (`routers`, …) → name → object. */
export type MergedConfig = Readonly<Record<Root, Readonly<Record<string, Readonly<Record<string, Decoded>>>>>>;

const ROOTS = ["http", "tcp", "udp", "tls"] as const;
type Root = (typeof ROOTS)[number];

/** Why a directory could not be loaded; Traefik keeps its last good configuration then. */
export class LoadError extends Error {}

/**
 * Loads a directory as Traefik's file provider does: sub-directories too, entries in the byte order of their names, the
 * first definition of a name wins, the first fault ends it all.
 *
 * @throws LoadError with Traefik's words and the file's path
 */
export function loadDirectory(directory: string): { readonly config: MergedConfig; readonly log: readonly string[] } {
  const merger = createMerger();
  const log: string[] = [];
  for (const file of listFiles(directory)) {
    for (const name of merger.add(loadFile(file))) log.push(`${name} already configured, skipping origin=${file}`);
  }
  return { config: merger.config, log };
}

/** Merges files in the order they are given: the first definition of a name wins. */
export function createMerger(): { readonly config: MergedConfig; add(file: Decoded): readonly string[] } {
  const config: Record<Root, Record<string, Record<string, Decoded>>> = { http: {}, tcp: {}, udp: {}, tls: {} };
  return {
    config,
    /** @returns what was skipped, as `http routers app` */
    add(file) {
      const skipped: string[] = [];
      for (const root of ROOTS) {
        for (const [section, members] of Object.entries((file[root] ?? {}) as Record<string, unknown>)) {
          // Certificates are a list without names; nothing here looks at them.
          if (Array.isArray(members)) continue;
          const merged = (config[root][section] ??= {});
          for (const [name, member] of Object.entries(members as Record<string, Decoded>)) {
            if (Object.hasOwn(merged, name)) skipped.push(`${root} ${section} ${name}`);
            else merged[name] = member;
          }
        }
      }
      return skipped;
    },
  };
}

function listFiles(directory: string): string[] {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    throw new LoadError(`reading directory ${directory}: ${reason(error)}`, { cause: error });
  }
  return entries
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return listFiles(path);
      return isSupported(entry.name) ? [path] : [];
    });
}

/** Go's filepath.Ext takes a name that is nothing but an extension for one; Node's does not. */
function isSupported(name: string): boolean {
  const extension = (extname(name) || (name.startsWith(".") ? name : "")).toLowerCase();
  return [".yaml", ".yml", ".toml"].includes(extension);
}

function loadFile(file: string): Decoded {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new LoadError(`error reading configuration file: ${file} - ${reason(error)}`, { cause: error });
  }
  const { config, findings } = readDynamicFile(bytes, formatOf(file));
  if (config !== undefined) return config;
  const first = findings.find((finding) => isFatal([finding]));
  throw new LoadError(`${file}: ${first?.message ?? "cannot be decoded"}`);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
