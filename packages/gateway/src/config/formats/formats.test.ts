import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadFiles, told } from "../../testing/config-files.ts";

const example = (name: string) => readFileSync(new URL(`../../../../../examples/${name}`, import.meta.url), "utf8");
const json = (value: unknown) => loadFiles({ "/c/config.json": JSON.stringify(value, null, 1) });

describe("mcpServers", () => {
  it("loads a house's mcpo file unchanged", async () => {
    const result = await loadFiles({ "/c/config.json": example("mcpo-thirteen.json") });
    expect(told(result)).toEqual([]);
    const { upstreams } = result.config!;
    expect(upstreams).toHaveLength(13);
    expect(upstreams.map(({ options }) => options.kind)).toEqual(["stdio", "stdio", ...Array(11).fill("mcp-http")]);
    expect(upstreams.find(({ name }) => name === "gitea")?.options).toMatchObject({
      url: "http://localhost:25535/mcp",
      headers: { Authorization: "Bearer gitea-token" },
    });
  });

  it("reads what they say of signing in", async () => {
    const mcpo = {
      server_url: "http://h/",
      storage_type: "memory",
      callback_port: 3030,
      use_loopback: true,
      client_metadata: { client_name: "mcpo", scope: "notes", redirect_uris: ["http://localhost:3030/callback"] },
    };
    const result = await json({
      mcpServers: {
        h: { type: "streamable-http", url: "http://h/mcp", oauth: mcpo },
        i: { url: "http://i", auth: "oauth" },
        j: { url: "http://j", oauth: { clientId: "c", callbackPort: 8080 } },
        k: { url: "http://k", oauth: false, auth: "none" },
        l: { command: "l", oauth: {} },
      },
    });
    expect(told(result)).toEqual([]);
    const options = Object.fromEntries(result.config!.upstreams.map((one) => [one.name, one.options]));
    expect(options["h"]).toMatchObject({
      oauth: { server_url: "http://h/", storage: "memory", client_name: "mcpo", scope: "notes" },
    });
    expect(options["i"]).toMatchObject({ oauth: { client_name: "Shardgate", storage: "file" } });
    expect(options["j"]).toMatchObject({ oauth: { client_id: "c" } });
    for (const name of ["k", "l"]) expect(options[name]).not.toHaveProperty("oauth");
  });

  it("says what is wrong with them, where they say it", async () => {
    const { diagnostics } = await json({ mcpServers: { h: { url: "http://h", oauth: { storage_type: "disk" } } } });
    expect(diagnostics.map(({ message }) => message)).toEqual([expect.stringMatching(/"file"\|"memory"/)]);
    const yaml = (oauth: string) =>
      loadFiles({ "/c/gateway.yaml": `upstreams: { h: { kind: sse, url: "http://h", oauth: ${oauth} } }` });
    expect(told(await yaml("{ scop: a }"))).toEqual([
      expect.stringMatching(/^gateway.yaml:1:\d+ upstreams.h.oauth.scop: unknown key; did you mean scope\?$/),
    ]);
    expect(told(await yaml("{ client_id: a, client_secret: b }"))).toEqual([
      expect.stringMatching(/client_secret goes with issuer/),
    ]);
    expect(told(await yaml("5"))).toEqual([expect.stringMatching(/expected true; or .*expected object/)]);
  });

  it("reads the words of mcpo, Claude, Cursor, Cline, Gemini and LobeChat", async () => {
    const result = await json({
      globalShortcut: "Ctrl+Space",
      mcpServers: {
        a: {
          command: "a",
          args: ["-p", 1],
          env: { PORT: 80, GONE: null },
          disabledTools: ["x"],
          disabled: true,
          cwd: "sub",
        },
        b: { url: "http://b/sse", alwaysAllow: ["x"], timeout: 60 },
        c: { url: "http://c/", timeout: 30_000 },
        d: { httpUrl: "http://d/", includeTools: ["x"], excludeTools: ["y"], trust: true },
        e: {
          type: "streamable_http",
          url: "http://e",
          client_header_forwarding: { enabled: true, whitelist: ["X-*"], blacklist: ["X-No"] },
        },
        f: { type: "sse", url: "http://f", client_header_forwarding: { enabled: false }, tools: ["*"] },
        g: { serverUrl: "http://g", command: "" },
      },
    });
    expect(told(result)).toEqual([]);
    const options = Object.fromEntries(result.config!.upstreams.map((one) => [one.name, one.options]));
    expect(options["a"]).toMatchObject({
      kind: "stdio",
      args: ["-p", "1"],
      env: { PORT: "80" },
      tools: { exclude: ["x"] },
      enabled: false,
      cwd: "/c/sub",
    });
    expect(options["b"]).toMatchObject({ kind: "sse", timeout: 60_000 });
    expect(options["c"]).toMatchObject({ kind: "mcp-http", timeout: 30_000 });
    expect(options["d"]).toMatchObject({ kind: "mcp-http", tools: { include: ["x"], exclude: ["y"] } });
    expect(options["e"]).toMatchObject({ forward_headers: { allow: ["X-*"], deny: ["X-No"] } });
    expect(options["f"]).toEqual({ kind: "sse", url: "http://f", headers: {}, enabled: true, timeout: 60_000 });
    expect(options["g"]).toMatchObject({ kind: "mcp-http", url: "http://g" });
  });

  it("takes comments, tabs and commas too many, as editors do", async () => {
    const text =
      '// mine\n{\n\t"mcpServers": {\n\t\t/* the\n clock */ "time": { "url": "http://t//mcp", }, // end\n\t},\n}\n';
    const result = await loadFiles({ "/c/config.json": text });
    expect(told(result)).toEqual([]);
    expect(result.config?.upstreams[0]?.options).toMatchObject({ url: "http://t//mcp" });
  });

  it("maps names to ours and keeps what they were, two that map to one apart", async () => {
    const names = ["My Server!", "my server", "a-very-long-name-of-a-server", "ok"];
    const result = await json({ mcpServers: Object.fromEntries(names.map((name) => [name, { url: "http://x/mcp" }])) });
    const { upstreams } = result.config!;
    expect(upstreams.map(({ original, name }) => original ?? name)).toEqual(names);
    expect(new Set(upstreams.map(({ name }) => name)).size).toBe(4);
    for (const { name } of upstreams) expect(name).toMatch(/^[a-z0-9-]{1,16}$/);
  });

  it("warns of what it does not know, and refuses what cannot be", async () => {
    const result = await json({
      mcpServers: {
        a: { comand: "x", command: "y" },
        b: {},
        c: { type: "htp", url: "http://c" },
        d: 5,
        e: { url: "e" },
        f: { command: "f", disabledTools: "x" },
      },
    });
    expect(told(result)).toEqual([
      "warning config.json:4:4 mcpServers.a.comand: unknown key, which is left out; did you mean command?",
      "config.json:7:8 mcpServers.b: has neither a command nor a url",
      "config.json:9:12 mcpServers.c.type: is none of stdio, sse, http and streamable-http; did you mean http?",
      "config.json:12:8 mcpServers.d: must be a mapping with a command or a url",
      "config.json:14:11 mcpServers.e.url: must be an http:// or https:// address",
      "config.json:18:21 mcpServers.f.disabledTools: Invalid input: expected array, received string",
    ]);
  });
});

