import { Message } from "@shardgate/mcp-wire";
import { afterEach, describe, expect, it } from "vitest";
import { configSchema, DEFAULT_CONFIG } from "../config/schema.ts";
import { Catalog } from "../core/catalog.ts";
import { call, context, upstreamState } from "../testing/calls.ts";
import { startHouse } from "../testing/start-house.ts";
import { SECRET, userToken } from "../testing/user-token.ts";
import { ToolAccess } from "./tool-access.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const authOf = (auth: object) => configSchema.parse({ auth }).auth;
const policies = [
  { tools: ["git__*"], users: ["ada@example.org"] },
  { tools: ["*__delete"], roles: ["admin"] },
];
const signed = authOf({ open_webui: { jwt_secret: SECRET }, policies });

const ada = userToken({ sub: "u1", email: "ada@example.org" });
const bob = userToken({ sub: "u2", email: "bob@example.org", role: "admin" });

const upstreams = () => ({
  git: { tools: ["push", "delete"], options: { prefix: false, tools: { rename: { delete: "remove" } } } },
  nas: { tools: ["list", "delete"] },
});

async function start(auth = signed, more: object = {}) {
  const house = await startHouse(upstreams(), { auth, ...more });
  open.push(house);
  return house;
}

describe("what somebody can list is what they can call", () => {
  /** By who asks: the tools that are there for them, by upstream and own name. */
  const there: [string, Record<string, string> | undefined, string[]][] = [
    ["one who fits a rule", ada, ["git push", "nas list"]],
    ["one who fits another", bob, ["nas list", "nas delete"]],
    [
      "one who fits both",
      userToken({ sub: "u3", email: "ADA@example.org", role: "admin" }),
      ["git push", "git delete", "nas list", "nas delete"],
    ],
    ["one who is not named", undefined, ["nas list"]],
    ["one whose token is not believed", userToken({ email: "ada@example.org" }, "guess"), ["nas list"]],
    ["one who writes plain headers", { "X-OpenWebUI-User-Email": "ada@example.org" }, ["nas list"]],
  ];
  const everywhere: [string, (upstream: string) => string, Record<string, string>][] = [
    [
      "/mcp",
      () => "/mcp",
      { "git push": "push", "git delete": "remove", "nas list": "nas__list", "nas delete": "nas__delete" },
    ],
    [
      "a profile",
      () => "/p/all/mcp",
      { "git push": "push", "git delete": "remove", "nas list": "nas__list", "nas delete": "nas__delete" },
    ],
    [
      "one upstream",
      (upstream) => `/servers/${upstream}/mcp`,
      { "git push": "push", "git delete": "remove", "nas list": "list", "nas delete": "delete" },
    ],
  ];

  describe.each(everywhere)("at %s", (_, pathOf, shown) => {
    it.each(there)("%s", async (_who, headers, expected) => {
      const { names, call: callTool, called } = await start(signed, { profiles: { all: {} } });
      for (const isModern of [true, false]) {
        const listed = new Set<string>();
        for (const path of new Set(["git", "nas"].map(pathOf))) {
          for (const name of await names(path, headers, isModern)) listed.add(name);
        }
        expect(listed).toEqual(new Set(expected.map((one) => shown[one])));
        called.length = 0;
        for (const [own, name] of Object.entries(shown)) {
          const { body } = await callTool(pathOf(own.split(" ")[0]!), name, headers, isModern);
          if (!expected.includes(own))
            expect(body.error).toMatchObject({ code: -31015, data: { sent: false, retryable: false } });
        }
        expect(called.toSorted()).toEqual(expected.toSorted());
      }
    });
  });

  it("over OpenAPI the documents show every tool, and a call says why it may not be", async () => {
    const { fetch, post, called } = await start();
    const { paths } = (await (await fetch("/openapi.json")).json()) as { paths: object };
    expect(Object.keys(paths)).toEqual(["/git/push", "/git/remove", "/nas/list", "/nas/delete"]);
    const denied = await post("/nas/delete", {}, ada);
    expect(denied).toMatchObject({
      status: 403,
      body: {
        detail: {
          message:
            "Only certain users may call nas__delete, and ada@example.org is none of them; ask the operator of the gateway (auth.policies)",
          data: { upstream: "nas", sent: false },
        },
      },
    });
    expect((await post("/git/remove", {}, ada)).status).toBe(403);
    expect((await post("/nas/delete", {}, bob)).status).toBe(200);
    expect(called).toEqual(["nas delete"]);
  });

  it("no message in a batch, over HTTP+SSE or without an id gets past", async () => {
    const { post, fetch, called } = await start();
    const params = { protocolVersion: "2025-03-26", capabilities: {}, clientInfo: { name: "t", version: "1" } };
    const request = (id: number, name: string) => ({
      jsonrpc: "2.0",
      id,
      method: "tools/call",
      params: { name, arguments: {} },
    });
    const opened = await post("/mcp", { jsonrpc: "2.0", id: 1, method: "initialize", params });
    const session = { "mcp-session-id": opened.headers.get("mcp-session-id") as string };
    const answers = (await post("/mcp", [request(1, "nas__delete"), request(2, "nas__list")], session)).body;
    expect(answers).toMatchObject([
      { id: 1, error: { code: -31015 } },
      { id: 2, result: {} },
    ]);
    expect((await post("/sse", request(3, "push"))).body.error).toMatchObject({ code: -31015 });
    const { id: _, ...notification } = request(4, "delete");
    const silent = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(notification),
    };
    await fetch("/servers/nas/mcp", silent);
    const odd = { jsonrpc: "2.0", id: 5, method: "tools/call", params: { name: ["delete"] } };
    expect((await post("/servers/nas/mcp", odd)).body.error).toMatchObject({ code: -32602 });
    expect(called).toEqual(["nas list"]);
  });

  it("the dashboard shows every tool and calls none for nobody", async () => {
    const { fetch, called } = await start();
    expect(await (await fetch("/dashboard/upstreams/nas")).text()).toContain("nas__delete");
    const form = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "" };
    expect(await (await fetch("/dashboard/tools/nas__delete", form)).text()).toContain(
      "Only certain users may call nas__delete",
    );
    expect(called).toEqual([]);
  });

  it("the log has the call that was refused, with who made it", async () => {
    const { call: callTool, logger } = await start();
    await callTool("/mcp", "nas__delete", ada);
    expect(logger.lines.filter(({ message }) => message === "call")).toMatchObject([
      {
        level: "warn",
        upstream: "nas",
        name: "delete",
        outcome: "policy_denied",
        code: -31015,
        user: { id: "u1", email: "ada@example.org" },
      },
    ]);
  });
});

