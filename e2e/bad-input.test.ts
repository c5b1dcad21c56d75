// What clients can send that they should not. Each case gets its documented error while another call goes on undisturbed.
import { beforeAll, describe, expect, test } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { stopAtEnd } from "./support/program.ts";
import { get, open, send, type RawRequest } from "./support/raw-client.ts";
import { startRawUpstream, type RawUpstream } from "./support/raw-upstream.ts";
import { callModern, ENVELOPE, modern, MODERN, modernHeaders, openSession, rpc } from "./support/rpc-client.ts";
import { errorOf, gatewayData, type RpcProblem } from "./support/rpc-error.ts";
import { speak } from "./support/scripts.ts";

const stopLater = stopAtEnd();
let upstream: RawUpstream;
let gateway: Gateway;
let mcp: string;

beforeAll(async () => {
  upstream = await stopLater(startRawUpstream({ era: "modern", tools: { fast: speak(), slow: speak("slow", 40) } }));
  gateway = await stopLater(
    startGateway({
      upstreams: { raw: { kind: "mcp-http", url: upstream.url, headers: { Authorization: "Bearer s3cret" } } },
      listen: { allowed_hosts: ["mcp.example.com"], allowed_origins: ["https://chat.example.com"] },
    }),
  );
  mcp = `${gateway.url}/mcp`;
});

/** Does something while a call of somebody else is under way, which must not notice. */
async function beside<T>(work: () => Promise<T>): Promise<T> {
  const other = callModern(mcp, "raw__slow");
  const done = await work();
  expect((await other).json().result).toMatchObject({ content: [{ text: "slow" }] });
  expect((await get(`${gateway.url}/livez`)).status).toBe(200);
  return done;
}

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const call = rpc("tools/call", { name: "raw__fast", arguments: {}, _meta: ENVELOPE });
const callHeaders = modernHeaders("tools/call", "raw__fast");
const withMeta = (meta: object) => rpc("tools/call", { name: "raw__fast", _meta: meta });
const version = "io.modelcontextprotocol/protocolVersion";
const capabilities = "io.modelcontextprotocol/clientCapabilities";

type Case = readonly [title: string, request: RawRequest, expected: Partial<RpcProblem>];

const malformed: readonly Case[] = [
  ["an empty body", { body: "" }, { status: 400, code: -32700 }],
  ["text that is no JSON", { body: "hello" }, { status: 400, code: -32700 }],
  ["JSON that breaks off", { body: call.slice(0, -2) }, { status: 400, code: -32700 }],
  ["two messages in one body", { body: `${call}${call}` }, { status: 400, code: -32700 }],
  ["bytes that are no UTF-8", { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) }, { status: 400, code: -32700 }],
  ["NaN", { body: '{"jsonrpc":"2.0","id":NaN,"method":"ping"}' }, { status: 400, code: -32700 }],
  [
    "200,000 levels",
    { body: rpc("ping").replace("{}", nested(200_000)) },
    { status: 400, code: -32700, message: expect.stringContaining("512") },
  ],
  ["a string", { body: '"tools/call"' }, { status: 400, code: -32600 }],
  ["null", { body: "null" }, { status: 400, code: -32600 }],
  ["an object that is no message", { body: '{"tool":"time"}' }, { status: 400, code: -32600 }],
  ["JSON-RPC 1.0", { body: '{"jsonrpc":"1.0","id":1,"method":"ping"}' }, { status: 400, code: -32600 }],
  ["no jsonrpc", { body: '{"id":1,"method":"ping"}' }, { status: 400, code: -32600 }],
  ["a method that is a number", { body: '{"jsonrpc":"2.0","id":1,"method":7}' }, { status: 400, code: -32600 }],
  ["an id that is an object", { body: '{"jsonrpc":"2.0","id":{},"method":"ping"}' }, { status: 400, code: -32600 }],
  ["an id that is null", { body: '{"jsonrpc":"2.0","id":null,"method":"ping"}' }, { status: 400, code: -32600 }],
  ["params that are a list", { body: rpc("ping").replace("{}", "[]") }, { status: 400, code: -32600 }],
  ["a key of the head twice", { body: call.replace('"id"', '"method":"ping","id"') }, { status: 400, code: -32600 }],
  [
    "a request and a response in one",
    { body: rpc("ping").replace("{}", '{},"result":{}') },
    { status: 400, code: -32600 },
  ],
];

