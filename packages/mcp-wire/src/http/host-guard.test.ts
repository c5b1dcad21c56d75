import { describe, expect, it } from "vitest";
import { createHostGuard } from "./host-guard.ts";

const guard = createHostGuard({
  hosts: ["mcp.example.com", "*.example.net"],
  origins: ["https://chat.example.com", "*.example.net"],
});

describe("createHostGuard", () => {
  it.each([
    ["localhost:9100", undefined],
    ["127.0.0.1", undefined],
    ["[::1]:9100", undefined],
    ["192.168.1.20:9100", undefined],
    ["gateway:9100", undefined],
    ["nas.lan", undefined],
    ["mcp.example.com", undefined],
    ["MCP.example.com.:9100", undefined],
    ["[fd00::20]:9102", undefined],
    ["shards_time_1:9102", undefined],
    ["time.shards.svc.cluster.local", undefined],
    ["192.168.1.20:9102", "http://127.0.0.1:6274"],
    ["192.168.1.20:9102", "http://192.168.1.20:9102"],
    ["a.example.net", "https://b.example.net"],
    ["localhost:9100", "http://127.0.0.1:80"],
    ["localhost:9100", "http://localhost:5173"],
    ["gateway:9100", "http://gateway:9100"],
    ["localhost:9100", "https://chat.example.com"],
  ])("Host %s with Origin %s passes", (host, origin) => {
    expect(guard(host, origin)).toBeUndefined();
  });

  it.each([
    ["evil.example", undefined],
    ["example.net", undefined],
    ["notexample.net", undefined],
    ["evil.example.", undefined],
    ["@", undefined],
    ["localhost:9102", ""],
    ["127.0.0.1.evil.example", undefined],
    ["localhost.evil.example:9100", undefined],
    ["", undefined],
    [undefined, undefined],
    ["local host", undefined],
    ["localhost:9100", "https://evil.example"],
    ["localhost:9100", "null"],
    ["localhost:9100", "http://localhost:1, https://evil.example"],
    ["localhost:9100", "http://localhost.evil.example"],
    ["192.168.1.20:9100", "http://192.168.1.66"],
    ["gateway:9100", "http://gateway:8080"],
    ["localhost:9100", "file://localhost"],
  ])("Host %s with Origin %s is refused", (host, origin) => {
    expect(guard(host, origin)).toMatch(/^(Host|Origin) .* add it to the allowed/);
  });
});

it("takes any name where the operator says so", () => {
  expect(createHostGuard({ hosts: ["*"], origins: ["*"] })("a.example", "https://b.example")).toBeUndefined();
});
