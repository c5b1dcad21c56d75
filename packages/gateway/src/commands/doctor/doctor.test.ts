import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Io } from "../command.ts";
import { runIn } from "../../testing/test-io.ts";

const folder = mkdtempSync(join(tmpdir(), "shardgate-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string, mode = 0o600): string {
  const path = join(folder, `gateway-${++files}.yaml`);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly what: string;
  readonly remedy?: string;
}

async function findings(world: Partial<Io>, ...args: string[]): Promise<{ code: number; said: Finding[] }> {
  const { code, out, err } = await runIn(world, "doctor", "--json", ...args);
  expect(err).toBe("");
  const { findings: said } = JSON.parse(out) as { findings: Finding[] };
  for (const { level, remedy } of said) expect(level === "ok" || remedy !== undefined).toBe(true);
  return { code, said };
}

const about = (said: readonly Finding[], check: string): string[] =>
  said.filter((one) => one.check === check).map(({ level, what }) => `${level}: ${what}`);

/** A gateway with tools as a test wants them. */
function gatewayWith(tools: readonly object[], upstreams: readonly object[] = []): Partial<Io> {
  return {
    async fetch(request) {
      if (new URL(request.url).pathname === "/health") {
        return Response.json({ status: "ok", version: "9.9", upstreams });
      }
      const { id, method } = (await request.json()) as { id: number; method: string };
      const result =
        method === "tools/list"
          ? { resultType: "complete", ttlMs: 0, cacheScope: "private", tools }
          : { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} } };
      return Response.json({ jsonrpc: "2.0", id, result });
    },
  };
}

const inputSchema = { type: "object" };

describe("doctor", () => {
  it("finds nothing wrong where nothing is", async () => {
    const path = file("upstreams: {}\n");
    const { code, said } = await findings({}, "--config", path);
    expect(code).toBe(0);
    expect(said.every(({ level }) => level === "ok")).toBe(true);
    expect(about(said, "port")).toEqual(["ok: 127.0.0.1:9100 is free"]);
  });

  it("names each problem with its remedy", async () => {
    const path = file(
      `listen: { host: 0.0.0.0 }
upstreams:
  nas: { kind: mcp-http, url: "http://nas.lan/mcp", headers: { Authorization: "Bearer abc" } }
  gone: { kind: stdio, command: no-such-program }
`,
      0o644,
    );
    const { code, said } = await findings({ env: { PATH: "/nowhere", PORT: "9100" } }, "--config", path);
    expect(code).toBe(1);
    expect(about(said, "permissions")).toEqual([
      `warning: ${path} holds a secret and others on this machine may read it`,
    ]);
    expect(about(said, "port")).toEqual([
      "ok: 0.0.0.0:9100 is free",
      "warning: 0.0.0.0 is reached from other machines",
    ]);
    expect(about(said, "commands")).toEqual(["error: the program no-such-program of gone is not there"]);
    expect(about(said, "upstreams").join()).toMatch(/error: nas: .*fetch failed/);
  });

  it("a reference to a secret, or a time zone, is no secret in a file", async () => {
    const path = file(
      `upstreams:
  nas: { kind: mcp-http, enabled: false, url: "http://nas.lan/mcp", headers: { Authorization: "Bearer \${TOKEN}" } }
  time: { kind: stdio, enabled: false, command: uvx, env: { TZ: Europe/Berlin } }
`,
      0o644,
    );
    const { said } = await findings({}, "--config", path);
    expect(about(said, "permissions")).toEqual(["ok: secrets are kept from others"]);
  });

  it("tells of a configuration that is wrong, and of none", async () => {
    const { code, said } = await findings({}, "--config", file("upstreams: { nas: { kind: mcp } }\n"));
    expect(code).toBe(1);
    expect(about(said, "configuration").join()).toContain("upstreams.nas.kind");
    expect(about((await findings({})).said, "configuration")).toEqual(["warning: no configuration file is named"]);
  });

  it("says who has the port when it is no gateway", async () => {
    const { said } = await findings({ fetch: async () => new Response("hello", { status: 418 }) });
    expect(about(said, "port")).toEqual(["error: something else uses 127.0.0.1:9100"]);
  });

  it("looks at the tools of a gateway that runs", async () => {
    const many = Array.from({ length: 45 }, (_, index) => ({
      name: `nas__t${index}`,
      description: "does",
      inputSchema,
    }));
    const upstreams = [
      { name: "nas", state: "up", tools: 45 },
      { name: "gitea", state: "down", tools: 0, error: "refused" },
    ];
    const odd = [
      { name: `nas__${"x".repeat(34)}_0a1b2c3d`, description: "cut", inputSchema },
      { name: "nas__silent", inputSchema },
      {
        name: "nas__far",
        description: "far",
        inputSchema: { type: "object", properties: { a: { $ref: "http://x/y" } } },
      },
    ];
    const { code, said } = await findings(gatewayWith([...many, ...odd], upstreams));
    expect(code).toBe(1);
    expect(about(said, "port")).toEqual(["ok: a gateway 9.9 answers at 127.0.0.1:9100"]);
    expect(about(said, "upstreams")).toEqual(["ok: nas is up with 45 tools", "error: gitea is down: refused"]);
    const tools = about(said, "tools").join("\n");
    expect(tools).toMatch(/^warning: 48 tools; small models/);
    for (const name of odd.map((one) => one.name)) expect(tools).toContain(name);
  });

  it.each([
    [40, /^ok: 40 tools/],
    [41, /^warning: 41 tools; small models/],
    [81, /^warning: 81 tools; Cursor warns/],
    [129, /^warning: 129 tools; VS Code takes 128/],
  ])("says what %i tools mean", async (count, expected) => {
    const listed = Array.from({ length: count }, (_, index) => ({
      name: `nas__tool_${index}`,
      description: "does one thing",
      inputSchema,
    }));
    const { said } = await findings(gatewayWith(listed, []));
    expect(about(said, "tools").join("\n")).toMatch(expected);
  });

  it("compares the clocks", async () => {
    const path = file('upstreams: { nas: { kind: mcp-http, url: "http://nas.lan/mcp" } }\n');
    const date = new Date(Date.now() - 3_600_000).toUTCString();
    const fetch = (request: Request): Promise<Response> =>
      request.method === "HEAD"
        ? Promise.resolve(new Response(null, { headers: { date } }))
        : Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }));
    expect(about((await findings({ fetch }, "--config", path)).said, "clock").join()).toMatch(
      /warning: our clock differs by 3(599|600|601) s from that of 1 of 1 upstreams/,
    );
  });

  it("for people: a mark, what, and what to do", async () => {
    const { out } = await runIn({}, "doctor");
    expect(out).toMatch(/^WARN configuration: no configuration file is named\n {5}→ name it with --config/);
  });
});