const envelopes: readonly Case[] = [
  [
    "no _meta at all",
    { headers: callHeaders, body: rpc("tools/call", { name: "raw__fast" }) },
    { status: 400, code: -32602, data: { missing: [version, capabilities] }, id: 1 },
  ],
  [
    "no capabilities",
    { headers: callHeaders, body: withMeta({ [version]: MODERN }) },
    { status: 400, code: -32602, data: { missing: [capabilities] } },
  ],
  [
    "a revision of the future",
    { headers: { ...callHeaders, "MCP-Protocol-Version": "2031-01-01" }, body: withMeta({ [version]: "2031-01-01" }) },
    { status: 400, code: -32022, data: { supported: [MODERN], requested: "2031-01-01" } },
  ],
  [
    "two revisions",
    { headers: { ...callHeaders, "MCP-Protocol-Version": "2025-11-25" }, body: call },
    { status: 400, code: -32020, data: { mismatch: { header: "mcp-protocol-version", value: "2025-11-25" } } },
  ],
  [
    "no revision in the headers",
    { headers: { "Mcp-Method": "tools/call" }, body: call },
    { status: 400, code: -32020 },
  ],
  ["another method", { headers: { ...callHeaders, "Mcp-Method": "ping" }, body: call }, { status: 400, code: -32020 }],
  ["no method", { headers: { "MCP-Protocol-Version": MODERN }, body: call }, { status: 400, code: -32020 }],
  ["another name", { headers: { ...callHeaders, "Mcp-Name": "time__now" }, body: call }, { status: 400, code: -32020 }],
  ["no name", { headers: modernHeaders("tools/call"), body: call }, { status: 400, code: -32020 }],
  [
    "a name that is another one in base64",
    { headers: { ...callHeaders, "Mcp-Name": "=?base64?dGltZV9fbm93?=" }, body: call },
    { status: 400, code: -32020 },
  ],
  [
    "initialize in the modern era",
    { headers: modernHeaders("initialize"), body: rpc("initialize", { protocolVersion: MODERN }) },
    { status: 400, code: -32020 },
  ],
  [
    "a legacy revision nobody knows",
    { headers: { "MCP-Protocol-Version": "1999-01-01" }, body: rpc("tools/list") },
    { status: 400, code: -32600, message: expect.stringContaining("2025-11-25") },
  ],
];

const http: readonly Case[] = [
  ["plain text", { headers: { "Content-Type": "text/plain" }, body: call }, { status: 415, code: -32600 }],
  [
    "a form",
    { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: call },
    { status: 415, code: -32600 },
  ],
  [
    "something like JSON",
    { headers: { "Content-Type": "application/json5" }, body: call },
    { status: 415, code: -32600 },
  ],
  [
    "5 MiB",
    { body: `${call.slice(0, -1)}${" ".repeat(5 << 20)}}` },
    { status: 413, code: -31017, data: { sent: false } },
  ],
  [
    "5 MiB of unknown length",
    { headers: { "Transfer-Encoding": "chunked" }, body: `${call.slice(0, -1)}${" ".repeat(5 << 20)}}` },
    { status: 413, code: -31017, data: { limit: 4 << 20, phase: "downstream", sent: false } },
  ],
  ["GET without a session", { method: "GET" }, { status: 405, code: -32600 }],
  ["DELETE without a session", { method: "DELETE" }, { status: 405, code: -32600 }],
  ["PUT", { method: "PUT", body: call }, { status: 405, code: -32600 }],
  ["GET of a session nobody has", { method: "GET", headers: { "Mcp-Session-Id": "x" } }, { status: 404, code: -32600 }],
  [
    "DELETE of a session nobody has",
    { method: "DELETE", headers: { "Mcp-Session-Id": "x" } },
    { status: 404, code: -32600 },
  ],
  [
    "a call in a session nobody has",
    { headers: { "Mcp-Session-Id": "x" }, body: rpc("ping") },
    { status: 404, code: -32600 },
  ],
];

const groups = { "a body": malformed, "an envelope": envelopes, "an HTTP request": http };

describe.each(Object.entries(groups))("%s with", (_, cases) => {
  test.each(cases)("%s", async (_title, request, expected) => {
    const before = upstream.of("tools/call").length;
    for (const path of ["/mcp", "/servers/raw/mcp"]) {
      const answer = await beside(() => send(`${gateway.url}${path}`, request));
      expect(errorOf(answer)).toMatchObject(expected);
      if (expected.status === 405) expect(answer.header("allow")).toBe("POST, GET, DELETE");
    }
    // Only the undisturbed calls got through.
    expect(upstream.of("tools/call")).toHaveLength(before + 2);
  });
});

