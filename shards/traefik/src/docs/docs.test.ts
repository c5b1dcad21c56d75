import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTarget, callTool, type Target } from "../testing/open-target.ts";
import { findPages } from "@shardgate/shard-sdk/docs";
import { withoutOtherTabs } from "../tools/get-traefik-docs.ts";
import { topics } from "./topics.ts";

const MARKDOWN = `---
title: "Forwarding a login"
description: "x"
---

A page about logins.
{: .subtitle }

## Configuration Example

\`\`\`yaml tab="Structured (YAML)"
http:
  middlewares:
    m: {}
# not a heading
\`\`\`

\`\`\`toml tab="Structured (TOML)"
[http]
\`\`\`

    \`\`\`json tab="Tags"
    {}
    \`\`\`

## Options

| Field                  | Description |
|:-----------------------|:------------|
| <a id="opt-a" href="#opt-a">\`address\`</a>   | Where.<br/>Always. |

{% include-markdown "includes/advert.md" %}
`;

const HTML = `<!doctype html><html><head><title>Logins - Traefik</title></head><body><nav>menu</nav>
<article class="md-content__inner md-typeset"><p>A page about <b>logins</b>.</p>
<h2 id="x">Configuration Example<a class="headerlink" href="#x">¶</a></h2>
<div class="tabbed-set"><input><label>Structured (YAML)</label><div class="tabbed-content"><pre class="highlight"><code class="language-yaml">http: {}
</code></pre></div><input><label>Labels</label><div class="tabbed-content"><pre class="highlight"><code class="language-yaml">labels: []
</code></pre></div></div>
<div class="admonition info"><p class="admonition-title">Mind</p><p>this</p></div><ul><li>one</li><li>two</li></ul>
<table><tr><th>Field</th></tr><tr><td>address</td></tr></table></article></body></html>`;

const STUB = '<html><head><meta http-equiv="refresh" content="0; url=../real/"></head></html>';

