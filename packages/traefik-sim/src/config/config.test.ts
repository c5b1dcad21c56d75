import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alternativesOf, matchersOf, nearest, parseRule, readDynamicFile } from "./index.ts";

const encode = (text: string) => new TextEncoder().encode(text);

describe("parsers answer, whatever they are given", () => {
  const yamlish = fc.array(
    fc.oneof(
      fc.constantFrom(
        "http:",
        "  routers:",
        "    a:",
        "      rule: x",
        "- ",
        "  ",
        "\n",
        "\t",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "|",
        ">-",
        "'",
        '"',
        "#",
        "---\n",
        "...\n",
        "? ",
        "2026-01-01",
        "0x1F",
        "~",
      ),
      fc.string({ unit: "binary", maxLength: 6 }),
    ),
    { maxLength: 60 },
  );

  test("files", () => {
    const check = () =>
      fc.assert(
        fc.property(yamlish, (parts) => {
          const { config, findings } = readDynamicFile(encode(parts.join("")));
          const fatal = findings.some(({ severity }) => severity === "fatal_for_all_files");
          expect(config === undefined).toBe(fatal);
          for (const { line, column } of findings)
            for (const place of [line, column]) expect(place === undefined || place >= 1).toBe(true);
        }),
        { numRuns: 3000 },
      );
    expect(check).not.toThrow();
  });

  test("bytes that are no text", () => {
    const check = () =>
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => Array.isArray(readDynamicFile(bytes).findings)),
        { numRuns: 2000 },
      );
    expect(check).not.toThrow();
  });

  test("aliases that grow without end are refused quickly", () => {
    const bomb = [
      "a0: &a0 [x, x]",
      ...Array.from({ length: 30 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`),
    ].join("\n");
    expect(readDynamicFile(encode(bomb)).findings[0]?.message).toContain("excessive aliasing");
    expect(readDynamicFile(encode("a: &a [*a]")).config).toBeUndefined();
    expect(readDynamicFile(encode(`a: ${"[".repeat(10_000)}`)).config).toBeUndefined();
  });

  test("rules", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "Host(`a`)",
        "&&",
        "||",
        "!",
        "(",
        ")",
        "`",
        '"',
        "'",
        ",",
        " ",
        "\n",
        "Path(",
        "HostRegexp(`",
        "\\x41",
      ),
      fc.string({ maxLength: 4 }),
    );
    const check = () =>
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
          const parsed = parseRule(parts.join(""), "http");
          if (parsed.fault === undefined) expect(matchersOf(parsed.tree).length).toBeGreaterThan(0);
        }),
        { numRuns: 3000 },
      );
    expect(check).not.toThrow();
  });
});

describe("rules", () => {
  const tree = (rule: string) => {
    const parsed = parseRule(rule, "http");
    if (parsed.fault !== undefined) throw new Error(parsed.fault.message);
    return parsed.tree;
  };

  test("&& binds tighter than ||, and ! turns both around", () => {
    const names = (rule: string) =>
      alternativesOf(tree(rule)).map((one) => one.map(({ args, not }) => `${not ? "!" : ""}${args[0]}`));
    expect(names("Host(`a`) || Host(`b`) && Host(`c`)")).toEqual([["a"], ["b", "c"]]);
    expect(names("(Host(`a`) || Host(`b`)) && Host(`c`)")).toEqual([
      ["a", "c"],
      ["b", "c"],
    ]);
    expect(names("!(Host(`a`) || Host(`b`))")).toEqual([["!a", "!b"]]);
    expect(names("!(Host(`a`) && Host(`b`))")).toEqual([["!a"], ["!b"]]);
  });

  test("many alternatives stay bounded", () => {
    const wide = Array.from({ length: 12 }, (_, index) => `(Host(\`a${index}\`) || Host(\`b${index}\`))`).join(" && ");
    expect(alternativesOf(tree(wide)).length).toBeLessThanOrEqual(256);
    expect(parseRule(`${"!".repeat(5000)}Host(\`a\`)`, "http").fault?.message).toContain("nested too deep");
    expect(parseRule("x".repeat(30_000), "http").fault?.message).toBe("rule is too long");
  });
});

test("a mistyped word finds its neighbour, a strange one none", () => {
  expect(nearest("entrypoint", ["entryPoints", "service", "rule"])).toBe("entryPoints");
  expect(nearest("servce", ["entryPoints", "service", "rule"])).toBe("service");
  expect(nearest("qqqqqq", ["entryPoints", "service", "rule"])).toBeUndefined();
});