describe("what names something that is not there", () => {
  test("a tool", async () => {
    const expected = {
      code: -32602,
      message: expect.stringContaining("raw__nothing"),
      data: gatewayData({ phase: "route", sent: false, retryable: false }),
    };
    expect(errorOf(await beside(() => callModern(mcp, "raw__nothing")))).toMatchObject({ status: 200, ...expected });
    const session = await openSession(mcp);
    expect(errorOf(await beside(() => session.call("raw__nothing")))).toMatchObject({ status: 200, ...expected });
  });

  test("a tool's name of the wrong type", async () => {
    const body = rpc("tools/call", { name: 7, _meta: ENVELOPE });
    const answer = await beside(() => send(mcp, { headers: modernHeaders("tools/call"), body }));
    expect(errorOf(answer)).toMatchObject({
      status: 200,
      code: -32602,
      message: expect.stringContaining("params.name"),
      data: gatewayData({ sent: false }),
    });
  });

  test("a method", async () => {
    expect(errorOf(await beside(() => modern(mcp, "tools/fold")))).toMatchObject({
      status: 404,
      code: -32601,
      message: expect.stringContaining("tools/fold"),
    });
    const session = await openSession(mcp);
    expect(errorOf(await beside(() => session.post(rpc("tools/fold"))))).toMatchObject({ status: 200, code: -32601 });
  });

  test("an upstream", async () => {
    const answer = await beside(() => send(`${gateway.url}/servers/nas/mcp`, { headers: callHeaders, body: call }));
    expect(errorOf(answer)).toMatchObject({ status: 404, code: -32600, message: expect.stringMatching(/nas.*raw/) });
  });

  test("a page", async () => {
    const answer = await beside(() => get(`${gateway.url}/nothing`));
    expect(answer.status).toBe(404);
    expect(answer.text).toContain("/mcp");
  });
});

test("a session means nothing to a modern request", async () => {
  const options = { headers: { "Mcp-Session-Id": "nobody's", "Last-Event-ID": "7" } };
  const answer = await callModern(mcp, "raw__fast", {}, options);
  expect(answer.json().result).toMatchObject({ content: [{ text: "ok" }] });
  expect(answer.header("mcp-session-id")).toBeUndefined();
});

test("a session is known at its own address only, and until it is ended", async () => {
  const session = await openSession(mcp);
  const elsewhere = `${gateway.url}/servers/raw/mcp`;
  expect(errorOf(await send(elsewhere, { headers: session.headers, body: rpc("ping") }))).toMatchObject({
    status: 404,
    code: -32600,
  });
  expect((await session.post(rpc("ping"))).json()).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
  expect(
    (await open(mcp, { method: "GET", headers: { ...session.headers, Accept: "application/json" } })).statusCode,
  ).toBe(406);
  expect((await session.end()).status).toBe(204);
  expect(errorOf(await session.post(rpc("ping")))).toMatchObject({
    status: 404,
    code: -32600,
    message: expect.stringContaining("initialize again"),
  });
  expect(errorOf(await session.end())).toMatchObject({ status: 404, code: -32600 });
});

describe("batches", () => {
  const batch = `[${rpc("ping", {}, 1)},{"jsonrpc":"2.0","method":"notifications/x"},${rpc("tools/fold", {}, "b")}]`;

  test("are answered in the one revision that has them", async () => {
    const session = await openSession(mcp, "2025-03-26");
    for (const answer of [await session.post(batch), await send(mcp, { body: batch })]) {
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.text)).toMatchObject([
        { id: 1, result: {} },
        { id: "b", error: { code: -32601 } },
      ]);
    }
    const notifications = await session.post('[{"jsonrpc":"2.0","method":"notifications/x"}]');
    expect([notifications.status, notifications.text]).toEqual([202, ""]);
  });

  test("are refused in every other", async () => {
    for (const revision of ["2024-11-05", "2025-06-18", "2025-11-25"]) {
      const session = await openSession(mcp, revision);
      expect(errorOf(await session.post(batch))).toMatchObject({
        status: 400,
        code: -32600,
        message: expect.stringContaining(`${revision} has no batches`),
      });
    }
    const answer = await send(mcp, { headers: { "MCP-Protocol-Version": MODERN }, body: batch });
    expect(errorOf(answer)).toMatchObject({
      status: 400,
      code: -32600,
      message: expect.stringContaining(`${MODERN} has no batches`),
    });
  });

  test("are refused when empty, endless or broken", async () => {
    expect(errorOf(await beside(() => send(mcp, { body: "[]" })))).toMatchObject({ status: 400, code: -32600 });
    const endless = `[${Array.from({ length: 101 }, () => rpc("ping")).join(",")}]`;
    expect(errorOf(await beside(() => send(mcp, { body: endless })))).toMatchObject({
      status: 400,
      code: -32600,
      message: expect.stringContaining("100"),
    });
    expect(errorOf(await beside(() => send(mcp, { body: "[1,2]" })))).toMatchObject({ status: 400, code: -32600 });
    const broken = await beside(() => send(mcp, { body: `[${rpc("ping")}` }));
    expect(errorOf(broken)).toMatchObject({ status: 400, code: -32700 });
  });
});
