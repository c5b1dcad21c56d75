import { html } from "hono/html";
import type { Html } from "./html.ts";

interface Layout {
  readonly title: string;
  readonly version: string;
  readonly body: Html;
  /** Whether the body changes by itself. */
  readonly isLive?: boolean;
}

/** What all pages have around them. */
export function layout({ title, version, body, isLive = false }: Layout): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/dashboard/style.css" />
        ${isLive ? html`<noscript><meta http-equiv="refresh" content="10" /></noscript>` : ""}
      </head>
      <body>
        <header>
          <h1><a href="/">Shardgate</a></h1>
          <span class="dim">${version}</span>
          <span class="dim" id="note" role="status"></span>
        </header>
        ${isLive ? html`<main data-live>${body}</main>` : html`<main>${body}</main>`}
        <footer>
          MCP: <code>/mcp</code> · OpenAPI: <a href="/docs">/docs</a> · <a href="/health">/health</a> ·
          <a href="/metrics">/metrics</a>
        </footer>
        ${isLive ? html`<script src="/dashboard/live.js" defer></script>` : ""}
      </body>
    </html>`;
}
