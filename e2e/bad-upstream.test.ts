// What upstreams can answer that they should not. Each gives its documented error to that one call; the others go on.
import { beforeAll, describe, expect, test, vi } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { get, type RawAnswer } from "./support/raw-client.ts";
import { startRawUpstream, type RawUpstream, type Script } from "./support/raw-upstream.ts";
import { callModern, openSession } from "./support/rpc-client.ts";
import { errorOf, gatewayData, type RpcProblem } from "./support/rpc-error.ts";
import * as scripts from "./support/scripts.ts";

const { speak, stream, streamAnswer, verbatim } = scripts;
const event = (data: string) => `event: message\ndata: ${data}\n\n`;
const foreign = '{"jsonrpc":"2.0","id":"nobody","result":{"content":[]}}';
const deep = `{"jsonrpc":"2.0","id":1,"result":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
const huge = `{"jsonrpc":"2.0","id":1,"result":{"x":"${"x".repeat(11 << 20)}"}}`;

interface Failure {
  readonly script: Script;
  readonly code: number;
  readonly sent: boolean;
  readonly retryable?: boolean;
  readonly message?: RegExp;
}

const unavailable = { code: -31010, sent: true };
const crashed = { code: -31012, sent: true };
const nonsense = { code: -31018, sent: true };
const tooLarge = { code: -31017, sent: true };

/** What goes wrong, by the name of the tool that does it. */
const failures: Readonly<Record<string, Failure>> = {
  html: { script: scripts.html(200), ...nonsense, message: /text\/html/ },
  "html-502": { script: scripts.html(502), ...unavailable, message: /HTTP 502/ },
  "html-404": { script: scripts.html(404), ...nonsense, message: /HTTP 404/ },
  refused: { script: scripts.status(401), code: -31010, sent: false, retryable: true, message: /credentials.*401/ },
  forbidden: { script: scripts.status(403), code: -31010, sent: false, retryable: true, message: /credentials.*403/ },
  limited: { script: scripts.status(429), code: -31013, sent: false, retryable: true, message: /429/ },
  broken: { script: scripts.status(500), ...unavailable, message: /HTTP 500/ },
  nothing: { script: scripts.status(204), ...nonsense },
  accepted: { script: scripts.status(202), ...nonsense },
  hung: { script: scripts.hang, code: -31011, sent: true, message: /did not answer hung within 1\.\d s/ },
  "hung-stream": { script: scripts.hangInStream, code: -31011, sent: true },
  dropped: { script: scripts.drop(), ...crashed },
  "dropped-midway": { script: scripts.drop('{"jsonrpc":"2.0","id":1,"res'), ...crashed },
  "stream-ends": { script: stream(": hello\n\n"), ...crashed, message: /without an answer/ },
  "wrong-id": { script: scripts.wrongId, ...nonsense },
  "wrong-id-stream": { script: stream(event(foreign)), ...crashed },
  "no-json": { script: verbatim("{nonsense"), ...nonsense },
  "no-rpc": { script: verbatim('{"ok":true}'), ...nonsense },
  "a-list": { script: verbatim("[]"), ...nonsense },
  "no-utf8": { script: verbatim(Buffer.from('{"jsonrpc":"2.0","id":1,"result":"\xff"}', "latin1")), ...nonsense },
  "too-deep": { script: verbatim(deep), ...nonsense },
  "no-json-event": { script: stream(event("nonsense")), ...nonsense },
  "too-large": { script: verbatim(huge), ...tooLarge, message: /10485760/ },
  "too-large-event": { script: stream("data: ", Buffer.alloc(11 << 20, "x")), ...tooLarge },
  elsewhere: {
    script: (_, response) => scripts.status(307, { Location: stranger.url })(_, response),
    code: -31018,
    sent: false,
    message: /another origin/,
  },
  round: { script: scripts.status(308, { Location: "/mcp" }), code: -31018, sent: false, message: /more than 3/ },
  "redirect-nowhere": { script: scripts.status(307), code: -31018, sent: false },
  found: { script: scripts.status(302, { Location: "/mcp" }), ...nonsense, message: /302/ },
};

/** What is odd and still an answer. */
const oddities: Readonly<Record<string, Script>> = {
  "foreign-first": streamAnswer({ before: [foreign] }),
  twice: (request, response) => streamAnswer({ after: [scripts.answered(request, "again")] })(request, response),
  slowly: scripts.drip(7, 1),
  "in-bytes": (request, response) => stream(...event(scripts.answered(request)).split(""))(request, response),
  // As servers do that want a slash at the end of their path.
  moved: (request, response) =>
    request.path === "/mcp"
      ? scripts.status(307, { Location: "/mcp/" })(request, response)
      : speak()(request, response),
  "crlf-comments-ids": (request, response) =>
    stream(`\uFEFF: hello\r\nid: 7\r\nretry: 10\r\ndata:${scripts.answered(request)}\r\n\r\n`)(request, response),
  "in-lines": (request, response) =>
    stream(event(scripts.answered(request).replace(",", ",\ndata: ")))(request, response),
};

const stopLater = stopAtEnd();
const upstreams: Record<string, RawUpstream> = {};
let stranger: RawUpstream;
let gateway: Gateway;

beforeAll(async () => {
  const bad = Object.fromEntries(Object.entries(failures).map(([name, { script }]) => [name, script]));
  const tools = { ok: speak(), ...bad, ...oddities };
  stranger = await stopLater(startRawUpstream({ era: "modern", tools }));
  upstreams["modern"] = await stopLater(startRawUpstream({ era: "modern", tools }));
  upstreams["legacy"] = await stopLater(startRawUpstream({ era: "legacy", tools }));
  const other = await stopLater(startRawUpstream({ era: "modern", tools: { slow: speak("slow", 30) } }));
  const definition = (url: string) => ({ kind: "mcp-http", url, timeout: "1500ms", headers: { "X-Key": "s3cret" } });
  gateway = await stopLater(
    startGateway({
      upstreams: {
        modern: definition(upstreams["modern"].url),
        legacy: definition(upstreams["legacy"].url),
        other: definition(other.url),
      },
    }),
  );
});

const clients = {
  modern: (url: string, tool: string) => callModern(url, tool),
  legacy: async (url: string, tool: string) => (await openSession(url)).call(tool),
} as const;
const eras = ["modern", "legacy"] as const;
const pairs = eras.flatMap((client) => eras.map((upstream) => ({ client, upstream })));

describe.each(pairs)("a $client client, a $upstream upstream", ({ client, upstream }) => {
  const call = (tool: string): Promise<RawAnswer> =>
    client === upstream
      ? clients[client](`${gateway.url}/servers/${upstream}/mcp`, tool)
      : clients[client](`${gateway.url}/mcp`, `${upstream}__${tool}`);

  test.each(Object.entries(failures))("%s", async (tool, { code, sent, retryable = false, message = /./ }) => {
    const other = callModern(`${gateway.url}/mcp`, "other__slow");
    const problem: Partial<RpcProblem> = {
      status: 200,
      code,
      message: expect.stringMatching(new RegExp(`^${upstream}.*${message.source}`)),
      data: gatewayData({ upstream, sent, retryable }),
    };
    expect(errorOf(await call(tool))).toEqual({ ...problem, id: 1 });
    expect((await other).json().result).toMatchObject({ content: [{ text: "slow" }] });
    expect((await call("ok")).json().result).toMatchObject({ content: [{ text: "ok" }] });
  });

  test.each(Object.keys(oddities))("%s is an answer", async (tool) => {
    expect((await call(tool)).json().result).toMatchObject({ content: [{ text: "ok" }] });
  });
});

test("nothing was sent to an origin that an upstream named", () => {
  expect(stranger.received).toEqual([]);
});

test("all of it left the gateway well, and its log without secrets", async () => {
  expect((await gateway.health()).upstreams.map(({ state }) => state)).toEqual(["up", "up", "up"]);
  expect((await get(`${gateway.url}/livez`)).status).toBe(200);
  const calls = () => gateway.log.filter(({ msg, name }) => msg === "call" && name === "dropped");
  await vi.waitFor(() => expect(calls()).toHaveLength(4), soon);
  expect(calls()[0]).toMatchObject({ upstream: "modern", outcome: "upstream_crashed", code: -31012 });
  expect(gateway.output()).not.toContain("s3cret");
});
