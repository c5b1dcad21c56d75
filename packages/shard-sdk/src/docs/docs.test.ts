import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { defineDocsTool, type DocsToolOptions } from "../docs.ts";
import { defineShard } from "../shard.ts";
import { callTool } from "../testing.ts";
import { readHtml } from "./html-to-markdown.ts";
import { cleanMarkdown, splitSections } from "./sections.ts";

const PAGES = [
  { path: "guide/install", words: "setup docker first start", bundled: "Run the image." },
  { path: "guide/users", words: "accounts login password" },
  { path: "pro/sso", words: "single sign on login", note: "Paid edition only" },
];
const MARKDOWN =
  "---\ntitle: Users\n---\nAbout users.\n\n## Passwords\n\nLong ones.\n\n```sh\n# no heading\n```\n\n## Groups\n\nMany.\n";
const HTML = `<html><head><title>Users - Docs</title></head><body><nav>menu</nav><main><h1>Users</h1><p>About <b>users</b>.</p>
<h2>Passwords</h2><pre><code class="language-sh">passwd
</code></pre><ul><li>one</li></ul></main></body></html>`;

type Answer = (url: URL, headers: Headers) => Response | Promise<Response>;

let asked: string[];
let now: number;
let answer: Answer;
beforeEach(() => {
  asked = [];
  now = Date.parse("2026-11-21");
  answer = () => new Response("", { status: 404 });
});

const markdown = (body = MARKDOWN, headers: Record<string, string> = {}) =>
  new Response(body, { headers: { "content-type": "text/markdown", ...headers } });
const html = (body: string) => new Response(body, { headers: { "content-type": "text/html; charset=utf-8" } });

function tool(options: Partial<DocsToolOptions> = {}) {
  return defineDocsTool({
    name: "get_docs",
    subject: "Fotos",
    pages: PAGES,
    sources: [
      { kind: "markdown", base: "https://raw.example.com/repo/", path: (page) => `/docs/${page}.md` },
      { kind: "html", base: "https://docs.example.com", path: (page) => `/${page}/` },
    ],
    now: () => now,
    fetch: async (request) => {
      asked.push(request.url);
      return answer(new URL(request.url), request.headers);
    },
    ...options,
  });
}
async function look(made: ReturnType<typeof tool>, args: Record<string, unknown>) {
  const shard = defineShard({ name: "fotos", version: "1.0.0", description: "Fotos.", tools: [made] });
  return callTool(shard, "get_docs", args);
}

