import { leaseSchema } from "@shardgate/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryLogger } from "../../testing/calls.ts";
import { FakeTimers } from "../../testing/fake-timers.ts";
import type { UpstreamDefinition } from "../../upstreams/index.ts";
import type { ProviderReport } from "../provider.ts";
import { announceProvider } from "./index.ts";
import { announceSchema } from "./schema.ts";

const TOKEN = "a-token-of-the-house";

async function gateway(options: object = {}, names: Readonly<Record<string, string>> = {}) {
  const timers = new FakeTimers();
  const logger = memoryLogger();
  const emitted: string[][] = [];
  let report: ProviderReport = {};
  const stop = new AbortController();
  const resolve = async (host: string) => {
    const address = names[host];
    if (address === undefined) throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
    return [address];
  };
  const parsed = announceSchema.parse({ token: TOKEN, ...options });
  const provider = announceProvider(parsed, { timers, logger, resolve });
  const show = ({ name, options: to, learned }: UpstreamDefinition) =>
    `${name} ${to.kind} ${"url" in to ? to.url : ""} ${learned}`;
  await provider.watch(
    (all) => emitted.push(all.map(show)),
    stop.signal,
    (one) => (report = one),
  );
  const post = async (body: unknown, { token = TOKEN, from = "192.168.1.9", method = "POST" } = {}) => {
    const request = new Request("http://gateway:9100/announce", {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(method === "POST" && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const response = await provider.endpoint!.fetch(request, from);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { timers, logger, emitted, post, stop, problems: () => report.problems ?? [] };
}

const shard = (name: string, url = `http://192.168.1.9:9102`, more: object = {}) => ({
  name,
  url,
  instance: `instance-of-${name}`,
  ...more,
});

describe("POST /announce", () => {
  it("registers a shard for a lease, and renewing changes nothing", async () => {
    const { post, emitted, timers } = await gateway();
    const { status, body } = await post(shard("nas"));
    expect([status, leaseSchema.parse(body)]).toEqual([200, { name: "nas", lease_s: 15, renew_s: 5 }]);
    for (let times = 0; times < 10; times++) {
      await timers.advance(5_000);
      expect((await post(shard("nas"))).status).toBe(200);
    }
    expect(emitted).toEqual([[], ["nas shard http://192.168.1.9:9102 true"]]);
  });

  it("forgets a shard when its lease ends, and says so; not a moment before", async () => {
    const { post, emitted, timers, logger } = await gateway();
    await post(shard("nas"));
    await timers.advance(5_000);
    await post(shard("tv", "http://192.168.1.10:9102", { lease_s: 60 }));
    await timers.advance(9_999);
    expect(emitted.at(-1)).toHaveLength(2);
    await timers.advance(1);
    expect(emitted.at(-1)).toEqual(["tv shard http://192.168.1.10:9102 true"]);
    expect(logger.lines.at(-1)).toMatchObject({ upstream: "nas", message: expect.stringContaining("lease ended") });
    await timers.advance(50_000);
    expect(emitted.at(-1)).toEqual([]);
    expect(timers.pending).toBe(0);
  });

  it("withdraws at once; a late withdrawal does not touch who came after", async () => {
    const { post, emitted, timers } = await gateway();
    await post(shard("nas"));
    expect((await post(shard("nas", undefined, { lease_s: 0 }))).body).toMatchObject({ lease_s: 0 });
    expect(emitted.at(-1)).toEqual([]);
    await post(shard("nas", undefined, { instance: "started-again" }));
    await post(shard("nas", undefined, { lease_s: 0 }));
    expect(emitted.at(-1)).toHaveLength(1);
    await timers.advance(20_000);
    expect(emitted.at(-1)).toEqual([]);
  });

  it("leaves a name to who holds it, tells the other why, and gives it away when it is free", async () => {
    const { post, emitted, timers, problems } = await gateway();
    await post(shard("nas"));
    const other = shard("nas", "http://192.168.1.77:9102", { instance: "somebody-else" });
    expect(await post(other)).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining("another shard at http://192.168.1.9:9102 holds the name nas") },
    });
    expect(problems()[0]).toContain("holds the name nas");
    await timers.advance(15_000);
    expect((await post(other)).status).toBe(200);
    expect(emitted.at(-1)).toEqual(["nas shard http://192.168.1.77:9102 true"]);
    expect(problems()).toEqual([]);
  });

  it("takes a new address from the same instance, and a new instance at the same address", async () => {
    const { post, emitted } = await gateway();
    await post(shard("nas"));
    expect((await post(shard("nas", "http://192.168.1.50:9102"))).status).toBe(200);
    expect((await post(shard("nas", "http://192.168.1.50:9102", { instance: "started-again" }))).status).toBe(200);
    expect(emitted.at(-1)).toEqual(["nas shard http://192.168.1.50:9102 true"]);
  });

  it("takes nobody without the token, and tells the log once", async () => {
    const { post, emitted, logger } = await gateway();
    for (const token of ["wrong", "", `${TOKEN}x`]) {
      expect(await post(shard("nas"), { token })).toMatchObject({
        status: 401,
        body: { error: expect.stringContaining("GATEWAY_TOKEN") },
      });
    }
    expect(emitted).toEqual([[]]);
    expect(logger.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    expect(JSON.stringify(logger.lines)).not.toContain(TOKEN);
  });

  it.each([
    ["a command", shard("nas", undefined, { command: "rm" }), 400, /command/],
    ["a kind", shard("nas", undefined, { kind: "stdio" }), 400, /kind/],
    ["another scheme", shard("nas", "file:///etc/passwd"), 400, /url: must be http/],
    ["credentials", shard("nas", "http://me:secret@192.168.1.9"), 400, /url/],
    ["a path", shard("nas", "http://192.168.1.9/mcp"), 400, /url/],
    ["a name that is none", shard("Not A Name"), 400, /name: must be 1 to 16/],
    ["a lease for ever", shard("nas", undefined, { lease_s: 1e9 }), 400, /lease_s/],
    ["no JSON", "{", 400, /announcement/],
    ["too much", `"${"x".repeat(20_000)}"`, 413, /16 KiB/],
    ["a metadata service", shard("nas", "http://169.254.169.254"), 422, /is link-local/],
    ["the same, spelled otherwise", shard("nas", "http://[::ffff:a9fe:a9fe]:80"), 422, /is link-local/],
    ["the same, as a number", shard("nas", "http://2852039166"), 422, /is link-local/],
    [
      "a name that leads there",
      shard("nas", "http://metadata.google.internal"),
      422,
      /169\.254\.169\.254 is link-local/,
    ],
    ["all addresses", shard("nas", "http://0.0.0.0:9102"), 422, /no single host/],
    [
      "our own machine, from another",
      shard("nas", "http://127.0.0.1:9102"),
      422,
      /gateway's own machine.*ANNOUNCE_URL/,
    ],
    [
      "a name nobody knows",
      shard("nas", "http://nowhere:9102"),
      422,
      /cannot resolve nowhere \(ENOTFOUND\).*ANNOUNCE_URL/,
    ],
  ])("refuses %s", async (_, body, status, why) => {
    const { post, emitted } = await gateway({}, { "metadata.google.internal": "169.254.169.254" });
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(answer.body["error"]).toMatch(why);
    expect(emitted).toEqual([[]]);
  });

  it("takes this machine's own address from a shard on it, and a name that it knows", async () => {
    const { post } = await gateway({}, { "time-shard": "172.20.0.4" });
    expect((await post(shard("a", "http://127.0.0.1:9102"), { from: "::ffff:127.0.0.1" })).status).toBe(200);
    expect((await post(shard("b", "http://time-shard:9102"))).status).toBe(200);
  });

  it("takes no more than there may be", async () => {
    const { post } = await gateway({ max: 2 });
    for (const name of ["a", "b"])
      expect((await post(shard(name, `http://10.0.0.1:${name.charCodeAt(0)}`))).status).toBe(200);
    expect(await post(shard("c", "http://10.0.0.1:3"))).toMatchObject({ status: 503 });
    expect((await post(shard("a", "http://10.0.0.1:97"))).status).toBe(200);
    expect((await post("", { method: "GET" })).status).toBe(405);
  });

  it("answers whatever comes, with a reason", async () => {
    const { post, emitted } = await gateway();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.record({ name: fc.anything(), url: fc.anything() }).map((one) => JSON.stringify(one) ?? ""),
        ),
        async (body) => {
          const answer = await post(body);
          expect(answer.status).toBe(400);
          expect(answer.body["error"]).toBeTypeOf("string");
        },
      ),
      { numRuns: 50 },
    );
    expect(emitted).toEqual([[]]);
  });
});