describe("MCProxy", () => {
  it("loads its file unchanged; what is not set is warned of where it is used", async () => {
    const result = await loadFiles({ "/c/mcp-servers.json": example("mcproxy-servers.json") });
    expect(told(result)).toEqual([
      "warning mcp-servers.json:23:67 servers.2.env.API_KEY: the environment variable MY_API_KEY is not set",
    ]);
    expect(result.config!.upstreams.map(({ name, original, options }) => [name, original, options.enabled])).toEqual([
      ["wikipedia", undefined, true],
      ["perplexity", undefined, false],
      ["my-new-server", "my_new_server", true],
    ]);
    expect(result.config!.upstreams[0]?.options).toMatchObject({ kind: "stdio", timeout: 60_000 });
  });

  it("names the second of two servers of one name, and one without", async () => {
    const result = await json({
      servers: [{ name: "a", command: "x" }, { name: "a", command: "y" }, { command: "z" }],
    });
    expect(told(result)).toEqual([
      "config.json:8:12 servers.1: the name a is taken by /c/config.json:4; give one of them a name of its own",
      "config.json:11:3 servers.2: has no name",
    ]);
  });
});

describe("VS Code", () => {
  it("reads servers, takes inputs from the environment, and env files", async () => {
    const text = JSON.stringify({
      inputs: [{ id: "perplexity-key", type: "promptString", password: true }],
      servers: {
        a: {
          type: "stdio",
          command: "x",
          args: ["${workspaceFolder}/a"],
          env: { KEY: "${input:perplexity-key}", H: "${env:HOME}" },
          envFile: "a.env",
        },
        b: { type: "http", url: "http://b", headers: { K: "${input:other}" } },
      },
    });
    const files = { "/w/.vscode/mcp.json": text, "/w/.vscode/a.env": "KEY=file\nMORE=1" };
    const result = await loadFiles(files, { PERPLEXITY_KEY: "k", HOME: "/h" });
    expect(told(result)).toEqual([
      expect.stringMatching(
        /^warning mcp.json:1:\d+ servers.b.headers.K: VS Code asks a person for other; here, set the environment variable OTHER$/,
      ),
    ]);
    expect(result.config!.upstreams[0]?.options).toMatchObject({
      args: ["/w/a"],
      env: { KEY: "k", H: "/h", MORE: "1" },
    });
  });
});
