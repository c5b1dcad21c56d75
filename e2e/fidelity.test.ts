// A message is its bytes: between two sides of one era nothing of it changes but a tool's name.
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import * as corpus from "./support/corpus.ts";
import { startGateway, type Gateway } from "./support/house.ts";
import { stopAtEnd } from "./support/program.ts";
import { eventsIn, send, type RawAnswer } from "./support/raw-client.ts";
import {
  resultFor,
  sendJson,
  startRawUpstream,
  type RawUpstream,
  type Received,
  type Script,
} from "./support/raw-upstream.ts";
import { ENVELOPE, modern, modernHeaders, openSession, rpc } from "./support/rpc-client.ts";
import { speak, stream, verbatim } from "./support/scripts.ts";

const stopLater = stopAtEnd();
let reply: Script = speak();
let upstreams: Readonly<Record<"modern" | "sessions" | "plain", RawUpstream>>;
let gateway: Gateway;

const configured = { Host: "nas.example.com", Authorization: "Bearer own-key", "X-Odd-CASE": "a, b;  c" };

beforeAll(async () => {
  const tools = { now: (request, response) => reply(request, response), größe: speak() } satisfies Record<
    string,
    Script
  >;
  const others = /^(resources|prompts|vendor)\//;
  const before = (request: Received, response: ServerResponse): boolean => {
    if (!others.test(request.message.method ?? "")) return false;
    void reply(request, response);
    return true;
  };
  const list = `[${corpus.tools.join(" , ")}]`;
  const start = (era: "legacy" | "modern", sessions = false) =>
    stopLater(startRawUpstream({ era, sessions, tools, list, before }));
  upstreams = { modern: await start("modern"), sessions: await start("legacy", true), plain: await start("legacy") };
  const definitions = Object.entries(upstreams).map(([name, { url }]) => [
    name,
    { kind: "mcp-http", url, headers: configured },
  ]);
  gateway = await stopLater(startGateway({ upstreams: Object.fromEntries(definitions) }));
});

const eraOf = (upstream: keyof typeof upstreams) => (upstream === "modern" ? "modern" : "legacy");

/** Sends a body as a client of the upstream's era does. */
async function post(url: string, upstream: keyof typeof upstreams, name: string, body: string): Promise<RawAnswer> {
  if (upstream === "modern") return send(url, { headers: modernHeaders("tools/call", name), body });
  return (await openSession(url)).post(body);
}

/** What the upstream got last. */
const got = (upstream: keyof typeof upstreams): Received => upstreams[upstream].of("tools/call").at(-1) as Received;

// Of megabytes that differ a test says that they do, not what.
function shown(bytes: Buffer | string): string {
  const { length } = Buffer.from(bytes);
  return length < 4096 ? bytes.toString() : `${length} bytes ${createHash("sha256").update(bytes).digest("hex")}`;
}

const addresses = (["modern", "sessions", "plain"] as const).flatMap((upstream) => [
  { upstream, path: `/servers/${upstream}/mcp`, name: "now" },
  { upstream, path: "/mcp", name: `${upstream}__now` },
]);

