import { html } from "hono/html";
import { isWell } from "../../../core/call-outcome.ts";
import type { Gateway } from "../../../gateway.ts";
import { type CallStats, quantile, type UpstreamCalls } from "../../../metrics/call-stats.ts";
import type { Status } from "../../../status.ts";
import { duration, type Html, tone } from "./html.ts";

const LAST_CALLS = 15;

/** The part of the first page that changes: state, upstreams, last calls. */
export function overview(gateway: Gateway): Html {
  const status = gateway.status();
  return html`${summary(status, gateway.calls)} ${problems(status)}
    <h2>Upstreams</h2>
    ${upstreams(status, gateway.calls)} ${profiles(status)}
    <h2>Last calls</h2>
    ${lastCalls(gateway.calls)}`;
}

function summary(status: Status, calls: CallStats): Html {
  const up = status.upstreams.filter(({ state }) => state === "up").length;
  const tools = status.upstreams.reduce((sum, one) => sum + one.tools, 0);
  const all = [...calls.upstreams.values()];
  const failed = all.reduce((sum, one) => sum + failures(one), 0);
  const count = all.reduce((sum, one) => sum + one.count, 0);
  return html`<div class="cards">
    <div class="card"><b class="${tone(status.status)}">${status.status}</b>up for ${duration(status.uptime_s)}</div>
    <div class="card"><b>${up} of ${status.upstreams.length}</b>upstreams up</div>
    <div class="card"><b>${tools}</b>tools</div>
    <div class="card"><b>${count}</b>calls, ${failed} failed</div>
    ${configuration(status)}
  </div>`;
}

function configuration({ config }: Status): Html {
  if (config === undefined) return html`<div class="card"><b>–</b>no configuration file</div>`;
  return html`<div class="card">
    <b class="${tone(config.status)}">${config.status}</b>configuration ${config.generation}
  </div>`;
}

function problems({ upstreams: listed, providers, profiles: parts = [], policies, config }: Status): Html | string {
  const said = [
    ...(config?.problems ?? []),
    ...(config?.warnings ?? []),
    ...providers.flatMap(({ name, state, error, problems: more = [] }) => [
      ...(state === "failed" ? [`${name}: ${error ?? "failed"}`] : []),
      ...more.map((problem) => `${name}: ${problem}`),
    ]),
    ...(policies?.problems ?? []),
    ...parts.flatMap(({ name, problems: more = [] }) => more.map((problem) => `profile ${name}: ${problem}`)),
    ...listed.flatMap(({ name, state, error }) => (state === "up" ? [] : [`${name} is ${state}: ${error ?? "…"}`])),
  ];
  if (said.length === 0) return "";
  return html`<h2>Problems</h2>
    ${said.map((problem) => html`<div class="card warn">${problem}</div>`)}`;
}

function upstreams({ upstreams: listed }: Status, calls: CallStats): Html {
  if (listed.length === 0) {
    return html`<p class="card">
      None yet. Name them in <code>gateway.yaml</code>, or set <code>SHARDS=http://host:port,…</code>
    </p>`;
  }
  return html`<table class="card">
    <thead>
      <tr>
        <th>Name</th>
        <th>State</th>
        <th>Kind</th>
        <th class="num">Tools</th>
        <th class="num">Calls</th>
        <th class="num">Failed</th>
        <th class="num">Half below</th>
        <th class="num">95 % below</th>
        <th>Since</th>
      </tr>
    </thead>
    <tbody>
      ${listed.map(({ name, state, kind, tools, since, error, original, version }) => {
        const tally = calls.upstreams.get(name);
        return html`<tr>
          <td>
            <a href="/dashboard/upstreams/${encodeURIComponent(name)}">${name}</a>
            <span class="dim">${[original, version].filter((one) => one !== undefined).join(" ")}</span>
            ${error === undefined ? "" : html`<p class="dim">${error}</p>`}
          </td>
          <td><span class="state ${tone(state)}">${state}</span></td>
          <td data-label="kind">${kind}</td>
          <td data-label="tools" class="num">${tools}</td>
          <td data-label="calls" class="num">${tally?.count ?? 0}</td>
          <td data-label="failed" class="num">${tally === undefined ? 0 : failures(tally)}</td>
          <td data-label="half below" class="num">${bound(tally, 0.5)}</td>
          <td data-label="95 % below" class="num">${bound(tally, 0.95)}</td>
          <td data-label="since">${moment(since)}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

function profiles({ profiles: parts = [] }: Status): Html | string {
  if (parts.length === 0) return "";
  return html`<h2>Profiles</h2>
    <table class="card">
      <thead>
        <tr>
          <th>Name</th>
          <th>Address</th>
          <th class="num">Tools</th>
          <th>Of</th>
        </tr>
      </thead>
      <tbody>
        ${parts.map(
          ({ name, description, tools, upstreams: of }) =>
            html`<tr>
              <td><a href="/p/${name}/docs">${name}</a> <span class="dim">${description ?? ""}</span></td>
              <td><code>/p/${name}/mcp</code></td>
              <td data-label="tools" class="num">${tools}</td>
              <td data-label="of">${of.join(", ")}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

function lastCalls(calls: CallStats): Html {
  const recent = calls.recent().slice(0, LAST_CALLS);
  if (recent.length === 0) return html`<p class="card">No call so far.</p>`;
  return html`<table class="card">
    <thead>
      <tr>
        <th>Time</th>
        <th>Call</th>
        <th>Outcome</th>
        <th class="num">Took</th>
        <th>Through</th>
        <th>Request</th>
      </tr>
    </thead>
    <tbody>
      ${recent.map(
        ({ at, upstream, method, name, outcome, error, ms, front, requestId }) =>
          html`<tr>
            <td>${moment(at.toISOString())}</td>
            <td>${upstream} · ${name ?? method}${error === undefined ? "" : html`<p class="dim">${error}</p>`}</td>
            <td><span class="state ${isWell(outcome) ? "good" : "bad"}">${outcome}</span></td>
            <td data-label="took" class="num">${duration(ms / 1_000)}</td>
            <td data-label="through">${front}</td>
            <td data-label="request"><code>${requestId}</code></td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function failures({ outcomes }: UpstreamCalls): number {
  return [...outcomes].reduce((sum, [outcome, count]) => sum + (isWell(outcome) ? 0 : count), 0);
}

function bound(calls: UpstreamCalls | undefined, share: number): string {
  const seconds = calls && quantile(calls, share);
  if (seconds === undefined) return "–";
  return Number.isFinite(seconds) ? duration(seconds) : "> 5 min";
}

/** Date and time in UTC, to the second. */
function moment(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")}</time>`;
}
