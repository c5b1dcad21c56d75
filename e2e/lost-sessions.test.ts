// A legacy upstream that forgets its sessions: they are opened anew once, and nothing runs twice.
import { mkdtempSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { stopAtEnd } from "./support/program.ts";
import { startRawUpstream, type RawUpstream, type Received } from "./support/raw-upstream.ts";
import { callModern, openSession } from "./support/rpc-client.ts";
import { errorOf, gatewayData } from "./support/rpc-error.ts";
import { drop, executed, ledger } from "./support/scripts.ts";

const stopLater = stopAtEnd();
const folder = mkdtempSync(join(tmpdir(), "shardgate-ledger-"));
const file = join(folder, "ledger");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let isForgetful = false;
let upstream: RawUpstream;
let gateway: Gateway;
let mcp: string;

beforeAll(async () => {
  const run = ledger(file, 10);
  // Runs, and then breaks the connection.
  const runAndDrop: typeof run = (request, response) => (void run(request, response), drop()(request, response));
  const before = ({ message }: Received, response: ServerResponse): boolean => {
    if (!isForgetful || message.method !== "tools/call") return false;
    response.writeHead(404).end();
    return true;
  };
  const tools = { run, "run-and-drop": runAndDrop };
  upstream = await stopLater(startRawUpstream({ era: "legacy", sessions: true, tools, before }));
  gateway = await stopLater(startGateway({ upstreams: { a: { kind: "mcp-http", url: upstream.url } } }));
  mcp = `${gateway.url}/mcp`;
});

const texts = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
const ranFor = (prefix: string) => executed(file).filter((call) => call.startsWith(prefix));

test("calls of one client that lose their session together share the next", async () => {
  const session = await openSession(mcp);
  await session.call("a__run", { call: "own-first" });
  const handshakes = upstream.of("initialize").length;
  upstream.forgetSessions();
  const answers = await Promise.all(texts(8, "own").map((call) => session.call("a__run", { call })));
  expect(answers.map((answer) => answer.json().result?.["content"])).toEqual(
    texts(8, "own").map((text) => [{ type: "text", text }]),
  );
  expect(ranFor("own-").toSorted()).toEqual(["own-first", ...texts(8, "own")].toSorted());
  expect(upstream.of("initialize")).toHaveLength(handshakes + 1);
  const ids = new Set(
    upstream
      .of("tools/call")
      .slice(-8)
      .map(({ header }) => header("mcp-session-id")),
  );
  expect(ids.size).toBe(1);
});

test("clients without a session of their own share the gateway's next one", async () => {
  await callModern(mcp, "a__run", { call: "shared-first" });
  const handshakes = upstream.of("initialize").length;
  upstream.forgetSessions();
  const answers = await Promise.all(texts(8, "shared").map((call) => callModern(mcp, "a__run", { call })));
  expect(answers.map((answer) => answer.json().error)).toEqual(answers.map(() => undefined));
  expect(ranFor("shared-").toSorted()).toEqual(["shared-first", ...texts(8, "shared")].toSorted());
  expect(upstream.of("initialize")).toHaveLength(handshakes + 1);
});

test("an upstream that knows no session however new is asked twice, and no more", async () => {
  const session = await openSession(mcp);
  isForgetful = true;
  const calls = upstream.of("tools/call").length;
  for (const make of [() => session.call("a__run"), () => callModern(mcp, "a__run")]) {
    const problem = { code: -31010, data: gatewayData({ upstream: "a", sent: false, retryable: true }) };
    expect(errorOf(await make())).toMatchObject(problem);
  }
  isForgetful = false;
  expect(upstream.of("tools/call")).toHaveLength(calls + 4);
});

test("a call whose connection breaks is not sent again", async () => {
  const session = await openSession(mcp);
  const answers = [
    await session.call("a__run-and-drop", { call: "once-legacy" }),
    await callModern(mcp, "a__run-and-drop", { call: "once-modern" }),
  ];
  for (const answer of answers) {
    expect(errorOf(answer)).toMatchObject({ code: -31012, data: gatewayData({ sent: true, retryable: false }) });
  }
  expect(ranFor("once-")).toEqual(["once-legacy", "once-modern"]);
});
