import { afterEach, describe, expect, it } from "vitest";
import { startHouse } from "../testing/start-house.ts";
import { profilesSchema } from "./schema.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const upstreams = () => ({
  nas: { tools: ["list", "delete"], options: { group: "media" } },
  tv: { tools: ["play"], options: { group: "media" } },
  git: { tools: ["list", "push"], options: { prefix: false, tools: { rename: { push: "send" } } } },
});
const profiles = (wanted: object) => ({ profiles: profilesSchema.parse(wanted) });

async function start(wanted: object) {
  const house = await startHouse(upstreams(), profiles(wanted));
  open.push(house);
  return house;
}

/** Reads what comes on a stream until it ends. */
const textOf = async (stream: Response): Promise<string> => await stream.text();

describe("a profile over MCP", () => {
  it("lists and calls its own tools in both eras; others do not exist", async () => {
    const { names, call } = await start({ media: { groups: ["media"], include: ["send"], exclude: ["*__delete"] } });
    for (const isModern of [true, false]) {
      expect(await names("/p/media/mcp", {}, isModern)).toEqual(["send", "nas__list", "tv__play"]);
      const called = await call("/p/media/mcp", "send", {}, isModern);
      expect(called.body.result).toMatchObject({ content: [{ text: "git push" }] });
      expect((await call("/p/media/mcp", "nas__delete", {}, isModern)).body.error).toMatchObject({
        code: -32602,
        message: "Unknown tool: nas__delete",
      });
      expect((await call("/mcp", "nas__delete", {}, isModern)).status).toBe(200);
    }
  });

  it("says what it is for, in its own words or in those of its upstreams", async () => {
    const { rpc } = await start({ tv: { upstreams: ["tv"] }, told: { instructions: "Only listen." } });
    const said = async (path: string) => (await rpc(path, "server/discover", {})).body.result;
    expect(await said("/p/tv/mcp")).toMatchObject({ instructions: "# tv\nAsk tv." });
    expect(JSON.stringify(await said("/p/tv/mcp"))).toContain('"title":"Shardgate: tv"');
    expect(await said("/p/told/mcp")).toMatchObject({ instructions: "Only listen." });
  });

  it("has sessions of its own, which end with it", async () => {
    const { post, fetch, configure, names } = await start({ tv: { upstreams: ["tv"] }, nas: { upstreams: ["nas"] } });
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } };
    const opened = await post("/p/tv/mcp", { jsonrpc: "2.0", id: 1, method: "initialize", params });
    const session = { "mcp-session-id": opened.headers.get("mcp-session-id") as string };
    const ask = (path: string) => post(path, { jsonrpc: "2.0", id: 2, method: "tools/list" }, session);
    expect((await ask("/p/tv/mcp")).status).toBe(200);
    for (const elsewhere of ["/mcp", "/p/nas/mcp", "/servers/tv/mcp"]) expect((await ask(elsewhere)).status).toBe(404);
    const stream = await fetch("/p/tv/mcp", { headers: { accept: "text/event-stream", ...session } });
    configure(profiles({ nas: { upstreams: ["nas"] } }));
    // The stream of the session ends with it.
    expect(await textOf(stream)).not.toContain("data:");
    const gone = await post("/p/tv/mcp", { jsonrpc: "2.0", id: 2, method: "tools/list" });
    expect(gone).toMatchObject({ status: 404, body: { error: { message: "Unknown profile tv; known: nas" } } });
    configure(profiles({ nas: { upstreams: ["nas"] }, tv: { upstreams: ["tv"] } }));
    expect(await names("/p/tv/mcp")).toEqual(["tv__play"]);
    expect((await ask("/p/tv/mcp")).status).toBe(404);
  });

  it("ends what a client of the modern era listens to, when it goes", async () => {
    const { fetch, configure } = await start({ tv: { upstreams: ["tv"] }, nas: { upstreams: ["nas"] } });
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const params = { notifications: { toolsListChanged: true }, _meta: meta };
    const listening = await fetch("/p/tv/mcp", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "subscriptions/listen",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 7, method: "subscriptions/listen", params }),
    });
    configure(profiles({ nas: { upstreams: ["nas"] } }));
    const text = await textOf(listening);
    expect(text).toContain("notifications/subscriptions/acknowledged");
    expect(text).toMatch(/"id":7,"result":/);
  });

  it("tells its clients when its list changes, and not of what others have", async () => {
    const { post, fetch, configure, addTool, house } = await start({
      tv: { include: ["tv__*"] },
      nas: { include: ["nas__*"] },
    });
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } };
    const listen = async (path: string): Promise<Response> => {
      const opened = await post(path, { jsonrpc: "2.0", id: 1, method: "initialize", params });
      const id = opened.headers.get("mcp-session-id") as string;
      return fetch(path, { headers: { accept: "text/event-stream", "mcp-session-id": id } });
    };
    const [tv, nas] = [await listen("/p/tv/mcp"), await listen("/p/nas/mcp")];
    await addTool("tv", "pause");
    configure(profiles({ tv: { include: ["tv__*"] }, nas: { include: ["nas__list"] } }));
    configure(profiles({ tv: { include: ["tv__*"], description: "words only" }, nas: { include: ["nas__list"] } }));
    house.drain();
    for (const stream of [tv, nas]) {
      expect((await textOf(stream)).match(/notifications\/tools\/list_changed/g)).toHaveLength(1);
    }
  });

  it("is there over HTTP+SSE too, and unknown ones name those that are there", async () => {
    const { post, fetch } = await start({ tv: { upstreams: ["tv"] } });
    const direct = await post("/p/tv/sse", { jsonrpc: "2.0", id: 1, method: "tools/list" });
    expect(direct.body.result).toMatchObject({ tools: [{ name: "tv__play" }] });
    const stream = await fetch("/p/tv/sse", { headers: { accept: "text/event-stream" } });
    const { value } = await stream.body!.getReader().read();
    expect(Buffer.from(value!).toString()).toContain("data: /p/tv/messages?sessionId=");
    const unknown = await post("/p/radio/mcp", { jsonrpc: "2.0", id: 1, method: "tools/list" });
    expect(unknown).toMatchObject({ status: 404, body: { error: { message: "Unknown profile radio; known: tv" } } });
  });
});

