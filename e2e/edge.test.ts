// What the edge turns away before anything looks at it: foreign names, foreign pages, malformed HTTP. No upstream hears of it.
import { beforeAll, describe, expect, test } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { stopAtEnd } from "./support/program.ts";
import { callModern, ENVELOPE, modernHeaders, openSession, rpc } from "./support/rpc-client.ts";
import { get, send, sendBytes } from "./support/raw-client.ts";
import { startRawUpstream, type RawUpstream } from "./support/raw-upstream.ts";
import { speak } from "./support/scripts.ts";

const stopLater = stopAtEnd();
let upstream: RawUpstream;
let gateway: Gateway;
let port: string;

beforeAll(async () => {
  upstream = await stopLater(startRawUpstream({ era: "modern", tools: { now: speak() } }));
  gateway = await stopLater(
    startGateway({
      upstreams: { raw: { kind: "mcp-http", url: upstream.url } },
      listen: { allowed_hosts: ["mcp.example.com"], allowed_origins: ["https://chat.example.com"] },
    }),
  );
  ({ port } = new URL(gateway.url));
});

const body = rpc("tools/call", { name: "raw__now", arguments: {}, _meta: ENVELOPE });

/** A whole call as bytes, with these lines at the place of its Host header. */
function call(...lines: readonly string[]): string {
  const own = Object.entries(modernHeaders("tools/call", "raw__now")).map(([name, value]) => `${name}: ${value}`);
  const length = `Content-Length: ${body.length}`;
  const head = ["POST /mcp HTTP/1.1", ...lines, ...own, "Content-Type: application/json", length, "Connection: close"];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

const host = () => `Host: 127.0.0.1:${port}`;

describe("a Host", () => {
  test.each([
    "mcp.example.com",
    "localhost",
    "[::1]:9100",
    "192.168.1.5:9100",
    "gateway:9100",
    "nas.lan",
    "a.home.arpa",
  ])("%s is served", async (name) => {
    expect((await sendBytes(gateway.url, call(`Host: ${name}`))).status).toBe(200);
  });

  test.each([
    ["evil.example.com", ["Host: evil.example.com"]],
    ["a name that ends like ours", ["Host: evil-mcp.example.com"]],
    ["a name within ours", ["Host: mcp.example.com.evil.com"]],
    ["an address that is none", ["Host: 127.0.0.1.evil.com"]],
    ["nonsense", ["Host: a@b"]],
    ["an empty one", ["Host:"]],
  ])("%s is refused", async (_, lines) => {
    const before = upstream.received.length;
    const answer = await sendBytes(gateway.url, call(...lines));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("allowed hosts");
    expect(upstream.received).toHaveLength(before);
  });

  test("no Host, or two of them, is no HTTP", async () => {
    for (const lines of [[], [host(), "Host: evil.example.com"], ["Host: evil.example.com", host()]]) {
      expect((await sendBytes(gateway.url, call(...lines))).status).toBe(400);
    }
  });
});

describe("an Origin", () => {
  test.each(["https://chat.example.com", "http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]"])(
    "%s is served",
    async (origin) => {
      expect((await callModern(`${gateway.url}/mcp`, "raw__now", {}, { headers: { Origin: origin } })).status).toBe(
        200,
      );
    },
  );

  test("the gateway's own is served", async () => {
    expect((await sendBytes(gateway.url, call("Host: nas.lan:9100", "Origin: http://nas.lan:9100"))).status).toBe(200);
  });

  test.each([
    ["of a foreign page", ["Origin: https://evil.example.com"]],
    ["null", ["Origin: null"]],
    ["that is empty", ["Origin:"]],
    ["that begins like an allowed one", ["Origin: https://chat.example.com.evil.com"]],
    ["with localhost in front", ["Origin: http://localhost.evil.com"]],
    ["with localhost as a user", ["Origin: http://localhost@evil.com"]],
    ["of a file", ["Origin: file://"]],
    ["twice, a good one first", ["Origin: http://localhost", "Origin: https://evil.example.com"]],
    ["twice, a good one last", ["Origin: https://evil.example.com", "Origin: http://localhost"]],
  ])("%s is refused", async (_, lines) => {
    const before = upstream.received.length;
    const answer = await sendBytes(gateway.url, call(host(), ...lines));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("allowed origins");
    expect(answer.text).not.toMatch(/access-control-allow/i);
    expect(upstream.received).toHaveLength(before);
  });

  test("is checked at every address", async () => {
    const headers = { Origin: "https://evil.example.com" };
    for (const path of ["/health", "/livez", "/servers/raw/mcp", "/nothing"]) {
      expect((await get(`${gateway.url}${path}`, headers)).status).toBe(403);
    }
  });
});

describe("HTTP", () => {
  test("with a header that is too long gets 431", async () => {
    const answer = await sendBytes(gateway.url, call(host(), `X-Long: ${"x".repeat(17 * 1024)}`));
    expect(answer.status).toBe(431);
  });

  test("with too many headers gets 431, before Node drops the last of them", async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `X-${index}: 1`);
    expect((await sendBytes(gateway.url, call(host(), ...lines, "Origin: https://evil.example.com"))).status).toBe(431);
  });

  test.each([
    ["two lengths", "Transfer-Encoding: chunked"],
    ["two different lengths", "Content-Length: 5"],
    ["a header that is none", "no colon here"],
    ["a space before the colon", "X-A : 1"],
    ["a line folded", "X-A: 1\r\n  continued"],
  ])("with %s is no HTTP", async (_, line) => {
    const before = upstream.received.length;
    expect((await sendBytes(gateway.url, call(host(), line))).status).toBe(400);
    expect(upstream.received).toHaveLength(before);
  });

  test("that is none at all", async () => {
    const { status, text } = await sendBytes(gateway.url, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n");
    expect(status).toBe(400);
    expect(text).not.toMatch(/node_modules|at /);
  });

  test("a body that breaks off harms nobody", async () => {
    const half = call(host()).slice(0, -10);
    await expect(sendBytes(gateway.url, half, 200)).rejects.toThrow("still open");
    expect((await callModern(`${gateway.url}/mcp`, "raw__now")).status).toBe(200);
  });

  test("answers do not say what they were made with", async () => {
    const session = await openSession(`${gateway.url}/mcp`);
    const answers = [
      await session.post(rpc("tools/list")),
      await get(`${gateway.url}/health`),
      await send(gateway.url),
    ];
    for (const answer of answers) expect(answer.header("x-powered-by") ?? answer.header("server")).toBeUndefined();
  });
});
