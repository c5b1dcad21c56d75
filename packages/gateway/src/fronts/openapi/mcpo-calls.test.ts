import { describe, expect, it } from "vitest";
import { itAnswers, KEY, PNG, type Row, up } from "./testing/as-mcpo.ts";
import { startFront } from "./testing/start-front.ts";

const calls: readonly Row[] = [
  { what: "one text", path: "/up/echo", body: { message: "hi" }, status: 200, is: "Echo: hi" },
  { what: "numbers", path: "/up/get-sum", body: { a: 1, b: 2 }, status: 200, is: "The sum of 1 and 2 is 3." },
  {
    what: "several blocks",
    path: "/up/get-tiny-image",
    body: {},
    status: 200,
    is: ["Here's the image you requested:", `data:image/png;base64,${PNG}`],
  },
  { what: "an image alone", path: "/up/image", body: {}, status: 200, is: `data:image/png;base64,${PNG}` },
  {
    what: "text that is JSON",
    path: "/up/get-structured-content",
    body: {},
    status: 200,
    is: { temperature: 33, conditions: "Cloudy", humidity: 82 },
  },
  { what: "a text that is a number", path: "/up/number", body: {}, status: 200, is: 42 },
  { what: "a text that is none", path: "/up/sentence", body: {}, status: 200, is: "Operation completed successfully" },
  { what: "no content", path: "/up/empty", body: {}, status: 200, is: [] },
  { what: "no body for a tool without arguments", path: "/up/number", status: 200, is: 42 },
  { what: "a body that such a tool has no use for", path: "/up/number", body: "nonsense", status: 200, is: 42 },
  { what: "mcpo drops audio", path: "/up/audio", body: {}, status: 200, is: "data:audio/wav;base64,UklGRg==" },
  { what: "mcpo drops structured content", path: "/up/structured", body: {}, status: 200, is: { a: 1 } },
  {
    what: "mcpo knows no resources",
    path: "/up/get-resource-reference",
    body: {},
    status: 200,
    is: [
      "Returning resource reference for Resource 1:",
      "the text",
      "You can access this resource using the URI: demo://text/1",
    ],
  },
  { what: "nor binary ones", path: "/up/blob", body: {}, status: 200, is: `data:image/png;base64,${PNG}` },
  {
    what: "nor links",
    path: "/up/link",
    body: {},
    status: 200,
    is: ["Here is 1 link", { type: "resource_link", uri: "demo://text/1", name: "one" }],
  },
  {
    what: "a name that is no identifier",
    path: "/up/a%20name%2Fthat%20is%20no%20%7Bidentifier%7D",
    body: { x: 1 },
    status: 200,
    is: { x: 1 },
  },
  { what: "an upstream by the name it had", path: "/UP/echo", body: { message: "hi" }, status: 200, is: "Echo: hi" },
];

describe("calls, as mcpo", () => void itAnswers(calls, { apiKey: "k" }, KEY));

describe("requests", () => {
  it.each(["modern", "legacy"] as const)("are made in the era of their upstream, %s", async (era) => {
    const { post, calls: made } = startFront({ servers: { up: { ...up, era } } });
    expect((await post("/up/echo", { message: "hi" })).status).toBe(200);
    expect(made).toMatchObject([{ era }]);
    expect(made[0]?.message.hasMeta).toBe(era === "modern");
    expect(made[0]?.message.params).toMatchObject({ name: "echo", arguments: { message: "hi" } });
  });
});

describe("results", () => {
  it("keeps the digits of numbers, in arguments and results", async () => {
    const { ask, calls: made } = startFront({ servers: { up } });
    expect((await ask("POST", "/up/big-number")).text).toBe("12345678901234567890.10");
    const body = '{ "a": 12345678901234567890.10, "b": 1e2 }';
    await ask("POST", "/up/get-sum", { headers: { "content-type": "application/json" }, body });
    expect(made.at(-1)?.message.paramsBytes?.toString()).toContain(`"arguments":${body}`);
  });

  it("shows a page as such, kept away from ours, and as JSON to those who want JSON", async () => {
    const { post } = startFront({ servers: { up } });
    const page = await post("/up/page", {}, { accept: "*/*" });
    expect(page.text).toBe("<p>Routes</p>");
    expect(Object.fromEntries(page.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-disposition": "inline",
      "content-security-policy": "sandbox allow-scripts",
    });
    expect((await post("/up/page", {}, { accept: "application/json" })).json).toBe("<p>Routes</p>");
  });

  it("logs a bug with its trace, and tells nobody else", async () => {
    const { post, logger } = startFront({ servers: { up } });
    const answer = await post("/up/bug", {});
    expect(answer.text).not.toContain("expects");
    expect(logger.lines).toMatchObject([
      { level: "error", error: expect.stringContaining("no one expects this here") },
    ]);
  });
});
