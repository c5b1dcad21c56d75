import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Served } from "../documents/served.ts";

/** What a page of Swagger UI is made of, under `docs/` of the page's own folder. */
const FILES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

const START = `"use strict";
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
});
`;

const loaded = new Map<string, Promise<Served>>([
  ["start.js", Promise.resolve(new Served(Buffer.from(START), "text/javascript; charset=utf-8"))],
]);

/** Whether there is such a file. */
export function isSwaggerFile(name: string): boolean {
  return loaded.has(name) || Object.hasOwn(FILES, name);
}

/** One file of Swagger UI, read when it is first asked for and then kept. @throws Error where it is not installed */
export function swaggerFile(name: string): Promise<Served> {
  let file = loaded.get(name);
  if (file === undefined) {
    file = load(name);
    loaded.set(name, file);
    file.catch(() => loaded.delete(name));
  }
  return file;
}

async function load(name: string): Promise<Served> {
  // Beside the bundle where there is one, else in the package.
  const beside = new URL(`swagger-ui/${name}`, import.meta.url);
  const body = await readFile(beside).catch(() =>
    readFile(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`)),
  );
  return new Served(body, FILES[name] as string, { "Cache-Control": "public, max-age=86400" });
}

/** The page of Swagger UI for the document beside it. It loads nothing from elsewhere, and a browser would not let it. */
export function swaggerPage(title: string): Served {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;
  return new Served(Buffer.from(html), "text/html; charset=utf-8", PAGE_HEADERS);
}

/** A page may load what is ours, and call only us. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-cache",
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'self'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
