import { fetchSender } from "@shardgate/mcp-wire";
import { serveSurface } from "@shardgate/mcp-wire/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../config/schema.ts";
import { createHouse } from "../house.ts";
import { memoryLogger } from "../testing/calls.ts";
import { FakeTimers } from "../testing/fake-timers.ts";
import { type Ran, runIn } from "../testing/test-io.ts";
import { upstreamOptionsSchema } from "../upstreams/index.ts";

const inputSchema = {
  type: "object",
  properties: {
    text: { type: "string" },
    count: { type: "integer" },
    loud: { type: "boolean" },
    tags: { type: "array", items: { type: "number" } },
  },
};
const surface = serveSurface({
  name: "echo-server",
  version: "1",
  instructions: "Call echo.",
  tools: [{ name: "echo", description: "says it again\nand more", inputSchema }],
  callTool: async (_, args) =>
    args["text"] === "fail"
      ? { content: [{ type: "text", text: "it failed" }], isError: true }
      : { content: [{ type: "text", text: JSON.stringify(args) }] },
});
const timers = new FakeTimers();
const hosts: Record<string, (request: Request) => Promise<Response>> = {
  "http://echo": (request) => surface.fetch(request),
  "http://gone": () => Promise.reject(new Error("refused")),
};
const definitions = ["echo", "gone"].map((name) => ({
  id: name,
  name,
  options: upstreamOptionsSchema.parse({ kind: "mcp-http", url: `http://${name}/mcp` }),
}));
const house = createHouse({
  config: DEFAULT_CONFIG,
  providers: [{ name: "test", watch: async (emit) => emit(definitions) }],
  logger: memoryLogger(),
  timers,
  createSender: (origin) => fetchSender(origin, (request) => hosts[origin]!(request)),
});

beforeAll(async () => {
  await house.start();
  for (let turn = 0; turn < 20 && house.gateway.status().upstreams[0]?.state !== "up"; turn++) await timers.advance(20);
  await timers.advance(50);
});
afterAll(async () => {
  await house.close();
  await surface.close();
});

const seen: (string | null)[] = [];
const shardgate = (...args: string[]): Promise<Ran> =>
  runIn(
    {
      fetch(request) {
        seen.push(request.headers.get("authorization"));
        return house.app.fetch(request);
      },
      readInput: async () => '{"text":"from input"}',
    },
    ...args,
  );

describe("list", () => {
  it("shows upstreams with their state and tools with their first line", async () => {
    const { code, out } = await shardgate("list");
    expect(code).toBe(0);
    expect(out).toMatch(/^up {7}echo {2}mcp-http$/m);
    expect(out).toMatch(/^down {5}gone {2}mcp-http {2}.*refused/m);
    expect(out).toMatch(/1 tool\n {2}echo__echo {2}says it again\n$/);
  });

  it("shows one, or says what there is", async () => {
    expect((await shardgate("list", "gone")).out).toMatch(/^down .*\n\n0 tools\n$/);
    expect(await shardgate("list", "nas")).toMatchObject({
      code: 1,
      err: "There is no upstream nas; known: echo, gone\n",
    });
  });

  it("gives everything as JSON", async () => {
    const { out } = await shardgate("list", "--json");
    expect(JSON.parse(out)).toMatchObject({ status: "degraded", tools: [{ name: "echo__echo", inputSchema }] });
  });
});

describe("--profile", () => {
  it.each([
    [["list", "--profile", "radio"], "Unknown profile radio; known: none"],
    [
      ["list", "--profile", "radio", "--url", "http://localhost:9100/servers/echo/mcp"],
      "--profile goes with the address",
    ],
  ])("%j", async (args, message) => {
    const { code, err } = await shardgate(...args);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });
});

