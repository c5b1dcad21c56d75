import { describe, expect, it } from "vitest";
import {
  confirm,
  eras,
  FORMS,
  namesFor,
  startHouse,
  tool,
  TOOLS,
  ui,
  type TestHouse,
} from "../testing/confirmed-house.ts";
import { ask, type Caller, type Json, openWebUi, textOf, tokenOf } from "../testing/scripted-house.ts";

describe("the lists", () => {
  it.each([
    ["/mcp", "nas__"],
    ["/servers/nas/mcp", ""],
  ])(
    "at %s have the tool that confirms for who needs it, and promise nothing that a plan does not keep",
    async (path, prefix) => {
      const { house } = await startHouse();
      const all = TOOLS.map(({ name }) => `${prefix}${String(name)}`);
      expect(await namesFor(house, { era: "modern", path })).toEqual(all);
      expect(await namesFor(house, ui("m1", { path, capabilities: FORMS }))).toEqual(all);
      for (const era of eras)
        expect(await namesFor(house, ui("m1", { path, era }))).toEqual([...all, "shardgate__confirm_call"]);
      const promised = async (caller: Caller) =>
        (((await ask(house, caller, "tools/list"))["tools"] as Json[])[0] as Json)["outputSchema"];
      expect(await promised(ui("m1", { path }))).toBeUndefined();
      expect(await promised(ui("m1", { path, capabilities: FORMS }))).toEqual(TOOLS[0]!["outputSchema"]);
    },
  );

  it("plan and confirm at the address of one upstream; a token of another is sent there", async () => {
    const { house, got } = await startHouse({}, { lab: { era: "legacy", tools: TOOLS } });
    const path = "/servers/nas/mcp";
    const token = tokenOf(textOf(await ask(house, ui("m1", { path }), "tools/call", { name: "wipe", arguments: {} })));
    const wrong = await ask(house, ui("m2", { path: "/servers/lab/mcp" }), "tools/call", confirm(token));
    expect(textOf(wrong)).toContain("use the confirm_call of nas");
    expect(got).toEqual([]);
    expect(textOf(await ask(house, ui("m2", { path }), "tools/call", confirm(token)))).toBe("It is gone.");
  });
});

describe("OpenAPI", () => {
  const call = async (house: TestHouse, path: string, body: Json, headers: Record<string, string>) => {
    const response = await house.app.fetch(
      new Request(`http://localhost:9100${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    );
    return { status: response.status, body: (await response.json()) as unknown };
  };

  it("plans in the same words, and confirms at an operation of its own", async () => {
    const { house, got } = await startHouse();
    const planned = await call(house, "/nas/wipe", { name: "films" }, openWebUi("m1"));
    expect(planned).toEqual({ status: 200, body: expect.stringMatching(/^NOT DONE YET[\s\S]*- name: "films"/) });
    expect(got).toEqual([]);
    const token = tokenOf(String(planned.body));
    expect((await call(house, "/nas/confirm_call", { token }, openWebUi("m1"))).status).toBe(500);
    for (let turn = 0; turn < 2; turn++) {
      expect(await call(house, "/nas/confirm_call", { token }, openWebUi("m2"))).toEqual({
        status: 200,
        body: "It is gone.",
      });
    }
    expect(got).toHaveLength(1);
    expect(await call(house, "/nas/wipe", {}, {})).toEqual({ status: 200, body: "It is gone." });
    expect((await call(house, "/nas/confirm_call", {}, openWebUi("m2"))).status).toBe(422);
  });

  it("has that operation in each document of a server with such a tool, since nobody says who reads it", async () => {
    const { house } = await startHouse({}, { calm: { era: "modern", tools: [tool("plain"), tool("confirm_call")] } });
    const pathsOf = async (path: string) => {
      const document = (await (await house.app.fetch(new Request(`http://localhost:9100${path}`))).json()) as Json;
      return Object.keys(document["paths"] as Json);
    };
    expect(await pathsOf("/nas/openapi.json")).toEqual(["/wipe", "/look", "/plain", "/confirm_call"]);
    expect(await pathsOf("/calm/openapi.json")).toEqual(["/plain", "/confirm_call"]);
    expect(await pathsOf("/openapi.json")).toContain("/nas/confirm_call");
  });

  it("leaves a tool of that name alone", async () => {
    const { house, got } = await startHouse({ tools: [...TOOLS, tool("confirm_call")] });
    expect((await call(house, "/nas/confirm_call", { name: "x" }, openWebUi("m1"))).body).toBe("It is gone.");
    expect(got[0]?.params["name"]).toBe("confirm_call");
    const planned = await call(house, "/nas/wipe", {}, openWebUi("m1"));
    const token = tokenOf(String(planned.body));
    expect((await call(house, "/nas/shardgate__confirm_call", { token }, openWebUi("m2"))).body).toBe("It is gone.");
  });
});
