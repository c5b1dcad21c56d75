// Calls that wait for a person's agreement, at the addresses of profiles.
import { describe, expect, it } from "vitest";
import { context } from "../testing/calls.ts";
import { confirm, eras, namesFor, startHouse, tool, ui, wipe, type TestHouse } from "../testing/confirmed-house.ts";
import { ask, type Json, openWebUi, textOf, tokenOf } from "../testing/scripted-house.ts";

const profiles = {
  disks: { include: ["nas__wipe", "lab__plain"] },
  calm: { upstreams: ["nas"], exclude: ["nas__wipe"], instructions: "Only look." },
  lab: { upstreams: ["lab"] },
};
const start = () =>
  startHouse(
    { instructions: "Wipe twice." },
    { lab: { era: "legacy", tools: [tool("plain"), tool("confirm_call")] } },
    { profiles },
  );
const at = (profile: string, message = "m1") => ui(message, { path: `/p/${profile}/mcp` });
const tokenAt = async (house: TestHouse, profile: string): Promise<string> =>
  tokenOf(textOf(await ask(house, at(profile), "tools/call", wipe)));

describe("a profile over MCP", () => {
  it.each(eras)("lists what confirms where a tool of its own needs that, for a %s client", async (era) => {
    const { house } = await start();
    const names = (profile: string) => namesFor(house, { ...at(profile), era });
    expect(await names("disks")).toEqual(["lab__plain", "nas__wipe", "shardgate__confirm_call"]);
    expect(await names("calm")).toEqual(["nas__look", "nas__plain"]);
    expect(await names("lab")).toEqual(["lab__plain", "lab__confirm_call"]);
  });

  it("promises nothing that a plan does not keep", async () => {
    const { house } = await start();
    const [, listed] = (await ask(house, at("disks"), "tools/list"))["tools"] as Json[];
    expect(listed).toMatchObject({ name: "nas__wipe" });
    expect(listed).not.toHaveProperty("outputSchema");
  });

  it.each([
    ["/p/disks/mcp", "/p/disks/mcp"],
    ["/p/disks/mcp", "/mcp"],
    ["/mcp", "/p/disks/mcp"],
  ])("plans at %s are confirmed at %s", async (planned, confirmed) => {
    const { house, got } = await start();
    const token = tokenOf(textOf(await ask(house, ui("m1", { path: planned }), "tools/call", wipe)));
    const answer = await ask(house, ui("m2", { path: confirmed }), "tools/call", confirm(token));
    expect(textOf(answer)).toBe("It is gone.");
    expect(got).toHaveLength(1);
  });

  it.each(["calm", "lab"])("plans are not confirmed at %s, which has not the tool", async (profile) => {
    const { house, got } = await start();
    const token = await tokenAt(house, "disks");
    const answer = await ask(house, at(profile, "m2"), "tools/call", confirm(token));
    expect(answer["isError"]).toBe(true);
    expect(textOf(answer)).toContain("Nothing was done");
    expect(got).toEqual([]);
    expect(textOf(await ask(house, at("disks", "m2"), "tools/call", confirm(token)))).toBe("It is gone.");
  });

  it("tells a release of Open WebUI that drops instructions what the profile says, else what its upstreams do", async () => {
    const { house } = await start();
    const described = async (profile: string) => {
      const { tools } = (await ask(house, { ...at(profile), era: "legacy" }, "tools/list")) as { tools: Json[] };
      return tools.map(({ description }) => description);
    };
    expect(await described("calm")).toEqual(["For all tools here: Only look.", undefined]);
    expect(await described("disks")).toEqual([undefined, "For all tools of nas: Wipe twice.", expect.any(String)]);
  });
});

describe("a profile over OpenAPI", () => {
  const call = async (house: TestHouse, path: string, body: Json | undefined, headers: Record<string, string> = {}) => {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    };
    const request = new Request(`http://localhost:9100${path}`, body === undefined ? {} : init);
    const response = await house.app.fetch(request);
    return { status: response.status, body: (await response.json()) as unknown };
  };

  it("plans, and confirms at an operation of its own", async () => {
    const { house, got } = await start();
    const planned = await call(house, "/p/disks/nas/wipe", { name: "films" }, openWebUi("m1"));
    expect(planned).toEqual({ status: 200, body: expect.stringMatching(/^NOT DONE YET/) });
    const body = { token: tokenOf(String(planned.body)) };
    expect((await call(house, "/p/calm/nas/confirm_call", body, openWebUi("m2"))).status).toBe(404);
    const confirmed = await call(house, "/p/disks/nas/confirm_call", body, openWebUi("m2"));
    expect(confirmed).toEqual({ status: 200, body: "It is gone." });
    expect(got).toHaveLength(1);
  });

  it("has that operation in its documents where a tool of its own needs it", async () => {
    const { house } = await start();
    const pathsOf = async (path: string) => {
      const { body } = await call(house, path, undefined);
      return Object.keys((body as { paths: object }).paths);
    };
    expect(await pathsOf("/p/disks/openapi.json")).toEqual(["/lab/plain", "/nas/wipe", "/nas/confirm_call"]);
    expect(await pathsOf("/p/disks/nas/openapi.json")).toEqual(["/wipe", "/confirm_call"]);
    expect(await pathsOf("/p/calm/nas/openapi.json")).toEqual(["/look", "/plain"]);
  });
});

describe("lists", () => {
  it("are the same bytes for every reader of a kind until something changes", async () => {
    const { house } = await startHouse({ instructions: "Wipe twice." });
    const headers = ["X-OpenWebUI-Chat-Id", "1"];
    const kinds = eras.flatMap((era) => [{ era }, { era, headers }]);
    const lists = kinds.map((kind) => house.gateway.listTools(context(kind)));
    const again = kinds.map((kind) => house.gateway.listTools(context({ ...kind })));
    for (const [index, list] of lists.entries()) expect(again[index]).toBe(list);
    expect(new Set(lists.map(String)).size).toBe(3);
  });
});