describe("call", () => {
  it.each([
    [["text=7", "count=7", "loud=true", "tags=1,2"], { text: "7", count: 7, loud: true, tags: [1, 2] }],
    [["count:=8", 'text:="a=b"'], { count: 8, text: "a=b" }],
    [["unknown=x=y"], { unknown: "x=y" }],
    [['{"text":"a","count":1}'], { text: "a", count: 1 }],
    [["-"], { text: "from input" }],
    [[], {}],
  ])("%j", async (words, args) => {
    const { code, out } = await shardgate("call", "echo__echo", ...words);
    expect([code, JSON.parse(out)]).toEqual([0, args]);
  });

  it("ends with 5 where the tool says that it failed", async () => {
    expect(await shardgate("call", "echo__echo", "text=fail")).toEqual({ code: 5, out: "it failed\n", err: "" });
  });

  it("gives the whole result as JSON", async () => {
    const { out } = await shardgate("call", "echo__echo", "--json", "count=1");
    expect(JSON.parse(out)).toMatchObject({ content: [{ type: "text", text: '{"count":1}' }] });
  });

  it.each([
    [["echo"], 1, "There is no tool echo; did you mean echo__echo?"],
    [["echo__ehco"], 1, "There is no tool echo__ehco; did you mean echo__echo?"],
    [["wholly_else"], 1, "There is no tool wholly_else; `shardgate list` shows them"],
    [["echo__echo", "count=many"], 1, 'count must be a number, not "many"'],
    [["echo__echo", "loud=yes"], 1, 'loud must be true or false, not "yes"'],
    [["echo__echo", "text"], 1, '"text" is neither key=value, key:=JSON nor a JSON object'],
    [["echo__echo", "{"], 1, "What the argument holds is no JSON"],
    [["echo__echo", "--timeout", "5"], 1, "--timeout must be a number with its unit"],
    [[], 2, "missing required argument 'tool'"],
  ])("%j is refused", async (words, code, said) => {
    const ran = await shardgate("call", ...words);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(said);
    expect(ran.out).toBe("");
  });

  it("sends the token, which no error repeats", async () => {
    await shardgate("list", "--api-key", "secret-token");
    expect(seen.at(-1)).toBe("Bearer secret-token");
    const { code, err } = await runIn({}, "list", "--api-key", "secret-token");
    expect(code).toBe(1);
    expect(err).toMatch(
      /^The gateway at http:\/\/127\.0\.0\.1:9100\/mcp gave no answer: .*ECONNREFUSED.*Is it running\?/,
    );
    expect(err).not.toContain("secret");
  });

  it("refuses an address that is none", async () => {
    expect((await shardgate("list", "--url", "gateway:9100")).err).toContain("is no http:// or https:// address");
  });
});

describe("connect", () => {
  it("lists the clients it knows", async () => {
    const { out } = await shardgate("connect");
    expect(out.trim().split("\n")).toHaveLength(9);
  });

  it.each(["claude-desktop", "vscode", "cursor", "lm-studio", "lobechat"])(
    "%s: the snippet is JSON",
    async (client) => {
      const { code, out } = await shardgate("connect", client, "--url", "http://gw:9100", "--api-key", "t0ken");
      expect(code).toBe(0);
      const { mcpServers, servers } = JSON.parse(out) as Record<string, { homelab: object }>;
      expect(JSON.stringify((mcpServers ?? servers)?.homelab)).toContain("http://gw:9100/mcp");
      expect(out).toContain("Bearer t0ken");
    },
  );

  it("Open WebUI: the server and that it is on, for everybody, as environment", async () => {
    const { out } = await shardgate("connect", "open-webui", "--name", "house");
    const [servers = "", metadata = ""] = [...out.matchAll(/^[A-Z_]+='(.*)'$/gm)].map(([, value]) => value);
    const access_grants = [{ principal_type: "user", principal_id: "*", permission: "read" }];
    expect(JSON.parse(servers)).toMatchObject([
      { type: "mcp", url: "http://127.0.0.1:9100/mcp", path: "", auth_type: "none", config: { access_grants } },
    ]);
    expect(JSON.parse(metadata)).toEqual({ toolIds: ["server:mcp:house"] });
  });

  it("says which client was meant", async () => {
    expect((await shardgate("connect", "vs-code")).err).toContain("did you mean vscode?");
  });
});

describe("completion", () => {
  it.each(["bash", "zsh", "fish"])("%s: names every command", async (shell) => {
    const { out } = await shardgate("completion", shell);
    for (const name of ["serve", "list", "call", "connect", "completion"]) expect(out).toContain(name);
  });

  it("knows no other shell", async () => {
    expect(await shardgate("completion", "csh")).toMatchObject({ code: 1 });
  });
});
