import { describe, expect, it } from "vitest";
import { FORMS, startHouse, ui, wipe, type TestHouse } from "../testing/confirmed-house.ts";
import { ask, type Json, openWebUi, post, textOf } from "../testing/scripted-house.ts";

describe("a form", () => {
  const page = ui("m1", { capabilities: FORMS });

  it("is a result for a modern client, whose answer runs the call once, without anything of ours in it", async () => {
    const { house, got } = await startHouse();
    const asked = await ask(house, page, "tools/call", wipe);
    expect(asked).toMatchObject({
      resultType: "input_required",
      requestState: expect.any(String),
      inputRequests: {
        "shardgate-confirm": {
          method: "elicitation/create",
          params: {
            message: expect.stringMatching(/^The tool wipe of nas, [\s\S]* would run with:\n- name: "films"$/),
            requestedSchema: { type: "object", properties: { confirm: { type: "boolean" } }, required: ["confirm"] },
          },
        },
      },
    });
    expect(got).toEqual([]);
    const retry = retryOf(asked, { action: "accept", content: { confirm: true } });
    expect(textOf(await ask(house, page, "tools/call", retry))).toBe("It is gone.");
    expect(textOf(await ask(house, page, "tools/call", retry))).toBe("It is gone.");
    expect(got.map(({ params }) => Object.keys(params).toSorted())).toEqual([["_meta", "arguments", "name"]]);
  });

  it.each([{ action: "decline" }, { action: "cancel" }, { action: "accept", content: { confirm: false } }])(
    "answered with %j sends nothing, and says so to the model",
    async (answer) => {
      const { house, got, logger } = await startHouse();
      const asked = await ask(house, page, "tools/call", wipe);
      const said = await ask(house, page, "tools/call", retryOf(asked, answer));
      expect([said["isError"], textOf(said)]).toEqual([true, expect.stringContaining("The user did not agree")]);
      const after = await ask(
        house,
        page,
        "tools/call",
        retryOf(asked, { action: "accept", content: { confirm: true } }),
      );
      expect(after["resultType"]).toBe("input_required");
      expect(got).toEqual([]);
      expect(logger.lines.filter(({ outcome }) => outcome === "confirmation_declined")).toHaveLength(1);
    },
  );

  it.each([
    ["other arguments", { arguments: { name: "photos" } }, page],
    ["another state", { requestState: "sg1.x.y.z" }, page],
    ["another user", {}, { ...page, headers: { ...openWebUi("m1"), "X-OpenWebUI-User-Id": "bob" } }],
  ])("answered with %s is asked anew", async (_, changes, caller) => {
    const { house, got } = await startHouse();
    const asked = await ask(house, page, "tools/call", wipe);
    const retry = { ...retryOf(asked, { action: "accept", content: { confirm: true } }), ...changes };
    expect((await ask(house, caller, "tools/call", retry))["resultType"]).toBe("input_required");
    expect(got).toEqual([]);
  });

  it("comes before the questions of the upstream, which go on with their own state", async () => {
    const further = {
      resultType: "input_required",
      inputRequests: {
        size: { method: "elicitation/create", params: { message: "Which?", requestedSchema: { type: "object" } } },
      },
      requestState: "of the upstream: \u00e4",
    };
    const { house, got } = await startHouse({
      answer: ({ params }) =>
        params["inputResponses"] === undefined ? further : { content: [{ type: "text", text: "Big." }] },
    });
    const asked = await ask(house, page, "tools/call", wipe);
    const second = await ask(
      house,
      page,
      "tools/call",
      retryOf(asked, { action: "accept", content: { confirm: true } }),
    );
    expect(second).toMatchObject(further);
    const last = {
      ...wipe,
      requestState: second["requestState"],
      inputResponses: { size: { action: "accept", content: {} } },
    };
    expect(textOf(await ask(house, page, "tools/call", last))).toBe("Big.");
    expect(got.map(({ params }) => params["requestState"])).toEqual([undefined, "of the upstream: \u00e4"]);
    // It is over: the same again is asked anew.
    expect((await ask(house, page, "tools/call", last))["inputRequests"]).toHaveProperty("shardgate-confirm");
  });

  it("comes before the questions of an upstream that gives no state, though the client sends ours again", async () => {
    const further = {
      resultType: "input_required",
      inputRequests: { size: { method: "elicitation/create", params: { message: "Which?", requestedSchema: {} } } },
    };
    const { house, got } = await startHouse({
      answer: ({ params }) =>
        Object.hasOwn(Object(params["inputResponses"]), "size")
          ? { content: [{ type: "text", text: "Big." }] }
          : further,
    });
    const first = retryOf(await ask(house, page, "tools/call", wipe), { action: "accept", content: { confirm: true } });
    expect(await ask(house, page, "tools/call", first)).toMatchObject(further);
    const last = { ...first, inputResponses: { size: { action: "accept", content: {} } } };
    expect(textOf(await ask(house, page, "tools/call", last))).toBe("Big.");
    expect(got.map(({ params }) => params["requestState"])).toEqual([undefined, undefined]);
  });

  function retryOf(asked: Json, answer: Json): Json {
    return { ...wipe, requestState: asked["requestState"], inputResponses: { "shardgate-confirm": answer } };
  }
});

describe("a form in a session of the legacy era", () => {
  async function session(house: TestHouse) {
    const headers: Record<string, string> = { ...openWebUi("m1") };
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: FORMS,
      clientInfo: { name: "mcp", version: "0.1.0" },
    };
    const opened = await post(house, "/mcp", headers, { id: 0, method: "initialize", params });
    Object.assign(headers, {
      "Mcp-Session-Id": opened.headers.get("mcp-session-id"),
      "MCP-Protocol-Version": "2025-11-25",
    });
    return (message: Json) => post(house, "/mcp", headers, message);
  }

  const events = async function* (response: Response): AsyncGenerator<Json> {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      for (const [, data] of Buffer.from(chunk)
        .toString()
        .matchAll(/^data: (.*)$/gm))
        yield JSON.parse(data as string) as Json;
    }
  };

  it.each([
    [{ result: { action: "accept", content: { confirm: true } } }, "It is gone.", 1],
    [{ result: { action: "decline" } }, expect.stringContaining("did not agree"), 0],
    [{ error: { code: -32601, message: "no forms" } }, expect.stringContaining("could not be asked"), 0],
  ])("comes on the stream of the call: %j", async (answer, said, runs) => {
    const { house, got } = await startHouse();
    const say = await session(house);
    const stream = events(await say({ id: 5, method: "tools/call", params: wipe }));
    const question = (await stream.next()).value as { id: unknown; method: string; params: Json };
    expect(question).toMatchObject({
      method: "elicitation/create",
      params: { message: expect.stringContaining("films") },
    });
    expect(got).toEqual([]);
    await say({ id: question.id, ...answer });
    const { id, result } = (await stream.next()).value as { id: unknown; result: Json };
    expect([id, textOf(result), got.length]).toEqual([5, said, runs]);
  });
});
