import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { createHttpClient, type Fetch, type HttpClientOptions } from "./http.ts";
import { ToolError } from "./tool-error.ts";

const seen: Request[] = [];
const client = (answer: Response | Fetch, options: Partial<HttpClientOptions> = {}) =>
  createHttpClient({
    name: "Lamp",
    baseUrl: "http://lamp.lan:8080/api/",
    setting: "LAMP_URL",
    ...options,
    fetch: async (request) => {
      seen.push(request);
      return answer instanceof Response ? answer : answer(request);
    },
  });
const failure = async (promise: Promise<unknown>): Promise<string> => {
  const error = (await promise.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  )) as ToolError;
  expect(error).toBeInstanceOf(ToolError);
  return `${error.message} ${error.next ?? ""}`;
};

describe("a request", () => {
  it("goes below the base address with query, headers and JSON body", async () => {
    const lamp = client(Response.json({ on: true }), { headers: { authorization: "Bearer x" } });
    const query = { room: "living room", tag: ["a", "b"], none: undefined };
    await expect(
      lamp.json(z.object({ on: z.boolean() }), "/lamps/1", { method: "PUT", query, body: { on: true } }),
    ).resolves.toEqual({ on: true });
    const sent = seen.at(-1) as Request;
    expect(`${sent.method} ${sent.url}`).toBe("PUT http://lamp.lan:8080/api/lamps/1?room=living+room&tag=a&tag=b");
    expect(sent.headers.get("authorization")).toBe("Bearer x");
    expect(await sent.json()).toEqual({ on: true });
  });

  it.each(["/x/../admin", "//elsewhere.lan/x", "/lamps/..", "@elsewhere.lan", ":81/x", "/a\\..\\b"])(
    "never leaves it: %s",
    async (path) => {
      const before = seen.length;
      const atRoot = client(Response.json({}), { baseUrl: "http://lamp.lan:8080" });
      expect(await failure(atRoot.text(path))).toContain("is no path of Lamp");
      expect(seen.length).toBe(before);
    },
  );

  it("goes through undici to a real server", async () => {
    const server = createServer((_, response) => response.end('"hello"')).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const real = createHttpClient({ name: "Lamp", baseUrl: `http://127.0.0.1:${port}` });
    await expect(real.json(z.string(), "/")).resolves.toBe("hello");
    server.close();
    await real.close();
    const gone = createHttpClient({ name: "Lamp", baseUrl: `http://127.0.0.1:${port}`, setting: "LAMP_URL" });
    expect(await failure(gone.text("/"))).toMatch(/cannot be reached at http.*ECONNREFUSED.*LAMP_URL/);
    await gone.close();
  });
});

async function gather(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

describe("lines", () => {
  const endless = (left: { ended: boolean }): Response => {
    let count = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(`data: ${(count += 1)}\r\nda`)),
      cancel: () => void (left.ended = true),
    });
    return new Response(body);
  };

  it("come one by one, and leaving the loop ends the request", async () => {
    const left = { ended: false };
    const got: string[] = [];
    for await (const line of client(endless(left)).lines("/events")) {
      got.push(line);
      if (got.length === 2) break;
    }
    expect(got).toEqual(["data: 1", "dadata: 2"]);
    expect(left.ended).toBe(true);
  });

  it("end where they are too many", async () => {
    const all = gather(client(endless({ ended: false }), { maxBytes: 1000 }).lines("/events"));
    expect(await failure(all)).toContain("larger than 1000 bytes");
  });

  it("include the last one, which has no end", async () => {
    await expect(gather(client(new Response("a\nb")).lines("/"))).resolves.toEqual(["a", "b"]);
  });
});

describe("an answer that is none", () => {
  const text = (answer: Response | Fetch, options?: Partial<HttpClientOptions>) =>
    failure(client(answer, options).text("/lamps"));

  it.each([
    [401, /refused our credentials.*credentials for Lamp/],
    [404, /HTTP 404 to GET \/lamps: no such lamp/],
    [500, /HTTP 500/],
  ])("tells HTTP %i", async (status, expected) => {
    expect(await text(new Response("no such lamp", { status }))).toMatch(expected);
  });

  it("tells where a redirect leads and does not go there", async () => {
    const before = seen.length;
    const moved = new Response(null, { status: 302, headers: { location: "http://evil.example/" } });
    expect(await text(moved)).toContain("it is at http://evil.example/ now");
    expect(seen.length).toBe(before + 1);
  });

  it("is cut off when it is too large", async () => {
    expect(await text(new Response("x".repeat(101)), { maxBytes: 100 })).toContain("larger than 100 bytes");
  });

  it("is given up when it does not come", async () => {
    const never: Fetch = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    expect(await text(never, { timeout: 20 })).toMatch(
      /did not answer within 0.02 s at http:\/\/lamp.lan:8080.*LAMP_URL/,
    );
  });

  it("is given up when the call is, with the call's own reason", async () => {
    const reason = new Error("cancelled");
    const lamp = client(({ signal }) => Promise.reject(signal.reason));
    await expect(lamp.text("/lamps", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it.each([
    ["<html>", /no JSON, but "<html>"/],
    ['{"on":"maybe"}', /on: .*boolean/],
  ])("names what is not as expected: %s", async (body, expected) => {
    const lamp = client(new Response(body));
    expect(await failure(lamp.json(z.object({ on: z.boolean() }), "/lamps"))).toMatch(expected);
  });
});
