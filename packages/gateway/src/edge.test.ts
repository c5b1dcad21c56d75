import { describe, expect, it } from "vitest";
import { guard } from "./edge.ts";

const own = { allowedHosts: ["mcp.example.com"], allowedOrigins: ["https://chat.example.com"] };

describe("guard", () => {
  it.each([
    ["localhost:9100", undefined],
    ["127.0.0.1", undefined],
    ["[::1]:9100", undefined],
    ["192.168.1.20:9100", undefined],
    ["gateway:9100", undefined],
    ["nas.lan", undefined],
    ["mcp.example.com", undefined],
    ["localhost:9100", "http://localhost:5173"],
    ["gateway:9100", "http://gateway:9100"],
    ["localhost:9100", "https://chat.example.com"],
  ])("Host %s with Origin %s passes", (host, origin) => {
    expect(guard(host, origin, own)).toBeUndefined();
  });

  it.each([
    ["evil.example", undefined],
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
    expect(guard(host, origin, own)?.status).toBe(403);
  });
});