describe.each(addresses)("to $upstream through $path", ({ upstream, path, name }) => {
  const requests = (nameJson: string) => corpus.requests(eraOf(upstream), nameJson);
  const plain = requests(JSON.stringify(name))["no arguments"] as string;

  test.each(Object.keys(requests("1")))("a request with %s", async (title) => {
    reply = speak();
    const [sent, expected] = [name, "now"].map((one) => requests(JSON.stringify(one))[title] as string);
    const answer = await post(gateway.url + path, upstream, name, sent as string);
    expect(answer.json().result).toMatchObject({ content: [{ text: "ok" }] });
    expect(shown(got(upstream).body)).toBe(shown(expected as string));
  });

  test("a name in escapes", async () => {
    reply = speak();
    const escaped = `"${[...name].map((char) => String.raw`\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
    const sent = requests(escaped)["numbers"] as string;
    const expected = name === "now" ? sent : requests('"now"')["numbers"];
    await post(gateway.url + path, upstream, name, sent);
    expect(got(upstream).body.toString()).toBe(expected);
  });

  const era = upstream === "modern" ? corpus.modernResponses : {};
  const lines = { ...corpus.responses, ...era };

  test.each(Object.entries({ ...lines, ...corpus.spacedResponses }))("an answer with %s", async (_, response) => {
    reply = verbatim(response);
    const answer = await post(gateway.url + path, upstream, name, plain);
    expect(answer.header("content-type")).toBe("application/json");
    expect(shown(answer.body)).toBe(shown(response));
  });

  test.each(Object.entries(lines))("an event stream that answers with %s", async (_, response) => {
    reply = stream(": hello\n\n", "event: message\nid: 7\ndata: ", response, "\n\n");
    const answer = await post(gateway.url + path, upstream, name, plain);
    expect(answer.header("content-type")).toBe("application/json");
    expect(shown(answer.body)).toBe(shown(response));
  });

  test("what comes before an answer", async () => {
    const early = [
      `{"params":{"progressToken":"t","progress":1.0,"x":1e400},"method":"notifications/progress","jsonrpc":"2.0"}`,
      `{"jsonrpc":"2.0","method":"notifications/vendor","params":{"n":12345678901234567890,"s":"\\u00e9"},"x":{}}`,
    ];
    const response = corpus.responses["numbers"] as string;
    reply = stream(...[...early, response].map((data) => `data: ${data}\n\n`));
    const body = plain.replace('"_meta":{', '"_meta":{"progressToken":"t",');
    const answer = await post(gateway.url + path, upstream, name, body);
    expect(eventsIn(answer.text)).toEqual([...early, response]);
  });
});

describe("any other method passes through an upstream's own address", () => {
  const params = `{"uri":"file:\\/\\/a","name":1.0,"x":[1e400]`;
  const others = [
    { upstream: "modern", method: "resources/read", name: "file://a" },
    { upstream: "modern", method: "vendor/do", name: undefined },
    { upstream: "sessions", method: "resources/read", name: undefined },
    { upstream: "sessions", method: "vendor/do", name: undefined },
    { upstream: "plain", method: "prompts/list", name: undefined },
  ] as const;

  test.each(others)("$method to $upstream", async ({ upstream, method, name }) => {
    const response = corpus.responses["numbers"] as string;
    reply = verbatim(response);
    const meta = upstream === "modern" ? `,"_meta":${JSON.stringify(ENVELOPE)}` : "";
    const body = `{"id":1,"x-top":1.0,"method":"${method}","params":${params}${meta}},"jsonrpc":"2.0"}`;
    const url = `${gateway.url}/servers/${upstream}/mcp`;
    const answer =
      upstream === "modern"
        ? await send(url, { headers: modernHeaders(method, name), body })
        : await (await openSession(url)).post(body);
    expect(answer.text).toBe(response);
    expect(upstreams[upstream].of(method).at(-1)?.body.toString()).toBe(body);
  });
});

describe("between the eras", () => {
  const response = corpus.responses["escapes"] as string;
  const content = response.slice(response.indexOf('"content"'), -2);

  test.each([
    { upstream: "sessions", client: "modern" },
    { upstream: "plain", client: "modern" },
    { upstream: "modern", client: "legacy" },
  ] as const)("a $client client keeps what it said and hears at $upstream", async ({ upstream, client }) => {
    reply = (request, outgoing) => sendJson(outgoing, resultFor(request, `{${content}}`));
    const sent = corpus.requests(client, `"${upstream}__now"`)["escapes"] as string;
    const answer = await post(`${gateway.url}/mcp`, client === "modern" ? "modern" : "plain", `${upstream}__now`, sent);
    expect(answer.text).toContain(content);
    expect(got(upstream).body.toString()).toContain(sent.slice(sent.indexOf('"arguments"'), sent.indexOf(',"_meta"')));
    const { _meta = {} } = got(upstream).message.params as { _meta?: object };
    const envelope = Object.keys(_meta).filter((key) => key.startsWith("io.modelcontextprotocol/"));
    expect(envelope).toHaveLength(upstream === "modern" ? 3 : 0);
  });
});

