import { html } from "hono/html";
import type { Status } from "../../../status.ts";
import type { Field } from "../tool-form.ts";
import { type Html, tone } from "./html.ts";

/** A tool as the catalog lists it. */
export interface ListedToolView {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/** One upstream and its tools, which may have other names here than at home. */
export function upstreamPage(upstream: Status["upstreams"][number], tools: readonly ListedToolView[]): Html {
  const { name, kind, state, url, error, provider, version } = upstream;
  return html`<h2>${name} <span class="state ${tone(state)}">${state}</span></h2>
    <p class="dim">${[kind, version, url, `from ${provider}`].filter((one) => one !== undefined).join(" · ")}</p>
    ${error === undefined ? "" : html`<p class="card warn">${error}</p>`}
    ${tools.length === 0 ? html`<p class="card">No tools.</p>` : ""}
    ${tools.map(
      (tool) =>
        html`<div class="card">
          <a href="/dashboard/tools/${encodeURIComponent(tool.name)}"><code>${tool.name}</code></a>
          <span class="dim">${tool.title ?? ""}</span>
          <p>${tool.description ?? ""}</p>
        </div>`,
    )}`;
}

interface ToolView {
  readonly tool: ListedToolView;
  readonly fields: readonly Field[];
  /** Undefined: tools cannot be called from here, and why. */
  readonly mayTry: true | string;
  /** Whether a key is asked for. */
  readonly needsKey: boolean;
  readonly problems?: readonly string[];
  readonly result?: Html;
}

/** One tool with a form to call it. */
export function toolPage({ tool, fields, mayTry, needsKey, problems = [], result }: ToolView): Html {
  const { readOnlyHint, destructiveHint } = tool.annotations ?? {};
  const care =
    readOnlyHint === true ? "" : destructiveHint === false ? "adds or changes things" : "may change or delete things";
  return html`<h2><code>${tool.name}</code> <span class="dim">${tool.title ?? ""}</span></h2>
    <p>${tool.description ?? ""}</p>
    ${care === "" ? "" : html`<p class="warn">This tool ${care}.</p>`}
    ${problems.map((problem) => html`<p class="card bad">${problem}</p>`)}
    ${
      mayTry === true
        ? html`<form method="post" class="card">
            ${fields.map(field)}
            ${
              needsKey
                ? html`<label
                    ><span>API key</span><input type="password" name="key" autocomplete="current-password" required
                  /></label>`
                : ""
            }
            <button>Call</button>
          </form>`
        : html`<p class="card">${mayTry}</p>`
    }
    ${result ?? ""}
    <h2>Input schema</h2>
    <pre class="card">${JSON.stringify(tool.inputSchema ?? {}, undefined, 2)}</pre>`;
}

function field({ key, label, description, isRequired, kind, choices, value }: Field): Html {
  const name = `arg.${key}`;
  const must = isRequired ? html`required` : "";
  const control =
    kind === "choice" || kind === "boolean"
      ? html`<select name="${name}" ${must}>
          <option value=""></option>
          ${(kind === "boolean" ? ["true", "false"] : choices).map(
            (one) => html`<option ${one === value ? html`selected` : ""}>${one}</option>`,
          )}
        </select>`
      : kind === "json"
        ? html`<textarea name="${name}" placeholder="JSON" spellcheck="false" ${must}>${value}</textarea>`
        : html`<input name="${name}" value="${value}" ${kind === "number" ? html`inputmode="decimal"` : ""} ${must} />`;
  return html`<label
    ><span>${label}${isRequired ? " *" : ""}</span>${control}<small class="dim">${description}</small></label
  >`;
}

/** What a call came to. */
export function resultView(outcome: { readonly error: string } | Readonly<Record<string, unknown>>): Html {
  if (typeof outcome["error"] === "string")
    return html`<h2>Result</h2>
      <p class="card bad">${outcome["error"]}</p>`;
  const { content, structuredContent, isError } = outcome as {
    content?: readonly Readonly<Record<string, unknown>>[];
    structuredContent?: unknown;
    isError?: boolean;
  };
  return html`<h2 class="${isError === true ? "bad" : "good"}">${isError === true ? "The tool failed" : "Result"}</h2>
    ${(content ?? []).map(part)}
    ${
      structuredContent === undefined
        ? ""
        : html`<pre class="card">${JSON.stringify(structuredContent, undefined, 2)}</pre>`
    }`;
}

function part(one: Readonly<Record<string, unknown>>): Html {
  const { type, text, data, mimeType } = one;
  if (typeof text === "string") return html`<pre class="card">${text}</pre>`;
  // An SVG may hold scripts, which do not run in an image.
  if (type === "image" && typeof data === "string" && /^image\/[a-z0-9.+-]+$/.test(String(mimeType))) {
    return html`<p class="card"><img alt="" src="data:${String(mimeType)};base64,${data}" /></p>`;
  }
  return html`<pre class="card">${JSON.stringify(one, undefined, 2).slice(0, 20_000)}</pre>`;
}
