// Configuration files that a test changes while a gateway follows them.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { RawUpstream } from "./raw-upstream.ts";

export type Definition = Readonly<Record<string, unknown>>;

/** To be called once in a test file: the result makes folders that are gone when the file is done. */
export function foldersOfTest(): () => string {
  const root = mkdtempSync(join(tmpdir(), "shardgate-config-"));
  afterAll(() => rmSync(root, { recursive: true }));
  let folders = 0;
  return () => {
    const folder = join(root, String(++folders));
    mkdirSync(folder);
    return folder;
  };
}

export const at = (upstream: RawUpstream, more: Definition = {}): Definition => ({
  kind: "mcp-http",
  url: upstream.url,
  ...more,
});

/** Writes a configuration as editors and deployments do: beside the old one, then renamed. */
export function write(path: string, upstreams: Readonly<Record<string, Definition>>, settings: Definition = {}): void {
  writeFileSync(`${path}.new`, JSON.stringify({ ...settings, upstreams }, undefined, 1));
  renameSync(`${path}.new`, path);
}
