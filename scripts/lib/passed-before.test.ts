import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { keepPassed, keyOf, passedBefore, pathsOf } from "./passed-before.mjs";

describe("what passed before", () => {
  const summary = { passed: 3, failed: 0, skipped: [], flaky: [] };

  afterEach(() => keepPassed("of-a-test", undefined, undefined));

  test("is known by its key alone", () => {
    keepPassed("of-a-test", "a", summary);
    expect(passedBefore("of-a-test", "a")).toMatchObject({ summary });
    expect(passedBefore("of-a-test", "b")).toBeUndefined();
    expect(passedBefore("of-a-test", undefined)).toBeUndefined();
  });

  test("is forgotten when it fails", () => {
    keepPassed("of-a-test", "a", summary);
    keepPassed("of-a-test", "a", undefined);
    expect(passedBefore("of-a-test", "a")).toBeUndefined();
  });
});

describe("the key of what tests see", () => {
  const clone = mkdtempSync(join(tmpdir(), "shardgate-clone-"));
  const write = (path: string, text: string): void => writeFileSync(join(clone, path), text);
  const keys = () => [keyOf(["."], {}, clone), keyOf(["shards"], {}, clone)];

  beforeAll(() => {
    execFileSync("git", ["init", "-q", clone]);
    for (const folder of ["docs", "shards", "dist"]) mkdirSync(join(clone, folder));
    write(".gitignore", "dist/\n");
  });

  afterAll(() => rmSync(clone, { recursive: true, force: true }));

  test("changes with their files, new ones included, and with no others", () => {
    const [all, shards] = keys();
    expect(all).toMatch(/^[0-9a-f]{64}$/);
    write("docs/a.md", "a");
    const [second, same] = keys();
    expect(second).not.toBe(all);
    expect(same).toBe(shards);
    write("docs/a.md", "b");
    expect(keys()[0]).not.toBe(second);
    write("shards/a.ts", "a");
    expect(keys()[1]).not.toBe(shards);
  });

  test("does not change with what is built", () => {
    const before = keys();
    write("dist/a.mjs", "a");
    expect(keys()).toEqual(before);
  });

  test("changes with what is found on the machine", () => {
    expect(keyOf(["."], { TRAEFIK_BIN: "/a" }, clone)).not.toBe(keyOf(["."], {}, clone));
    expect(keyOf(["."], { COLUMNS: "80" }, clone)).toBe(keyOf(["."], {}, clone));
  });

  test("is none outside of a clone, and where a file is gone that git still has", () => {
    expect(keyOf(["."], {}, tmpdir())).toBeUndefined();
    write("docs/gone.md", "a");
    execFileSync("git", ["-C", clone, "add", "docs/gone.md"]);
    rmSync(join(clone, "docs/gone.md"));
    expect(keys()[0]).toBeUndefined();
  });
});

test("the tests on Traefiks see their packages with what these depend on, over others too, and the end-to-end tests everything", () => {
  const packages = ["shards/traefik", "packages/traefik-sim", "packages/shard-sdk", "packages/mcp-wire"];
  expect(pathsOf("traefik")).toEqual(expect.arrayContaining([...packages, "packages/contract", "scripts"]));
  expect(pathsOf("traefik")).not.toContain("packages/gateway");
  expect(pathsOf("e2e*")).toEqual(["."]);
});
