import { describe, expect, it } from "vitest";
import { createEdge } from "./edge.ts";

const check = (host: string, origin?: string, allowed: readonly string[] = []): number =>
  createEdge(allowed)(
    new Request("http://placeholder/mcp", { headers: { host, ...(origin !== undefined && { origin }) } }),
  )?.status ?? 200;

describe("Host", () => {
  it.each([
    "localhost:9102",
    "LOCALHOST",
    "127.0.0.1:9102",
    "[::1]:9102",
    "192.168.1.20:9102",
    "[fd00::20]:9102",
    "time-shard:9102",
    "shards_time_1:9102",
    "nas.local",
    "nas.home.arpa:9102",
    "host.docker.internal:9102",
    "time.shards.svc.cluster.local",
  ])("%s may pass", (host) => expect(check(host)).toBe(200));

  it.each([
    "evil.example.com",
    "127.0.0.1.evil.example",
    "localhost.evil.example:9102",
    "evil.example.",
    "a b",
    "@",
    "",
  ])("%j is refused", (host) => expect(check(host)).toBe(403));

  it.each([
    ["shard.example.com", ["shard.example.com"], 200],
    ["SHARD.example.com:443", ["Shard.Example.com"], 200],
    ["a.example.com", ["*.example.com"], 200],
    ["example.com", ["*.example.com"], 403],
    ["notexample.com", ["*.example.com"], 403],
    ["anything.at.all", ["*"], 200],
  ])("%s with %j allowed gives %d", (host, allowed, status) => expect(check(host, undefined, allowed)).toBe(status));
});

describe("Origin", () => {
  it.each([
    ["localhost:9102", "http://localhost:3000"],
    ["192.168.1.20:9102", "http://127.0.0.1:6274"],
    ["192.168.1.20:9102", "http://192.168.1.20:9102"],
  ])("at %s, %s may pass", (host, origin) => expect(check(host, origin)).toBe(200));

  it.each([
    ["localhost:9102", "https://evil.example"],
    ["localhost:9102", "null"],
    ["localhost:9102", ""],
    ["localhost:9102", "http://192.168.1.20"],
    ["localhost:9102", "http://localhost.evil.example"],
    ["localhost:9102", "http://localhost:1, https://evil.example"],
  ])("at %s, %j is refused", (host, origin) => expect(check(host, origin)).toBe(403));

  it("may be named", () => expect(check("localhost", "https://chat.example.com", ["chat.example.com"])).toBe(200));
});
