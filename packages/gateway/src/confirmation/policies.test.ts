// Calls that wait for a person's agreement, where policies say who may make them.
import { describe, expect, it } from "vitest";
import { confirm, namesFor, startHouse, tool, TOOLS, ui, wipe } from "../testing/confirmed-house.ts";
import { ask, type Caller, openWebUi, textOf, tokenOf } from "../testing/scripted-house.ts";
import { SECRET, userToken } from "../testing/user-token.ts";

const authOf = (...tools: string[]) => ({
  auth: { open_webui: { jwt_secret: SECRET }, policies: [{ tools, roles: ["admin"] }] },
});
/** Ada in a message of her chat, in a role. */
const ada = (role: string, message = "m1", more: Partial<Caller> = {}): Caller =>
  ui(message, { headers: { ...openWebUi(message), ...userToken({ sub: "ada", role }) }, ...more });
const denied = { code: -31015, message: expect.stringContaining("Only certain users may call nas__wipe") as string };

describe("who may not call a tool", () => {
  it("is refused before anybody is asked", async () => {
    const { house, got, logger } = await startHouse({}, {}, authOf("nas__wipe"));
    for (const era of ["modern", "legacy"] as const) {
      expect((await ask(house, ada("user", "m1", { era }), "tools/call", wipe))["error"]).toMatchObject(denied);
    }
    expect(got).toEqual([]);
    expect(logger.lines.filter(({ message }) => message === "call")).toMatchObject([
      { outcome: "policy_denied" },
      { outcome: "policy_denied" },
    ]);
  });

  it("is listed neither it nor what confirms it", async () => {
    const { house } = await startHouse({}, {}, authOf("nas__wipe"));
    const all = ["nas__wipe", "nas__look", "nas__plain", "shardgate__confirm_call"];
    expect(await namesFor(house, ada("admin"))).toEqual(all);
    expect(await namesFor(house, ada("user"))).toEqual(["nas__look", "nas__plain"]);
    expect(await namesFor(house, ada("admin"))).toEqual(all);
  });
});

describe("a planned call", () => {
  it.each(["/mcp", "/servers/nas/mcp"])("is judged again at %s, for whoever confirms it", async (path) => {
    const { house, got } = await startHouse({}, {}, authOf("nas__wipe"));
    const token = tokenOf(textOf(await ask(house, ada("admin"), "tools/call", wipe)));
    const confirmAs = (role: string) => ask(house, ada(role, "m2", { path }), "tools/call", confirm(token));
    expect((await confirmAs("user"))["error"]).toMatchObject(denied);
    expect(got).toEqual([]);
    expect(textOf(await confirmAs("admin"))).toBe("It is gone.");
    expect((await confirmAs("user"))["error"]).toMatchObject(denied);
    expect(textOf(await confirmAs("admin"))).toBe("It is gone.");
    expect(got).toHaveLength(1);
  });

  it("is confirmed by who may make it, whatever rules would say of the tool that confirms", async () => {
    const { house } = await startHouse({}, {}, authOf("nas__s*", "shardgate__*", "*confirm*"));
    const token = tokenOf(textOf(await ask(house, ada("user"), "tools/call", wipe)));
    expect(textOf(await ask(house, ada("user", "m2"), "tools/call", confirm(token)))).toBe("It is gone.");
  });

  it("is the plan of the user who is believed, whatever the plain header says", async () => {
    const { house, got } = await startHouse({}, {}, authOf("git__*"));
    const token = tokenOf(textOf(await ask(house, ada("user"), "tools/call", wipe)));
    const plain = ui("m2", { headers: { ...openWebUi("m2"), "X-OpenWebUI-User-Id": '"ada"' } });
    expect(textOf(await ask(house, plain, "tools/call", confirm(token)))).toContain("no planned call has this token");
    expect(got).toEqual([]);
  });
});

it("a tool of an upstream's own that is called like ours is judged as any other", async () => {
  const own = { era: "modern", tools: [tool("shardgate__confirm_call"), tool("plain")] } as const;
  const { house, got } = await startHouse({ tools: TOOLS }, { lab: own }, authOf("lab__*"));
  const at = { path: "/servers/lab/mcp" };
  const refused = await ask(house, ada("user", "m1", at), "tools/call", confirm("any"));
  expect(refused["error"]).toMatchObject({ code: -31015 });
  expect(got).toEqual([]);
  expect(textOf(await ask(house, ada("admin", "m1", at), "tools/call", confirm("any")))).toBe("It is gone.");
});
