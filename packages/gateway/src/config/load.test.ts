import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadFiles, told } from "../testing/config-files.ts";
import { ConfigError, renderDiagnostic } from "./diagnostics.ts";

const YAML = "/c/gateway.yaml";
const load = (text: string, env: Record<string, string> = {}) => loadFiles({ [YAML]: text }, env);
const problems = async (text: string, env: Record<string, string> = {}) =>
  told(await load(text, env)).map((line) => line.replace("gateway.yaml:", ""));

describe("loadConfig", () => {
  it("gives defaults for what is not said", async () => {
    expect((await load("listen: {}")).config).toEqual({
      listen: { host: "127.0.0.1", port: 9100, allowed_hosts: [], allowed_origins: [] },
      profiles: {},
      dashboard: { enabled: true, try_tools: true },
      providers: {},
      auth: { strict: false, open_webui: { trust_headers: false }, policies: [] },
      openapi: {
        operationIds: "server",
        title: "Shardgate",
        description: expect.any(String),
        path_prefix: "/",
        root_path: "",
        keep_alive: 65_000,
      },
      admin: {},
      reload: { enabled: true, watch: true, interval: 5_000 },
      upstreams: [],
    });
  });

  it("reads upstreams in their order, units, and values from the environment", async () => {
    const text = `
upstreams:
  nas: { kind: mcp-http, url: "http://nas.lan/mcp", timeout: 5m, headers: { Authorization: "Bearer \${TOKEN}", Host: "\${NAME:-nas}" } }
  time: { kind: shard, url: "http://time:9102", enabled: "\${ON}", limits: { active: "\${N}" } }`;
    const { config } = await load(text, { TOKEN: "a: {b}", ON: "false", N: "3" });
    expect(config?.upstreams).toEqual([
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
        options: {
          kind: "shard",
          url: "http://time:9102",
          timeout: 60_000,
          enabled: false,
          headers: {},
          limits: { active: 3 },
        },
      },
    ]);
  });

  it("reports everything at once, each at its place", async () => {
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
  f: { kind: mcp-htpt, url: "http://f" }
  g: { kind: stdio, comand: uvx, command: uvx }
  h: { kind: shard, url: "http://h\${OFF}", enabled: false }
  i: { url: "http://i" }
`;
    expect(await problems(text)).toEqual([
      "2:3 listen.prot: unknown key; did you mean port?",
      "3:9 listen.port: Invalid input: expected number, received string",
      "5:3 upstreams.My NAS: must be 1 to 16 characters of a-z, 0-9 and -",
      "6:26 upstreams.a.url: must be an http:// or https:// address",
      "6:44 upstreams.a.timeout: Invalid input: expected string, received number",
      "7:3 upstreams.b.url: is missing (string)",
      '8:14 upstreams.c.kind: "carrier-pigeon" is none of shard, mcp-http, sse, stdio',
      "9:26 upstreams.d.url: the environment variable MISSING is not set",
      "10:26 upstreams.e.url: GONE: set it in .env",
      '11:14 upstreams.f.kind: "mcp-htpt" is none of shard, mcp-http, sse, stdio; did you mean mcp-http?',
      "12:21 upstreams.g.comand: unknown key; did you mean command?",
      "14:3 upstreams.i.kind: is missing (one of shard, mcp-http, sse, stdio)",
    ]);
  });

  it("shows the line and points at what is wrong, and shows no secret", async () => {
    const { diagnostics } = await load("listen: { port: 9100, hots: x }");
    expect(new ConfigError(diagnostics).message).toBe(`${YAML}: 1 problem

${YAML}:1:23 listen.hots: unknown key; did you mean host?
  1 | listen: { port: 9100, hots: x }
                            ^^^^`);
    const secret =
      "upstreams: { a: { kind: shard, url: http://u:pa55@h, headers: { Authorization: Bearer pa55 }, x: 1 } }";
    const [first] = (await load(secret)).diagnostics;
    expect(renderDiagnostic(first!)).toContain("headers: { Authorization: ****** **** }, x: 1");
    expect(renderDiagnostic(first!)).not.toContain("pa55");
    const args = `mcpServers: { a: { command: x, args: [--api-key, pa55, --token=pa55], url: "http://h?k=pa55", typ: 1 } }`;
    expect(renderDiagnostic((await load(args)).diagnostics[0]!)).toMatch(/typ: 1/);
    expect(renderDiagnostic((await load(args)).diagnostics[0]!)).not.toContain("pa55");
    const [broken] = (await load(`{"token": "pa55", `)).diagnostics;
    expect(renderDiagnostic(broken!)).not.toContain("pa55");
  });

  it("takes variables from .env, from files, and from where Docker puts secrets", async () => {
    const text = `upstreams:
  a: { kind: shard, url: "http://\${HOST_A}", headers: { A: "\${file:token.txt}", B: "\${DB_PASSWORD}", C: "\${secret:c}", D: "$\${D}", E: "\${E:-\${HOST_A}}", F: "\${FROM}" } }`;
    const files = {
      [YAML]: text,
      "/c/.env": "HOST_A=a.lan\nFROM=dotenv\n# comment\nDB_PASSWORD_FILE=/run/secrets/db",
      "/c/token.txt": "t0k\n",
      "/run/secrets/db": "s3cr3t\n",
      "/run/secrets/c": "c",
    };
    const { config, contents } = await loadFiles(files, { FROM: "environment" });
    expect(config?.upstreams[0]?.options).toMatchObject({
      url: "http://a.lan",
      headers: { A: "t0k", B: "s3cr3t", C: "c", D: "${D}", E: "a.lan", F: "environment" },
    });
    expect([...contents.keys()].toSorted()).toEqual(Object.keys(files).toSorted());
  });

  it("says which secret file is not there", async () => {
    const text = "upstreams:\n  a: { kind: shard, url: http://a, headers: { A: '${file:/gone}' } }";
    expect(await problems(text)).toEqual(["2:50 upstreams.a.headers.A: /gone does not exist"]);
  });

  it("merges anchors, and leaves keys that begin with x- to them", async () => {
    const text = `
x-remote: &remote { kind: mcp-http, timeout: 5m, headers: { A: "1" } }
upstreams:
  a: { <<: *remote, url: "http://a" }
  b: { <<: *remote, url: "http://b", timeout: 1s }`;
    const { config } = await load(text);
    expect(config?.upstreams.map(({ options }) => [options.kind, options.timeout])).toEqual([
      ["mcp-http", 300_000],
      ["mcp-http", 1_000],
    ]);
  });

  it("puts certificates in the place of their files, so that a new one is a change", async () => {
    const pem = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";
    const text = `upstreams:
  a: { kind: mcp-http, url: "https://a", tls: { ca: ca.pem } }
  b: { kind: mcp-http, url: "https://b", tls: { ca: gone.pem } }
  c: { kind: mcp-http, url: "https://c", tls: { ca: .env, cert: ca.pem } }`;
    const result = await loadFiles({ [YAML]: text, "/c/ca.pem": pem, "/c/.env": "A=1" });
    expect(told(result)).toEqual(["gateway.yaml:4:47 upstreams.c.tls: cert and key go together"]);
    const half = text.replace(", cert: ca.pem", "");
    expect(told(await loadFiles({ [YAML]: half, "/c/ca.pem": pem, "/c/.env": "A=1" }))).toEqual([
      "gateway.yaml:3:53 upstreams.b.tls.ca: gone.pem does not exist",
      "gateway.yaml:4:53 upstreams.c.tls.ca: .env is no PEM file (-----BEGIN …)",
    ]);
    const { config } = await loadFiles({ [YAML]: text.split("\n").slice(0, 2).join("\n"), "/c/ca.pem": pem });
    expect(config?.upstreams[0]?.options).toMatchObject({ tls: { ca: pem } });
  });
});

describe("several files", () => {
  const upstream = (name: string) => `upstreams: { ${name}: { kind: shard, url: "http://${name}" } }\n`;

  it("reads what a file includes, and several at once", async () => {
    const files = {
      [YAML]: `include: [more.yaml, "conf.d/*.yaml"]\n${upstream("a")}`,
      "/c/more.yaml": `include: [gateway.yaml]\n${upstream("b")}`,
      "/c/conf.d/2.yaml": upstream("d"),
      "/c/conf.d/1.yaml": upstream("c"),
      "/other.json": '{"mcpServers": {"e": {"url": "http://e/mcp"}}}',
    };
    const { config, diagnostics } = await loadFiles(files, {}, [YAML, "/other.json"]);
    expect(diagnostics).toEqual([]);
    expect(config?.upstreams.map(({ name }) => name).toSorted()).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("says where a name or a setting is taken, and where a file is missing", async () => {
    const files = {
      [YAML]: `listen: { port: 1 }\ninclude: [b.yaml, gone.yaml]\n${upstream("a")}`,
      "/c/b.yaml": `listen: { port: 2 }\n${upstream("a")}`,
    };
    expect(told(await loadFiles(files))).toEqual([
      "gateway.yaml:2:19 include.1: does not exist",
      "b.yaml:1:1 listen: is set in /c/gateway.yaml:1 already",
      "b.yaml:2:14 upstreams.a: the name a is taken by /c/gateway.yaml:3; give one of them a name of its own",
    ]);
  });

  it("says that a file it was told to read is not there", async () => {
    expect(told(await loadFiles({}, {}, [YAML]))).toEqual(["gateway.yaml:1:1 does not exist"]);
  });
});

describe("any text", () => {
  const words = [
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
    "${A:-",
    "}",
  ];
  const piece = fc.constantFrom(
    ...words,
    "&a",
    "*a",
    "<<",
    "|",
    "!!x",
    "# c",
    "é",
    "__proto__",
    "mcpServers",
    "servers",
    "//",
    "\t",
  );
  const sample = JSON.stringify({
    listen: { port: 9100 },
    include: ["x.json"],
    upstreams: { a: { kind: "mcp-http", url: "http://a", headers: { A: "${B:-c}" }, tools: { exclude: ["x*"] } } },
    mcpServers: { time: { command: "uvx", args: ["x"], env: { A: "1" }, disabledTools: ["a"] } },
    servers: [{ name: "x", command: "y", timeout: 60, enabled: true }],
  });
  const mutated = fc
    .tuple(fc.nat(sample.length), fc.nat(12), fc.oneof(piece, fc.string({ maxLength: 6, unit: "binary" })))
    .map(([at, cut, text]) => sample.slice(0, at) + text + sample.slice(at + cut));

  it.each([
    ["made of the words of a configuration", fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""))],
    ["that is a configuration with a fault", mutated],
    ["whatever", fc.string({ unit: "binary", maxLength: 40 })],
  ])("%s meets a config or its problems, each with its place", async (_, texts) => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const { config, diagnostics } = await loadFiles({ [YAML]: text });
        const errors = diagnostics.filter(({ severity }) => severity === "error");
        expect(config === undefined).toBe(errors.length > 0);
        const lines = text.split("\n").length;
        for (const one of diagnostics) {
          expect(one.line).toBeGreaterThan(0);
          expect(one.line).toBeLessThanOrEqual(lines);
          expect(renderDiagnostic(one)).not.toMatch(/\n\s+at |TypeError|RangeError|undefined/);
        }
      }),
      { numRuns: 700 },
    );
  });
});