describe("a profile over OpenAPI", () => {
  interface Document {
    readonly info: { readonly title: string; readonly description: string };
    readonly servers: readonly { readonly url: string }[];
    readonly paths: Readonly<Record<string, unknown>>;
  }

  it("has a document, pages and addresses of its own; others do not exist", async () => {
    const { fetch, post } = await start({
      media: { groups: ["media"], exclude: ["nas__delete"], description: "For the couch." },
    });
    const document = async (path: string): Promise<Document> => (await (await fetch(path)).json()) as Document;
    const all = await document("/p/media/openapi.json");
    expect(Object.keys(all.paths)).toEqual(["/nas/list", "/tv/play"]);
    expect(all).toMatchObject({
      info: { title: "Shardgate: media", description: "For the couch." },
      servers: [{ url: "/p/media" }],
    });
    const one = await document("/p/media/nas/openapi.json");
    expect(one).toMatchObject({ servers: [{ url: "/p/media/nas" }] });
    expect(Object.keys(one.paths)).toEqual(["/list"]);
    for (const page of ["docs", "redoc", "nas/docs", "docs/start.js"]) {
      expect((await fetch(`/p/media/${page}`)).status).toBe(200);
    }
    expect(await post("/p/media/nas/list", {})).toMatchObject({ status: 200, body: "nas list" });
    expect(await post("/p/media/nas/delete", {})).toMatchObject({ status: 404, body: { detail: "Not Found" } });
    expect((await post("/p/media/git/send", {})).status).toBe(404);
    expect((await post("/nas/delete", {})).status).toBe(200);
  });

  it("follows its configuration and its upstreams while it runs", async () => {
    const { fetch, configure, addTool } = await start({ media: { upstreams: ["tv"] } });
    const paths = async () => Object.keys(((await (await fetch("/p/media/openapi.json")).json()) as Document).paths);
    expect(await paths()).toEqual(["/tv/play"]);
    await addTool("tv", "pause");
    expect(await paths()).toEqual(["/tv/play", "/tv/pause"]);
    configure(profiles({ media: { upstreams: ["tv", "nas"], exclude: ["tv__p*"] } }));
    expect(await paths()).toEqual(["/nas/list", "/nas/delete"]);
    configure(profiles({ other: {} }));
    const gone = await fetch("/p/media/openapi.json");
    expect([gone.status, await gone.json()]).toEqual([404, { detail: "Unknown profile media; known: other" }]);
    expect((await fetch("/p/other/openapi.json")).status).toBe(200);
  });
});

describe("the state of things", () => {
  it("names each profile with its tools, and what it names that is not there", async () => {
    const { fetch } = await start({
      tv: { upstreams: ["tv"], description: "Screen" },
      odd: { include: ["trafik__*"] },
    });
    expect(((await (await fetch("/health")).json()) as { profiles: unknown }).profiles).toEqual([
      { name: "tv", description: "Screen", tools: 1, upstreams: ["tv"] },
      { name: "odd", tools: 0, upstreams: [], problems: ["include: trafik__* fits no tool", "it has no tools"] },
    ]);
    const page = await (await fetch("/")).text();
    expect(page).toContain("profile odd: include: trafik__* fits no tool");
    expect(page).toContain("/p/tv/mcp");
  });
});
