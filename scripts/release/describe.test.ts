import { readFileSync } from "node:fs";
import { globSync } from "node:fs";
import { expect, test } from "vitest";
import { imageTags, notesOf, serverJson, withRelease } from "./describe.mjs";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test.each([
  ["0.2.0", ["0.2.0", "0.2", "latest"]],
  ["1.2.3", ["1.2.3", "1.2", "1", "latest"]],
  ["1.2.3-rc.1", ["1.2.3-rc.1"]],
])("an image of %s has its tags", (version, tags) => expect(imageTags(version)).toEqual(tags));

test.each(["1.2", "v1.2.3", "01.2.3", "1.2.3 ", "latest", ""])("%j is no version", (version) => {
  expect(() => imageTags(version)).toThrow(/no version/);
});

test("what was unreleased becomes a release, and its notes", () => {
  const changelog = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A lamp.\n\n## [0.1.0] - 2026-01-01\n\n- Light.\n";
  const released = withRelease(changelog, "0.2.0", "2026-11-21");
  expect(released).toContain("## [Unreleased]\n\n## [0.2.0] - 2026-11-21\n\n### Added");
  expect(notesOf(released, "0.2.0")).toBe("### Added\n\n- A lamp.");
  expect(notesOf(released, "0.1.0")).toBe("- Light.");
  expect(() => withRelease(released, "0.2.0", "2026-11-21")).toThrow(/already/);
  expect(() => notesOf(released, "0.3.0")).toThrow(/set-version/);
  expect(() => withRelease("# Changelog\n", "0.2.0", "2026-11-21")).toThrow(/Unreleased/);
});

test("the entry for the MCP registry names the image, and says how to reach it", () => {
  const release = {
    name: "io.github.owner/shardgate",
    image: "ghcr.io/owner/gateway",
    version: "0.2.0",
    description: "x".repeat(200),
  };
  const entry = serverJson(release);
  expect(entry.packages[0]).toMatchObject({
    identifier: "ghcr.io/owner/gateway:0.2.0",
    transport: { type: "streamable-http" },
  });
  expect(entry.description).toHaveLength(100);
  expect(() => serverJson({ ...release, name: "shardgate" })).toThrow(/no name/);
});

test("everything has one version, and the changelog's section can be found", () => {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  const root = new URL("../../", import.meta.url);
  const manifests = globSync("{packages,shards}/*/package.json", { cwd: root }).filter(
    (path) => !path.includes("node_modules"),
  );
  expect(manifests.length).toBeGreaterThan(6);
  const versions = manifests.map((path) => `${path} ${(JSON.parse(read(path)) as { version: string }).version}`);
  expect(versions).toEqual(manifests.map((path) => `${path} ${version}`));
  expect(read("Dockerfile")).toContain(`ARG VERSION=${version}`);
  expect(read("shards/traefik/src/shard.ts")).not.toMatch(/version: "/);
});