describe("defineDocsTool", () => {
  it("finds the page by what people say, and shows it, or the section asked for", async () => {
    answer = () => markdown();
    const docs = tool();
    expect(await look(docs, { topic: "password" })).toMatchObject({
      structured: { found: true, title: "Users", source: "markdown", other_sections: ["Passwords", "Groups"] },
      text: expect.stringMatching(/^Users, from the documentation of Fotos \(markdown\): https:.*\n<documentation>/),
    });
    expect(asked).toEqual(["https://raw.example.com/repo/docs/guide/users.md"]);
    const part = await look(docs, { topic: "guide/users", section: "pass" });
    expect(part.structured).toMatchObject({ section: "Passwords", source: "cache", stale: false });
    expect(part.structured?.["content"]).toMatch(/^## Passwords[\s\S]*# no heading/);
    expect(asked).toHaveLength(1);
  });

  it("asks after a day whether a page has changed", async () => {
    answer = (_, headers) =>
      headers.has("if-none-match") ? new Response(null, { status: 304 }) : markdown(MARKDOWN, { etag: '"1"' });
    const docs = tool();
    await look(docs, { topic: "users" });
    now += 25 * 3_600_000;
    expect((await look(docs, { topic: "users" })).structured).toMatchObject({ source: "markdown", stale: false });
    expect(asked).toHaveLength(2);
  });

  it("takes the site where there is no source, and follows forwards of the same origin alone", async () => {
    answer = ({ pathname }) => {
      if (pathname === "/guide/users/") return html('<meta http-equiv="refresh" content="0; url=../people/">');
      return pathname === "/guide/people/" ? html(HTML) : new Response("", { status: 404 });
    };
    expect((await look(tool(), { topic: "users" })).structured).toMatchObject({
      source: "html",
      title: "Users",
      url: "https://docs.example.com/guide/people/",
      content: expect.stringContaining("```sh\npasswd\n```"),
    });
    asked = [];
    answer = () => new Response("", { status: 302, headers: { location: "http://169.254.169.254/latest" } });
    expect((await look(tool(), { topic: "install" })).structured).toMatchObject({ source: "bundled" });
    expect(asked.some((url) => url.includes("169.254"))).toBe(false);
  });

  it("falls back to the last copy, from disk too, then to the shard's own text, and says so", async () => {
    const cacheDir = mkdtempSync(join(tmpdir(), "docs-"));
    try {
      answer = () => markdown();
      await look(tool({ cacheDir }), { topic: "users" });
      now += 48 * 3_600_000;
      answer = () => Promise.reject(new Error("offline"));
      const old = await look(tool({ cacheDir }), { topic: "users" });
      expect(old.structured).toMatchObject({ source: "cache", stale: true });
      expect(old.text).toContain("an old copy of 2026-11-21");
      expect((await look(tool({ cacheDir }), { topic: "install" })).structured).toMatchObject({
        source: "bundled",
        content: "Run the image.",
      });
      expect((await look(tool({ cacheDir }), { topic: "sso" })).structured).toMatchObject({
        found: false,
        source: "none",
      });
      // A folder that cannot be written only costs the copy.
      writeFileSync(join(cacheDir, "file"), "");
      answer = () => markdown();
      const noFolder = tool({ cacheDir: join(cacheDir, "file") });
      expect((await look(noFolder, { topic: "users" })).structured).toMatchObject({ source: "markdown" });
    } finally {
      rmSync(cacheDir, { recursive: true });
    }
  });

  it("does not take what is too large or of another kind", async () => {
    answer = () => markdown("x".repeat(3 * 1024 * 1024));
    expect((await look(tool(), { topic: "install" })).structured).toMatchObject({ source: "bundled" });
    answer = () => new Response("x", { headers: { "content-type": "application/octet-stream" } });
    expect((await look(tool(), { topic: "install" })).structured).toMatchObject({ source: "bundled" });
  });

  it("never makes an address of what a caller writes", async () => {
    for (const topic of ["../../etc/passwd", "https://evil.example/users", "guide/users?x=1#y", "qqqq"]) {
      answer = () => markdown();
      await look(tool(), { topic });
    }
    expect(new Set(asked.map((url) => new URL(url).origin))).toEqual(new Set(["https://raw.example.com"]));
    expect(asked.every((url) => PAGES.some(({ path }) => url.endsWith(`/docs/${path}.md`)))).toBe(true);
    expect((await look(tool(), { topic: "qqqq" })).structured).toMatchObject({
      found: false,
      nearest_topics: PAGES.map(({ path }) => path),
    });
  });

  it("has versions and formats only where the shard says so; notes stand first", async () => {
    answer = () => markdown();
    const paths: string[] = [];
    const docs = tool({
      version: async () => "v2.1",
      sources: [
        {
          kind: "markdown",
          base: "https://raw.example.com",
          path: (page, version) => (paths.push(version), `/${version}/${page}`),
        },
      ],
      formats: {
        short: { description: "no code", clean: (text) => text.replace(/```[\s\S]*?```/g, "") },
        all: { description: "everything", clean: (text) => text },
      },
      note: "Nothing is real here.",
      link: (page) => `https://people.example.com/${page}`,
    });
    const first = await look(docs, { topic: "sso" });
    expect(first.text).toMatch(/^Nothing is real here\.\n/);
    expect(first.structured).toMatchObject({ version: "v2.1", url: "https://people.example.com/pro/sso" });
    expect(first.structured?.["content"]).toMatch(/^\[Paid edition only\]\n\n(?![\s\S]*no heading)/);
    expect((await look(docs, { topic: "users", version: "1.9", format: "all" })).structured?.["content"]).toContain(
      "no heading",
    );
    expect(paths).toEqual(["v2.1", "v1.9"]);
    expect(await look(docs, { topic: "users", version: "../x" })).toMatchObject({ isError: true });
    expect(await look(tool(), { topic: "users", version: "1.9" })).toMatchObject({ isError: true });
    expect(() => tool({ pages: [] })).toThrow("needs pages and sources");
  });
});

it("code fences hide headings; pages without an article are none", () => {
  expect(splitSections(cleanMarkdown(MARKDOWN)).map(({ title }) => title)).toEqual(["", "Passwords", "Groups"]);
  expect(readHtml("<p>nothing")).toBeUndefined();
  expect(readHtml('<div id="x"><p>here</p></div>', "#x")).toEqual({ title: "", markdown: "here" });
});
