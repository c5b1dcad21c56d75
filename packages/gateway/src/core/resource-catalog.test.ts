import type { ListedItem } from "@shardgate/mcp-wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResourceCatalog } from "./resource-catalog.ts";
import { matchTemplate } from "./uri-template.ts";

const items = (member: string, ...keys: string[]): ListedItem[] =>
  keys.map((key) => ({ key, bytes: Buffer.from(`{ "x":1.0,"${member}":${JSON.stringify(key)}}`) }));
const upstream = (name: string, uris: string[], templates: string[] = [], isCapable = true) => ({
  upstream: name,
  resources: items("uri", ...uris),
  templates: items("uriTemplate", ...templates),
  isCapable,
  announced: 0,
});

describe("ResourceCatalog", () => {
  const catalog = new ResourceCatalog([
    upstream("git", ["file:///a", "git://x"], ["git://{repo}/{path}"]),
    upstream("nas", ["file:///a", "nas://b"], ["git://{repo}/{path}", "nas://{x}"]),
    upstream("time", [], [], false),
  ]);
  const listed = (bytes: Buffer) => JSON.parse(bytes.toString()) as Record<string, unknown>[];

  it("lists all under their own URIs, and those that collide under one more", () => {
    expect(listed(catalog.list()).map(({ uri }) => uri)).toEqual([
      "file:///a",
      "git://x",
      "shardgate+nas+file:///a",
      "nas://b",
    ]);
    expect(listed(catalog.listTemplates()).map(({ uriTemplate }) => uriTemplate)).toEqual([
      "git://{repo}/{path}",
      "shardgate+nas+git://{repo}/{path}",
      "nas://{x}",
    ]);
    expect(catalog.list("nas").toString()).toBe('[{ "x":1.0,"uri":"file:///a"},{ "x":1.0,"uri":"nas://b"}]');
    expect(catalog.list("nobody").toString()).toBe("[]");
  });

  it("finds every one that it lists, and each that a template of theirs makes", () => {
    for (const { uri } of listed(catalog.list())) expect(catalog.route(uri as string)).toBeDefined();
    expect(catalog.route("shardgate+nas+file:///a")).toEqual({ upstream: "nas", uri: "file:///a" });
    expect(catalog.route("shardgate+nas+git://r/p/q")).toEqual({ upstream: "nas", uri: "git://r/p/q" });
    expect(catalog.route("file:///a")).toEqual({ upstream: "git", uri: "file:///a" });
    expect(catalog.route("git://r/p/q")).toEqual({ upstream: "git", uri: "git://r/p/q" });
    expect(catalog.route("nas://unlisted")).toEqual({ upstream: "nas", uri: "nas://unlisted" });
  });

  it("finds one that nobody lists only where a single upstream could have it", () => {
    expect(catalog.route("file:///other")).toBeUndefined();
    expect(catalog.route("http://x")).toBeUndefined();
    const alone = new ResourceCatalog([upstream("git", []), upstream("time", [], [], false)]);
    expect(alone.route("http://x")).toEqual({ upstream: "git", uri: "http://x" });
    const apart = new ResourceCatalog([upstream("git", ["git://x"]), upstream("nas", ["nas://b"])]);
    expect(apart.route("nas://c")?.upstream).toBe("nas");
  });

  it("names what changed as it is listed", () => {
    expect(catalog.publicUri("git", "file:///a")).toBe("file:///a");
    expect(catalog.publicUri("nas", "file:///a")).toBe("shardgate+nas+file:///a");
    expect(catalog.publicUri("nas", "nas://b")).toBe("nas://b");
    expect(catalog.publicUri("time", "time://x")).toBe("time://x");
  });
});

describe("matchTemplate", () => {
  it.each([
    ["file:///{path}", "file:///a/b", true],
    ["file:///{path}", "http:///a", false],
    ["a{x}b{y}c", "a1b2c", true],
    ["a{x}b{y}c", "abc", true],
    ["a{x}b{y}c", "ac", false],
    ["ab{x}bc", "abc", false],
    ["a", "a", true],
    ["a", "ab", false],
    ["{x}", "", true],
  ])("%s against %s", (template, uri, isMatch) => {
    expect(matchTemplate(template, uri) !== undefined).toBe(isMatch);
  });

  it("takes whatever stands in place of the expressions, and agrees with a regular expression", () => {
    const part = fc.stringMatching(/^[ab/]{0,4}$/);
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        part,
        fc.array(part, { maxLength: 4 }),
        (literals, uri, values) => {
          const template = literals.join("{x}");
          const made = literals
            .map((literal, index) => (index === 0 ? literal : (values[index] ?? "") + literal))
            .join("");
          expect(matchTemplate(template, made)).toBeDefined();
          const pattern = new RegExp(`^${literals.join(".*")}$`);
          expect(matchTemplate(template, uri) !== undefined).toBe(pattern.test(uri));
        },
      ),
    );
  });

  it("is done with a hostile template at once", () => {
    const started = performance.now();
    expect(matchTemplate("{x}a".repeat(20_000), `${"a".repeat(19_999)}b`)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
