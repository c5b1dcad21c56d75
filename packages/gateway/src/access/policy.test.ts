import { describe, expect, it } from "vitest";
import type { Identity } from "./open-webui-user.ts";
import { isAllowed, Policy, type PolicyRule } from "./policy.ts";

const rule = (changes: Partial<PolicyRule>): PolicyRule => ({
  tools: ["*"],
  users: [],
  roles: [],
  unnamed: false,
  ...changes,
});
const ada: Identity = { principal: { id: "u-1", name: "Ada", email: "Ada@Example.org", role: "user" } };
const bob: Identity = { principal: { id: "u-2", name: "ada@example.org", email: "bob@example.org", role: "admin" } };
const nobody: Identity = { chat: "c1" };
const refused: Identity = { refused: "expired" };

const may = (rules: readonly PolicyRule[], identity: Identity | undefined, ...names: string[]): boolean => {
  const policy = new Policy(rules);
  return isAllowed(policy.standingOf(identity), policy.rulesFor(names));
};

describe("who fits a rule", () => {
  it.each<[string, Partial<PolicyRule>, (Identity | undefined)[]]>([
    ["by id", { users: ["u-1"] }, [ada]],
    ["by mail address, whatever its capitals", { users: ["ADA@example.org"] }, [ada]],
    ["by a pattern", { users: ["*@example.org"] }, [ada, bob]],
    ["by role", { roles: ["admin"] }, [bob]],
    ["by either", { users: ["u-1"], roles: ["admin"] }, [ada, bob]],
    ["not by a name, which people choose", { users: ["Ada"] }, []],
    ["not by the beginning of an id", { users: ["u-"] }, []],
    ["not by an id in other letters", { users: ["U-1"] }, []],
    ["nobody whose role is another's address", { users: ["admin"], roles: ["u-1"] }, []],
    ["who is not named, where that is said", { unnamed: true }, [nobody, undefined]],
    ["who is not named or who fits", { unnamed: true, users: ["u-1"] }, [ada, nobody, undefined]],
    ["nobody by *, who is not named", { users: ["*"], roles: ["*"] }, [ada, bob]],
  ])("%s", (_, changes, expected) => {
    const all = [ada, bob, nobody, refused, undefined];
    expect(all.filter((one) => may([rule(changes)], one, "a__b"))).toEqual(expected);
  });
});

describe("which tools a rule is for", () => {
  const rules = [rule({ tools: ["git__*"], users: ["u-1"] }), rule({ tools: ["*__delete_*"], roles: ["admin"] })];

  it("leaves everybody what no rule names", () => {
    for (const one of [ada, nobody, refused, undefined]) expect(may(rules, one, "nas__list")).toBe(true);
  });

  it("asks for each rule that names a tool", () => {
    expect([ada, bob].map((one) => may(rules, one, "git__list"))).toEqual([true, false]);
    expect([ada, bob].map((one) => may(rules, one, "nas__delete_file"))).toEqual([false, true]);
    expect([ada, bob].map((one) => may(rules, one, "git__delete_repo"))).toEqual([false, false]);
  });

  it("is for a tool that it names by any of its names", () => {
    expect(may(rules, bob, "remove", "git__remove")).toBe(false);
  });

  it("gives two who may do the same one standing", () => {
    const policy = new Policy(rules);
    expect(policy.standingOf(ada)).not.toBe(policy.standingOf(bob));
    expect(policy.standingOf({ principal: { role: "admin" } })).toBe(policy.standingOf(bob));
    expect(policy.standingOf(refused)).toBe(policy.standingOf(undefined));
  });
});
