import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QUALIFIED_NAME_PATTERN, qualifyNames, toUpstreamName, upstreamNameSchema } from "./names.ts";

const one = (upstream: string, tool: string) => qualifyNames([{ upstream, tool }])[0];

describe("qualifyNames", () => {
  it.each([
    ["time", "now", "time__now"],
    ["nas", "get.file/info", "nas__get_file_info"],
    ["3d", "print", "_3d__print"],
    ["nas", "größe", "nas__gr__e"],
    ["nas", "💾", "nas___"],
    ["nas", "__init__", "nas___init__"],
  ])("%s, %s is %s", (upstream, tool, name) => {
    expect(one(upstream, tool)).toBe(name);
  });

  it("cuts a long name and tells two long names apart", () => {
    const long = "a".repeat(60);
    const [first, second] = qualifyNames([
      { upstream: "nas", tool: `${long}1` },
      { upstream: "nas", tool: `${long}2` },
    ]);
    expect(first).toMatch(/^nas__a+_[0-9a-f]{8}$/);
    expect(first).toHaveLength(48);
    expect(second).not.toBe(first);
  });

  it("leaves the plain name to the tool that has it", () => {
    const names = qualifyNames([
      { upstream: "nas", tool: "a.b" },
      { upstream: "nas", tool: "a_b" },
    ]);
    expect(names[0]).toMatch(/^nas__a_b_[0-9a-f]{8}$/);
    expect(names[1]).toBe("nas__a_b");
  });

  it("is unique, in the grammar and independent of order, whatever the names", () => {
    const entries = fc.uniqueArray(
      fc.record({
        upstream: fc.stringMatching(/^[a-z0-9-]{1,16}$/),
        tool: fc.string({ unit: "grapheme", maxLength: 80 }),
      }),
      { selector: (entry) => `${entry.upstream}\0${entry.tool}`, maxLength: 30 },
    );
    fc.assert(
      fc.property(entries, (list) => {
        const names = qualifyNames(list);
        expect(new Set(names).size).toBe(list.length);
        for (const name of names) {
          expect(name).toMatch(QUALIFIED_NAME_PATTERN);
          expect(name.length).toBeLessThanOrEqual(48);
          expect(name).not.toContain("____");
        }
        expect(qualifyNames(list.toReversed()).toReversed()).toEqual(names);
      }),
    );
  });
});

describe("toUpstreamName", () => {
  it.each([
    ["gitea", "gitea"],
    ["My NAS", "my-nas"],
    ["home_assistant", "home-assistant"],
  ])("%s becomes %s", (foreign, name) => {
    expect(toUpstreamName(foreign)).toBe(name);
  });

  it("always fits, and keeps long names apart", () => {
    fc.assert(fc.property(fc.string(), (name) => upstreamNameSchema.safeParse(toUpstreamName(name)).success));
    expect(toUpstreamName("sequential-thinking-one")).not.toBe(toUpstreamName("sequential-thinking-two"));
  });
});
