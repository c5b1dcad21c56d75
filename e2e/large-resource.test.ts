// A resource that is too large to be held goes through as it comes in, between two sides of one era over HTTP.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import { startGateway, type Gateway } from "./support/house.ts";
import { soon, stopAtEnd } from "./support/program.ts";
import { open } from "./support/raw-client.ts";
import { startRawUpstream, type RawUpstream, type Received } from "./support/raw-upstream.ts";
import { modernRequest, openSession, rpc } from "./support/rpc-client.ts";

const MIB = 1 << 20;
const stopLater = stopAtEnd();
const rss = (pid: number, what: "VmRSS" | "VmHWM"): number =>
  Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

const block = Buffer.alloc(MIB, "0123456789abcdefghijklmnopqrstuvwxyz-_");
/** Parts of the answer in progress that have left the upstream. */
let written = 0;

/** Writes a resource of as many MiB as its URI says, no faster than it is read. */
async function writeResource(request: Received, response: ServerResponse): Promise<void> {
  const uri = String(request.message.params?.["uri"]);
  const { pathname, protocol } = new URL(uri);
  const isEvent = protocol === "event:";
  written = 0;
  const closed = once(response, "close");
  response.writeHead(200, { "Content-Type": isEvent ? "text/event-stream" : "application/json" });
  const head = `{"result":{"resultType":"complete","contents":[{"uri":"${uri}","text":"`;
  response.write(isEvent ? `event: message\ndata: ${head}` : head);
  for (let part = 0; part < Number(pathname) && !response.destroyed; part++) {
    if (!response.write(block)) await Promise.race([new Promise((resolve) => response.once("drain", resolve)), closed]);
    written++;
  }
  const tail = `"}]},"jsonrpc":"2.0","id":${JSON.stringify(request.message.id)}}`;
  response.end(isEvent ? `${tail}\n\n` : tail);
}

const before = (request: Received, response: ServerResponse): boolean => {
  if (request.message.method !== "resources/read") return false;
  void writeResource(request, response);
  return true;
};

let upstreams: Readonly<Record<"modern" | "sessions" | "plain", RawUpstream>>;
let gateway: Gateway;

beforeAll(async () => {
  const start = (era: "legacy" | "modern", sessions = false) =>
    stopLater(startRawUpstream({ era, sessions, tools: {}, before }));
  upstreams = { modern: await start("modern"), sessions: await start("legacy", true), plain: await start("legacy") };
  const definitions = Object.entries(upstreams).map(([name, { url }]) => [name, { kind: "mcp-http", url }]);
  gateway = await stopLater(startGateway({ upstreams: Object.fromEntries(definitions) }));
});

/** Asks for a resource as a client of the era does; gives the answer as it begins. */
async function read(era: "legacy" | "modern", path: string, uri: string): Promise<IncomingMessage> {
  const url = gateway.url + path;
  if (era === "modern") return open(url, modernRequest("resources/read", { uri }));
  const { headers } = await openSession(url);
  return open(url, { headers, body: rpc("resources/read", { uri }) });
}

async function digest(answer: IncomingMessage): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

function expected(uri: string, parts: number, id: unknown): { bytes: number; sha256: string } {
  const hash = createHash("sha256");
  const head = `{"result":{"resultType":"complete","contents":[{"uri":"${uri}","text":"`;
  const tail = `"}]},"jsonrpc":"2.0","id":${JSON.stringify(id)}}`;
  hash.update(head);
  for (let part = 0; part < parts; part++) hash.update(block);
  hash.update(tail);
  return { bytes: head.length + parts * MIB + tail.length, sha256: hash.digest("hex") };
}

describe.each([
  ["modern", "/servers/modern/mcp"],
  ["legacy", "/servers/sessions/mcp"],
  ["legacy", "/servers/plain/mcp"],
] as const)("a %s client at %s", (era, path) => {
  test.each(["json", "event"])("gets 192 MiB of %s untouched, of which the gateway holds a part", async (form) => {
    const uri = `${form}:192`;
    await digest(await read(era, path, `${form}:1`));
    const peak = rss(gateway.pid, "VmHWM");
    expect(await digest(await read(era, path, uri))).toEqual(expected(uri, 192, 1));
    // V8 collects what went through after 64 MiB of it; who held the whole would be at 192 and more.
    expect(rss(gateway.pid, "VmHWM") - peak).toBeLessThan(128);
  });

  test("gets no more than 256 MiB, and cannot take what came for the whole", async () => {
    const answer = await read(era, path, "json:600");
    await expect(digest(answer)).rejects.toThrow(/aborted|terminated|hang up|reset/);
    // Some of what the system took for the gateway, and the upstream wrote, was never read.
    expect(written).toBeLessThan(400);
  });

  test("that reads nothing holds the upstream up, and one that leaves ends it", async () => {
    const answer = await read(era, path, "json:128");
    answer.pause();
    await expect.poll(() => written, soon).toBeGreaterThan(9);
    const held = written;
    expect(held).toBeLessThan(60);
    answer.destroy();
    const name = path.split("/")[2] as keyof typeof upstreams;
    await upstreams[name].of("resources/read").at(-1)?.gone;
    expect(written).toBeLessThan(128);
  });
});

test.each([
  ["legacy", "/servers/modern/mcp"],
  ["modern", "/servers/plain/mcp"],
] as const)("what has to be translated is held, up to 10 MiB: a %s client at %s", async (era, path) => {
  const chunks = await (await read(era, path, "json:11")).toArray();
  expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ error: { code: -31017 } });
  const small = JSON.parse(Buffer.concat(await (await read(era, path, "json:2")).toArray()).toString()) as {
    result: { contents: { text: string }[] };
  };
  expect(small.result.contents[0]?.text).toHaveLength(2 * MIB);
});
