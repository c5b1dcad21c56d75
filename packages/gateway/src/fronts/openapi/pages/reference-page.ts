import { Served } from "../documents/served.ts";
import { escapeHtml, PAGE_HEADERS } from "./swagger-ui.ts";

interface Document {
  readonly info: { readonly title: string; readonly description: string; readonly version: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, { readonly post: Post }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Record<string, unknown>>> };
}

interface Post {
  readonly summary: string;
  readonly description?: string;
  readonly operationId: string;
  readonly requestBody?: {
    readonly content: {
      readonly "application/json": { readonly schema: { readonly $ref: string }; readonly example?: unknown };
    };
  };
}

/** A document to read: every tool with its arguments, without a script. */
export function referencePage(json: Buffer): Served {
  const { info, servers, paths, components } = JSON.parse(json.toString()) as Document;
  const base = servers?.[0]?.url ?? "";
  const tools = Object.entries(paths).map(([path, { post }]) => tool(base + path, post, components.schemas));
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
h2 { border-top: 1px solid #8888; padding-top: 1rem; } pre { overflow: auto; padding: .5rem; background: #8882; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #8884; }
p { white-space: pre-line; }
</style>
</head>
<body>
<h1>${escapeHtml(info.title)} <small>${escapeHtml(info.version)}</small></h1>
<p>${escapeHtml(info.description)}</p>
<p><a href="openapi.json">openapi.json</a> · <a href="docs">try it</a></p>
${tools.join("\n")}
</body>
</html>
`;
  return new Served(Buffer.from(html), "text/html; charset=utf-8", PAGE_HEADERS);
}

function tool(path: string, post: Post, schemas: Document["components"]["schemas"]): string {
  const body = post.requestBody?.content["application/json"];
  const schema =
    body === undefined ? undefined : schemas[body.schema.$ref.slice(body.schema.$ref.lastIndexOf("/") + 1)];
  const properties = Object.entries((schema?.["properties"] ?? {}) as Record<string, Record<string, unknown>>);
  const required = (schema?.["required"] ?? []) as readonly string[];
  const rows = properties.map(([name, one]) => {
    const type = [one["type"]].flat().join(" or ");
    const needed = required.includes(name) ? " (required)" : "";
    return `<tr><th><code>${escapeHtml(name)}</code></th><td>${escapeHtml(type + needed)}</td><td>${escapeHtml(String(one["description"] ?? ""))}</td></tr>`;
  });
  const example = body?.example === undefined ? "" : `<pre>${escapeHtml(JSON.stringify(body.example, null, 2))}</pre>`;
  return `<h2 id="${escapeHtml(post.operationId)}">${escapeHtml(post.summary)}</h2>
<p><code>POST ${escapeHtml(path)}</code></p>
<p>${escapeHtml(post.description ?? "")}</p>
${rows.length === 0 ? "" : `<table>${rows.join("")}</table>`}${example}`;
}
