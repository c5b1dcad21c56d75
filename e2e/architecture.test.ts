// The house rules, held against the repository as it is. The rules and their reasons: house-rules/rules.ts.
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { promised, promisedByShards } from "./house-rules/rules.ts";
import { violationsIn } from "./house-rules/violations.ts";

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const find = (patterns: readonly string[]): readonly string[] =>
  globSync(patterns, { cwd: root, exclude: ["**/node_modules/**", "**/dist/**", "**/results/**"] })
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted();

const folders = "{packages/*,shards/*,template,e2e,bench}";
const manifests = find([`${folders}/package.json`]).map((path) => ({
  folder: path.slice(0, -"/package.json".length),
  manifest: JSON.parse(read(path)) as Manifest,
}));

test("no file breaks a house rule", () => {
  const sources = find([`${folders}/**/*.{ts,mjs}`, "scripts/**/*.{ts,mjs}", "*.ts"]).map((path) => ({
    path,
    text: read(path),
  }));
  const exports = new Map(
    manifests.flatMap(({ folder, manifest }) =>
      Object.entries(manifest.exports ?? {}).map(([key, target]) => [
        `${manifest.name}${key.slice(1)}`,
        `${folder}/${target.slice(2)}`,
      ]),
    ),
  );
  expect(sources.length).toBeGreaterThan(20);
  expect(violationsIn(sources, exports)).toEqual([]);
});

test("packages offer what is promised, no more and no less", () => {
  const offered = manifests.map(({ manifest }) => [
    manifest.name,
    [...Object.keys(manifest.exports ?? {}), ...Object.keys(manifest.bin ?? {}).map((name) => `bin ${name}`)],
  ]);
  const shards = manifests.filter(
    ({ manifest }) => manifest.name.startsWith("@shardgate/shard-") && !(manifest.name in promised),
  );
  const byShards = Object.fromEntries(shards.map(({ manifest }) => [manifest.name, promisedByShards]));
  expect(Object.fromEntries(offered)).toEqual({ ...byShards, ...promised });
});