describe("tools are listed as they are", () => {
  test.each(["modern", "sessions", "plain"] as const)("%s", async (upstream) => {
    const own = `${gateway.url}/servers/${upstream}/mcp`;
    const listed =
      upstream === "modern" ? await modern(own, "tools/list") : await send(own, { body: rpc("tools/list") });
    expect(listed.text).toContain(`"tools":[${corpus.tools.join(",")}]`);
    const all =
      upstream === "modern"
        ? await modern(`${gateway.url}/mcp`, "tools/list")
        : await send(`${gateway.url}/mcp`, { body: rpc("tools/list") });
    const [now, size] = corpus.tools as [string, string];
    expect(all.text).toContain(now.replace('"now"', `"${upstream}__now"`));
    expect(all.text).toContain(size.replace(String.raw`"gr\u00f6\u00dfe"`, `"${upstream}__gr__e"`));
  });
});

describe("headers", () => {
  const sensitive = {
    Authorization: "Bearer client-key",
    Cookie: "session=client",
    "Proxy-Authorization": "Basic Y2xpZW50",
    "X-Forwarded-For": "10.0.0.1",
    Origin: "http://localhost:3000",
    "X-Client": "client",
  };

  test.each(addresses)(
    "to $upstream through $path: ours as configured, none of the client's",
    async ({ upstream, path, name }) => {
      reply = speak();
      const url = gateway.url + path;
      if (upstream === "modern") await modern(url, "tools/call", { name }, { headers: sensitive });
      else await (await openSession(url)).call(name, {}, { headers: sensitive });
      const { rawHeaders } = got(upstream);
      const pairs = rawHeaders.flatMap((text, index) =>
        index % 2 === 0 ? [[text, rawHeaders[index + 1] as string]] : [],
      );
      for (const [header, value] of Object.entries(configured)) {
        expect(pairs.filter(([found]) => found?.toLowerCase() === header.toLowerCase())).toEqual([
          [expect.stringMatching(new RegExp(`^${header}$`, header === "Host" ? "i" : "")), value],
        ]);
      }
      expect(rawHeaders.join("\n")).not.toMatch(/client/i);
      expect(rawHeaders.join("\n")).not.toMatch(/cookie|origin|forwarded|proxy/i);
      const all = upstreams[upstream].received.filter(({ header }) => header("authorization") !== "Bearer own-key");
      expect(all).toEqual([]);
    },
  );

  test("that mirror arguments pass as they are", async () => {
    const mirrored = { "Mcp-Param-Region": "eu west", "MCP-PARAM-City": "=?base64?w6k=?=", "Mcp-Param-Empty": "" };
    reply = speak();
    await modern(`${gateway.url}/mcp`, "tools/call", { name: "modern__now" }, { headers: mirrored });
    const { header } = got("modern");
    expect([header("mcp-param-region"), header("mcp-param-city"), header("mcp-param-empty")]).toEqual([
      "eu west",
      "=?base64?w6k=?=",
      "",
    ]);
  });

  test("that mirror the message speak of the upstream's own tool", async () => {
    await modern(`${gateway.url}/mcp`, "tools/call", { name: "modern__gr__e" });
    const { header } = got("modern");
    expect(header("mcp-name")).toBe(`=?base64?${Buffer.from("größe").toString("base64")}?=`);
    expect([header("mcp-method"), header("mcp-protocol-version")]).toEqual(["tools/call", "2026-07-28"]);
  });

  test("of a session are the upstream's own, one session for each client", async () => {
    const url = `${gateway.url}/servers/sessions/mcp`;
    const ids = new Set<string | undefined>();
    for (let client = 0; client < 3; client++) {
      const session = await openSession(url);
      await session.call("now");
      expect(got("sessions").header("mcp-session-id")).not.toBe(session.id);
      ids.add(got("sessions").header("mcp-session-id"));
      await session.call("now");
      ids.add(got("sessions").header("mcp-session-id"));
    }
    expect(ids.size).toBe(3);
  });
});
