import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveSurface } from "@shardgate/mcp-wire/server";
import { afterAll, describe, expect, it } from "vitest";
import { runIn } from "../testing/test-io.ts";

const folder = mkdtempSync(join(tmpdir(), "shardgate-check-"));
const surface = serveSurface({
  name: "echo-server",
  version: "1",
  tools: [{ name: "echo", inputSchema: { type: "object" } }],
  callTool: async () => ({ content: [] }),
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await surface.close();
});

let files = 0;
function file(content: string): string {
  const path = join(folder, `gateway-${++files}.yaml`);
  writeFileSync(path, content);
  return path;
}

const GOOD = `
upstreams:
  echo: { kind: mcp-http, url: "http://echo/mcp" }
  off: { kind: mcp-http, url: "http://off/mcp", enabled: false }
`;

describe("check", () => {
  it("says that a good file is good", async () => {
    expect(await runIn({}, "check", file(GOOD))).toEqual({
      code: 0,
      out: "1 file: 2 upstreams, 0 errors, 0 warnings\n",
      err: "",
    });
  });

  it("shows every problem at its place", async () => {
    const path = file('upstreams:\n  nas: { kind: mcp-http, ulr: "http://nas" }\nlisten: { port: 99999 }\n');
    const { code, out } = await runIn({}, "check", "--config", path);
    expect(code).toBe(1);
    expect(out).toContain(`${path}:2:26`);
    expect(out).toContain("did you mean url?");
    expect(out).toContain(`${path}:3:17`);
    expect(out).toMatch(/1 file: 0 upstreams, [23] errors, 0 warnings\n$/);
  });

  it("takes the file of the environment, and says so where there is none", async () => {
    expect(await runIn({ env: { GATEWAY_CONFIG: file(GOOD) } }, "check")).toMatchObject({ code: 0 });
    expect(await runIn({}, "check")).toMatchObject({
      code: 2,
      err: "Name a file to check: shardgate check gateway.yaml\n",
    });
  });

  it("--connect reaches each that is switched on", async () => {
    const path = file(`${GOOD}  gone: { kind: mcp-http, url: "http://gone/mcp" }\n`);
    const fetch = (request: Request): Promise<Response> =>
      new URL(request.url).hostname === "echo" ? surface.fetch(request) : Promise.reject(new Error("refused"));
    const { code, out } = await runIn({ fetch }, "check", "--connect", path);
    expect(code).toBe(1);
    expect(out).toMatch(/^ok {3}echo: 1 tools, after \d+ ms\nFAIL gone: .*refused.*\n1 file: 3 upstreams/);
    const { out: json } = await runIn({ fetch }, "check", "--connect", "--json", path);
    expect(JSON.parse(json)).toMatchObject({ ok: false, upstreams: [{ name: "echo", tools: 1 }, { name: "off" }, {}] });
  });
});

describe("import", () => {
  const foreign = '{"mcpServers": {"Time": {"command": "uvx", "args": ["mcp-server-time"]}}}';

  it("prints gateway.yaml, or writes it where nothing is yet", async () => {
    const path = file(foreign);
    const { code, out } = await runIn({}, "import", path);
    expect([code, out]).toEqual([
      0,
      "upstreams:\n  # Time in the file this comes from\n  time:\n    kind: stdio\n    command: uvx\n    args:\n      - mcp-server-time\n",
    ]);
    const written: string[] = [];
    const createFile = async (to: string, content: string): Promise<void> => void written.push(to, content);
    expect(await runIn({ createFile }, "import", path, "-o", "gateway.yaml")).toMatchObject({ code: 0, out: "" });
    expect(written).toEqual(["gateway.yaml", out]);
    expect(readFileSync(path, "utf8")).toBe(foreign);
  });

  it("leaves what exists, and says what it cannot read", async () => {
    const createFile = (): Promise<void> => Promise.reject(Object.assign(new Error("exists"), { code: "EEXIST" }));
    expect(await runIn({ createFile }, "import", file(foreign), "-o", "x.yaml")).toMatchObject({
      code: 1,
      err: "x.yaml exists already, and is left as it is\n",
    });
    expect((await runIn({}, "import", join(folder, "none.json"))).err).toMatch(/does not exist\n$/);
    expect((await runIn({}, "import", file("{}"))).err).toContain("holds no servers of a form we know");
  });
});
