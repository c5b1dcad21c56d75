import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "./diagnostics.ts";
import { loadConfig } from "./load.ts";

const load = (text: string, env: Record<string, string> = {}) => loadConfig(text, "gateway.yaml", env);

function problems(text: string, env: Record<string, string> = {}): string[] {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.diagnostics.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
    throw error;
  }
  return [];
}

describe("loadConfig", () => {
  it("gives defaults for what is not said", () => {
    expect(load("")).toEqual({
      listen: { host: "127.0.0.1", port: 9100, allowed_hosts: [], allowed_origins: [] },
      upstreams: [],
    });
  });

  it("reads upstreams in their order, units, and values from the environment", () => {
    const text = `
upstreams:
  nas: { kind: mcp-http, url: "http://nas.lan/mcp", timeout: 5m, headers: { Authorization: "Bearer \${TOKEN}", Host: "\${NAME:-nas}" } }
  time: { kind: shard, url: "http://time:9102", enabled: false }`;
    expect(load(text, { TOKEN: "a: {b}" }).upstreams).toEqual([
      {
        id: "nas",
        name: "nas",
        options: {
          kind: "mcp-http",
          url: "http://nas.lan/mcp",
          timeout: 300_000,
          enabled: true,
          headers: { Authorization: "Bearer a: {b}", Host: "nas" },
        },
      },
      {
        id: "time",
        name: "time",
        options: { kind: "shard", url: "http://time:9102", timeout: 60_000, enabled: false, headers: {} },
      },
    ]);
  });

  it("reports everything at once, each at its place", () => {
    const text = `listen:
  prot: 9100
  port: high
upstreams:
  My NAS: { kind: mcp-http, url: "http://nas" }
  a: { kind: shard, url: nas.lan, timeout: 60 }
  b: { kind: shard }
  c: { kind: carrier-pigeon, url: "http://c" }
  d: { kind: shard, url: "\${MISSING}" }
  e: { kind: shard, url: "http://e\${GONE:?set it in .env}" }
`;
    expect(problems(text)).toEqual([
      "2:3 listen.prot: unknown key",
      "3:9 listen.port: Invalid input: expected number, received string",
      "5:3 upstreams.My NAS: must be 1 to 16 characters of a-z, 0-9 and -",
      "6:26 upstreams.a.url: must be an http:// or https:// address",
      "6:44 upstreams.a.timeout: Invalid input: expected string, received number",
      "7:3 upstreams.b.url: is missing (string)",
      expect.stringMatching(/^8:14 upstreams\.c\.kind: Invalid/),
      "9:26 : the environment variable MISSING is not set",
      "10:26 : GONE: set it in .env",
    ]);
  });

  it("shows the line and points at what is wrong", () => {
    expect(() => load("listen: { port: 9100, hots: x }")).toThrow(`gateway.yaml: 1 problem

gateway.yaml:1:23 listen.hots: unknown key
  1 | listen: { port: 9100, hots: x }
                            ^^^^`);
  });

  it.each([
    ["a tab for indentation", "listen:\n\tport: 1", 2],
    ["a key twice", "listen: {}\nlisten: {}", 2],
    ["an open bracket", "upstreams: {", 1],
    ["a list at its root", "- a", 1],
  ])("names the line of %s", (_, text, line) => {
    expect(problems(text)[0]).toMatch(new RegExp(`^${line}:`));
  });

  it("meets any text with a config or with its problems", () => {
    const piece = fc.constantFrom(
      "upstreams",
      ":",
      " ",
      "\n",
      "  ",
      "{",
      "}",
      "[",
      "- ",
      '"',
      "kind",
      "shard",
      "url",
      "${A",
      "}",
      "&a",
      "*a",
      "|",
      "!!x",
      "# c",
      "é",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        for (const problem of problems(pieces.join(""))) expect(problem).toMatch(/^\d+:\d+ /);
      }),
      { numRuns: 2_000 },
    );
  });
});