describe("policies that change", () => {
  it("count at once, and clients hear that their lists are others", async () => {
    const { names, post, fetch, configure, house } = await start(DEFAULT_CONFIG.auth);
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } };
    const opened = await post("/servers/nas/mcp", { jsonrpc: "2.0", id: 1, method: "initialize", params });
    const id = opened.headers.get("mcp-session-id") as string;
    const stream = await fetch("/servers/nas/mcp", { headers: { accept: "text/event-stream", "mcp-session-id": id } });
    expect(await names("/mcp")).toHaveLength(4);
    configure({ auth: signed });
    expect(await names("/mcp")).toEqual(["nas__list"]);
    configure({ auth: { ...signed, strict: true } });
    configure({ auth: DEFAULT_CONFIG.auth });
    expect(await names("/mcp")).toHaveLength(4);
    house.drain();
    expect((await stream.text()).match(/notifications\/tools\/list_changed/g)).toHaveLength(2);
  });

  it("are in /health, with what they say in vain", async () => {
    const odd = authOf({
      open_webui: { trust_headers: true },
      policies: [{ tools: ["gti__*", "nas__*"], roles: ["admin"] }],
    });
    const { fetch } = await start(odd);
    const { policies: report } = (await (await fetch("/health")).json()) as { policies: unknown };
    expect(report).toEqual({
      rules: 1,
      problems: [
        "auth.open_webui.trust_headers counts only with auth.api_key: as it is, no request names a user",
        "auth.policies.0.tools: gti__* fits no tool",
      ],
    });
  });
});

describe("plain headers", () => {
  it("name somebody only where every request gives the key", async () => {
    const auth = authOf({ open_webui: { trust_headers: true }, api_key: "k", policies });
    const { names, configure } = await start(auth);
    const headers = { authorization: "Bearer k", "x-openwebui-user-email": "ada@example.org" };
    expect(await names("/mcp", headers)).toEqual(["push", "nas__list"]);
    configure({ auth: { ...auth, api_key: undefined } });
    expect(await names("/mcp", headers)).toEqual(["nas__list"]);
  });
});

describe("a tool that nobody has listed yet", () => {
  const access = (rules: object[]) =>
    new ToolAccess(authOf({ open_webui: { jwt_secret: SECRET }, policies: rules }), {
      catalog: () => Catalog.of([]),
      isKeyAsked: () => false,
      now: () => new Date(0),
    });
  const isRefused = (rules: object[]): boolean =>
    access(rules).refusalOf(call(upstreamState({ name: "nas" }), context())) !== undefined;

  it("is judged by every name it could have", () => {
    for (const name of ["nas__now", "nas__*", "now", "n*w", "*"])
      expect(isRefused([{ tools: [name], roles: ["admin"] }])).toBe(true);
    for (const name of ["nas__no", "nas", "time__*"])
      expect(isRefused([{ tools: [name], roles: ["admin"] }])).toBe(false);
  });

  it("is left out of a list that its upstream gives itself", () => {
    const list = Message.result("1", '{"tools":[{"name":"now", "x":1.0},{"name":"then"}],"nextCursor":"a"}');
    const narrowed = access([{ tools: ["nas__then"], roles: ["admin"] }]).narrow(list, "nas", []);
    expect(narrowed.outcome.toString()).toBe('{"tools":[{"name":"now", "x":1.0}],"nextCursor":"a"}');
    expect(access([]).narrow(list, "nas", [])).toBe(list);
  });
});