let target: Target;
let base: string;
let serve: (request: IncomingMessage, response: ServerResponse) => void;
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.url}${request.headers["if-none-match"] === undefined ? "" : " if-none-match"}`);
  serve(request, response);
});
const none = (_: IncomingMessage, response: ServerResponse) => response.writeHead(404).end();
const page =
  (type: string, body: string, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(200, { "content-type": type, ...headers }).end(body);

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  target = await openTarget("simulated");
});
afterAll(async () => {
  await target.close();
  server.close();
});

let folder: string;
let now: number;
beforeEach(() => {
  asked.length = 0;
  now = Date.parse("2026-11-21");
  folder = mkdtempSync(join(tmpdir(), "docs-"));
  return () => rmSync(folder, { recursive: true });
});

/** A house whose documentation comes from the local server, with an empty or a kept cache. */
const house = () => ({
  ...target.house,
  settings: {
    ...target.house.settings,
    TRAEFIK_DOCS_SOURCE_URL: base,
    TRAEFIK_DOCS_URL: `${base}/traefik`,
    SHARD_STATE_DIR: folder,
  },
  clock: { ...target.house.clock, now: () => now },
});
const look = async (args: Record<string, unknown>) => (await callTool(house(), "get_traefik_docs", args)).structured;

describe("get_traefik_docs", () => {
  test("takes the Markdown source of the running version, with examples for files only", async () => {
    serve = page("text/plain; charset=utf-8", MARKDOWN);
    const result = await look({ topic: "forwardauth" });
    expect(asked).toEqual(["/v3.7/docs/content/reference/routing-configuration/http/middlewares/forwardauth.md"]);
    expect(result).toMatchObject({
      found: true,
      title: "Forwarding a login",
      source: "markdown",
      stale: false,
      other_sections: ["Configuration Example", "Options"],
    });
    expect(result["content"]).toContain("# not a heading");
    expect(result["content"]).toContain("| `address` | Where. Always. |");
    expect(result["content"]).not.toMatch(/TOML|subtitle|include-markdown|<a /);
    expect(await look({ topic: "forwardauth", section: "options" })).toMatchObject({
      section: "Options",
      content: expect.stringMatching(/^## Options/),
    });
    expect((await look({ topic: "forwardauth", format: "all", version: "3.5" }))["content"]).toContain("[http]");
    expect(asked.at(-1)).toContain("/v3.5/");
  });

  test("asks again only after a day, and then whether it has changed", async () => {
    serve = page("text/plain", MARKDOWN, { etag: '"1"' });
    await look({ topic: "forwardauth" });
    expect(await look({ topic: "forwardauth" })).toMatchObject({ source: "cache", stale: false });
    expect(asked).toHaveLength(1);
    now += 25 * 3_600_000;
    serve = (_, response) => response.writeHead(304).end();
    expect(await look({ topic: "forwardauth" })).toMatchObject({
      source: "markdown",
      stale: false,
      content: expect.stringContaining("logins"),
    });
    expect(asked[1]).toContain("if-none-match");
  });

  test("takes the site where there is no source, following its forwards on the same host only", async () => {
    serve = (request, response) => {
      if (request.url?.endsWith(".md")) return none(request, response);
      if (request.url?.endsWith("/forwardauth/")) return page("text/html", STUB)(request, response);
      return page("text/html; charset=utf-8", HTML)(request, response);
    };
    const result = await look({ topic: "forwardauth" });
    expect(result).toMatchObject({
      found: true,
      title: "Logins",
      source: "html",
      other_sections: ["Configuration Example"],
    });
    expect(result["content"]).toContain("http: {}");
    expect(result["content"]).not.toContain("labels: []");
    serve = (request, response) =>
      request.url?.endsWith(".md")
        ? none(request, response)
        : response.writeHead(302, { location: "http://169.254.169.254/" }).end();
    expect(await look({ topic: "basicauth" })).toMatchObject({ source: "bundled" });
  });

  test("falls back to the old copy, then to a text of our own, and says so", async () => {
    serve = page("text/plain", MARKDOWN);
    await look({ topic: "forwardauth" });
    now += 48 * 3_600_000;
    serve = (request) => request.socket.destroy();
    expect(await look({ topic: "forwardauth" })).toMatchObject({ found: true, source: "cache", stale: true });
    const { structured, text } = await callTool(house(), "get_traefik_docs", { topic: "redirect http to https" });
    expect(structured).toMatchObject({
      found: true,
      source: "bundled",
      stale: true,
      content: expect.stringContaining("redirectScheme"),
    });
    expect(text).toContain("a short text of this shard");
    expect(await look({ topic: "tailscale" })).toMatchObject({
      found: false,
      source: "none",
      url: expect.stringContaining("tailscale"),
    });
  });

  test("pages that are too large or of another kind are not taken", async () => {
    serve = page("text/plain", "x".repeat(3 * 1024 * 1024));
    expect(await look({ topic: "forwardauth" })).toMatchObject({ source: "bundled" });
    serve = page("application/octet-stream", "x");
    expect(await look({ topic: "basicauth" })).toMatchObject({ source: "bundled" });
  });

  test("an unknown topic gives the nearest ones, a commercial page says that it is", async () => {
    serve = page("text/plain", MARKDOWN);
    expect(await look({ topic: "qqqq" })).toMatchObject({
      found: false,
      nearest_topics: expect.arrayContaining([expect.stringContaining("router")]),
    });
    expect((await look({ topic: "oidc" }))["content"]).toContain("Traefik Hub only");
    expect(((await look({ topic: "forwardauth", max_chars: 500 }))["content"] as string).length).toBeLessThan(520);
  });
});

describe("topics", () => {
  test.each([
    ["forwardAuth", "forwardauth"],
    ["authentik login", "forwardauth"],
    ["htpasswd", "basicauth"],
    ["redirect http to https", "redirectscheme"],
    ["let's encrypt wildcard", "acme"],
    ["sticky sessions", "service"],
    ["self-signed backend certificate", "serverstransport"],
    ["Host rule priority", "rules-and-priority"],
    ["file provider", "file"],
    ["hostsni", "rules-and-priority"],
    ["rate limit", "ratelimit"],
    ["reference/routing-configuration/http/tls/tls-options", "tls-options"],
  ])("%s is %s", (query, last) => expect(findPages(topics, query)[0]?.path.split("/").at(-1)).toBe(last));
});

test("other tabs go, what looks like a heading in one stays out of the way", () => {
  const clean = withoutOtherTabs(MARKDOWN);
  expect(clean).toContain("# not a heading");
  expect(clean).not.toMatch(/Tags|TOML/);
});
