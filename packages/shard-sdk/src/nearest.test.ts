import { describe, expect, it } from "vitest";
import { nearest } from "./nearest.ts";

describe("nearest", () => {
  it.each([
    ["tims", ["name", "times"], ["times"]],
    ["NAME", ["name", "times"], ["name"]],
    ["timezone", ["zone", "at"], ["zone"]],
    ["Europe/Berln", ["Europe/Berlin", "Europe/Bern", "Asia/Tokyo"], ["Europe/Berlin", "Europe/Bern"]],
    ["sydeny", ["sydney", "sidon"], ["sydney"]],
    ["colour", ["name", "times"], []],
    ["", ["a"], []],
    ["x".repeat(10_000), ["x".repeat(9_999)], []],
  ])("%s among %j", (word, candidates, expected) => expect(nearest(word, candidates)).toEqual(expected));

  it("returns no more than asked for, the same in any order of the candidates", () => {
    const candidates = ["aab", "aac", "aad", "aae"];
    expect(nearest("aaa", candidates, 2)).toEqual(["aab", "aac"]);
    expect(nearest("aaa", candidates.toReversed(), 2)).toEqual(["aab", "aac"]);
  });
});
