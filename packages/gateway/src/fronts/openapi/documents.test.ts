import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { type Document, documentOf, tool } from "./testing/documents.ts";
import { type ScriptedServer, startFront } from "./testing/start-front.ts";

describe("operations", () => {
  const up: ScriptedServer = {
    info: { name: "mcp-time", version: "3" },
    tools: [
      tool("get_time"),
      tool("get-time"),
      tool("a.b"),
      tool("a/b {c}"),
      tool("é"),
      tool("x".repeat(60)),
      tool(""),
    ],
  };

  it("have names that every model API takes, each once; or mcpo's", async () => {
    const ids = ({ paths }: Document): string[] => Object.values(paths).map(({ post }) => post.operationId);
    const names = ids(await documentOf(up));
    expect(names.slice(0, 4)).toEqual(["up_get_time", "up_get-time", "up_a_b", expect.stringMatching(/^up_a_b__c_$/)]);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_-]{0,47}$/);
    const { ask } = startFront({
      servers: { up, other: { tools: [tool("get_time")] } },
      settings: { operationIds: "mcpo" },
    });
    const mcpo = ids((await ask("GET", "/up/openapi.json")).json as Document);
    expect(mcpo[0]).toBe("tool_get_time_post");
    expect(new Set(mcpo).size).toBe(mcpo.length);
    const all = ids((await ask("GET", "/openapi.json")).json as Document);
    expect(all.slice(0, 2)).toEqual(["tool_get_time_post", "tool_up_get_time_post"]);
    expect(new Set(all).size).toBe(all.length);
  });

  it("are found where the document says, in that of the server and that of all", async () => {
    const { ask } = startFront({
      servers: { up: { ...up, answer: (name) => ({ content: [{ type: "text", text: name }] }) } },
    });
    for (const [path, base] of [
      ["/up/openapi.json", "/up"],
      ["/openapi.json", ""],
    ] as const) {
      const { paths } = (await ask("GET", path)).json as Document;
      for (const place of Object.keys(paths)) expect((await ask("POST", base + place)).status, place).toBe(200);
    }
  });

  it("stand under the prefix, behind the root path, or at the root where there is one server", async () => {
    const one = { tools: [tool("now")] };
    const prefixed = startFront({ servers: { up: one }, settings: { path_prefix: "/api/", root_path: "/proxy" } });
    for (const base of ["/api/up", "/proxy/api/up"]) {
      expect((await prefixed.ask("POST", `${base}/now`)).status).toBe(200);
      expect((await prefixed.ask("GET", `${base}/openapi.json`)).json).toMatchObject({
        servers: [{ url: "/proxy/api/up" }],
      });
    }
    expect((await prefixed.ask("POST", "/up/now")).status).toBe(404);
    expect((await prefixed.ask("GET", "/openapi.json")).json).toMatchObject({
      servers: [{ url: "/proxy/api" }],
      paths: { "/up/now": {} },
    });
    const single = startFront({ servers: { up: one }, settings: { single: "up" } });
    expect((await single.ask("POST", "/now")).status).toBe(200);
    const document = (await single.ask("GET", "/openapi.json")).json;
    expect(document).toMatchObject({ info: { title: "up-server", version: "1.2.3" }, paths: { "/now": {} } });
    expect(document).not.toHaveProperty("servers");
    expect((await single.ask("GET", "/livez")).status).toBe(200);
  });
});

describe("serving", () => {
  const many = {
    tools: Array.from({ length: 50 }, (_, index) =>
      tool(`tool_${index}`, { type: "object", properties: { a: { type: "string" } } }),
    ),
  };

  it("is made once, answers 304 to who has it, and compresses", async () => {
    const { ask } = startFront({ servers: { up: many } });
    const plain = await ask("GET", "/up/openapi.json");
    const etag = plain.headers.get("etag") as string;
    expect((await ask("GET", "/up/openapi.json", { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await ask("GET", "/up/openapi.json", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
    for (const [coding, open] of [
      ["gzip", gunzipSync],
      ["br", brotliDecompressSync],
    ] as const) {
      const packed = await vi.waitFor(async () => {
        const response = await ask("GET", "/up/openapi.json", { headers: { "accept-encoding": coding } });
        expect(response.headers.get("content-encoding")).toBe(coding);
        return response;
      });
      expect(open(packed.body).toString()).toBe(plain.text);
      expect(packed.headers.get("etag")).not.toBe(etag);
    }
    expect((await ask("HEAD", "/up/openapi.json")).status).toBe(200);
  });

  it("follows what changes: new tools are there, a removed server is gone", async () => {
    const front = startFront({ servers: { up: { tools: [tool("old")] }, other: many } });
    const paths = async (path: string) => Object.keys(((await front.ask("GET", path)).json as Document).paths);
    expect(await paths("/up/openapi.json")).toEqual(["/old"]);
    expect((await front.post("/up/old", {})).status).toBe(200);
    front.put("up", { tools: [tool("new")] });
    expect(await paths("/up/openapi.json")).toEqual(["/new"]);
    expect(await paths("/openapi.json")).toContain("/up/new");
    expect((await front.post("/up/old", {})).status).toBe(404);
    front.remove("up");
    for (const path of ["/up/openapi.json", "/up/docs", "/up/new"])
      expect((await front.ask("GET", path)).status).toBe(404);
    expect((await front.post("/up/new", {})).status).toBe(404);
    expect(await paths("/openapi.json")).not.toContain("/up/new");
  });

  it("serves Swagger UI from itself alone", async () => {
    const { ask } = startFront({ servers: { up: many }, settings: { title: "<b>House</b>" } });
    const page = await ask("GET", "/docs");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(page.text).toContain("<title>&#60;b&#62;House");
    expect(page.text).not.toMatch(/https?:/);
    for (const [, file] of page.text.matchAll(/(?:href|src)="([^"]+)"/g)) {
      expect((await ask("GET", `/up/${file}`)).status, file).toBe(200);
      expect((await ask("GET", `/${file}`)).status, file).toBe(200);
    }
    expect((await ask("GET", "/docs/other.js")).status).toBe(404);
    expect((await ask("GET", "/up/redoc")).text).toContain("POST /up/tool_0");
  });
});
