import type { HttpReply, HttpRequest } from "@shardgate/mcp-wire";
import { html } from "hono/html";
import type { Access } from "../../access/api-key.ts";
import type { Route } from "../../core/catalog.ts";
import type { Logger } from "../../core/logger.ts";
import type { Gateway } from "../../gateway.ts";
import type { Front, Handler } from "../front.ts";
import { LIVE_SCRIPT } from "./assets/live.ts";
import { STYLE } from "./assets/style.ts";
import type { Html } from "./pages/html.ts";
import { layout } from "./pages/layout.ts";
import { overview } from "./pages/overview.ts";
import { type ListedToolView, resultView, toolPage, upstreamPage } from "./pages/tool-pages.ts";
import type { DashboardSettings } from "./settings.ts";
import { fieldsOf, readFields } from "./tool-form.ts";
import { tryTool } from "./try-tool.ts";

export interface DashboardDeps {
  readonly gateway: Gateway;
  readonly logger: Logger;
  readonly version: string;
  readonly access: Access;
  /** As they are now. */
  readonly dashboard: () => DashboardSettings;
}

/** Most bytes a filled-in form may have. */
const FORM_LIMIT = 1024 * 1024;

/** Everything comes from here, and nothing runs that is not ours. */
const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
};
const UPSTREAM = /^\/dashboard\/upstreams\/([^/]+)$/;
const TOOL = /^\/dashboard\/tools\/([^/]+)$/;

/** One page for people: what is up, what went wrong, and each tool to try. Whole without scripts; with them it is live. */
export function dashboardFront({ gateway, logger, version, access, dashboard }: DashboardDeps): Front {
  let active = 0;
  const page = (title: string, body: Html, isLive = false): Html => layout({ title, version, body, isLive });

  const get =
    (render: () => { status?: number; body: Html | string; type?: string }): Handler =>
    (request, reply) => {
      const denial = access.check(request.header("authorization"), "page");
      if (denial !== undefined) return refuse(reply, denial);
      if (request.method !== "GET" && request.method !== "HEAD")
        return send(reply, 405, "Only GET is served here", "text/plain");
      const { status = 200, body, type = "text/html" } = render();
      send(reply, status, String(body), type);
    };

  const notFound = (what: string) => ({
    status: 404,
    body: page("Not found", html`<p class="card">${what} is not there (any more).</p>`),
  });

  function toolNamed(name: string): ListedToolView | undefined {
    const route = gateway.routes().get(name);
    return route && viewOf(route);
  }

  function renderUpstream(name: string) {
    const upstream = gateway.status().upstreams.find((one) => one.name === name);
    if (upstream === undefined) return notFound(name);
    const tools = [...gateway.routes().values()].filter((route) => route.upstream === name).map(viewOf);
    return { body: page(name, upstreamPage(upstream, tools)) };
  }

  function renderTool(
    name: string,
    more: { given?: ReadonlyMap<string, string>; problems?: readonly string[]; result?: Html } = {},
  ) {
    const tool = toolNamed(name);
    if (tool === undefined) return notFound(name);
    const { given = new Map<string, string>(), ...rest } = more;
    const mayTry = dashboard().try_tools || "Calling tools from here is switched off (dashboard.try_tools).";
    const fields = fieldsOf(tool.inputSchema ?? {}, given);
    return { body: page(name, toolPage({ tool, fields, mayTry, needsKey: access.isAsked, ...rest })) };
  }

  async function call(name: string, request: HttpRequest, reply: HttpReply): Promise<void> {
    const form = new URLSearchParams((await request.body(FORM_LIMIT)).toString());
    const authorization = form.has("key") ? `Bearer ${form.get("key")}` : request.header("authorization");
    const denial = access.check(authorization, "call");
    if (denial !== undefined) return refuse(reply, denial);
    if (!dashboard().try_tools)
      return send(reply, 403, "Calling tools from the dashboard is switched off", "text/plain");
    const given = new Map(
      [...form].flatMap(([key, value]) => (key.startsWith("arg.") ? [[key.slice(4), value] as const] : [])),
    );
    const read = readFields(fieldsOf(toolNamed(name)?.inputSchema ?? {}, given));
    if ("problems" in read)
      return send(reply, 422, String(renderTool(name, { given, problems: read.problems }).body), "text/html");
    const result = resultView(await tryTool(gateway, name, read.args, reply));
    const { status = 200, body } = { status: 200, ...renderTool(name, { given, result }) };
    send(reply, status, String(body), "text/html");
  }

  const post =
    (name: string): Handler =>
    (request, reply) => {
      active++;
      call(name, request, reply)
        .catch((error: unknown) => {
          const status = (error as { status?: number }).status;
          if (status === undefined) logger.error({ error: String(error) }, "unexpected error");
          send(reply, status ?? 500, status === undefined ? "Internal error" : (error as Error).message, "text/plain");
        })
        .finally(() => active--);
    };

  const fixed: Readonly<Record<string, Handler>> = {
    "/": get(() => ({ body: page("Shardgate", overview(gateway), true) })),
    "/dashboard/live": get(() => ({ body: overview(gateway) })),
    "/dashboard/style.css": get(() => ({ body: STYLE, type: "text/css" })),
    "/dashboard/live.js": get(() => ({ body: LIVE_SCRIPT, type: "text/javascript" })),
  };

  return {
    name: "dashboard",
    isGuarded: true,
    route(path) {
      if (!dashboard().enabled) return undefined;
      if (Object.hasOwn(fixed, path)) return fixed[path];
      const upstream = decoded(UPSTREAM.exec(path)?.[1]);
      if (upstream !== undefined) return get(() => renderUpstream(upstream));
      const tool = decoded(TOOL.exec(path)?.[1]);
      if (tool === undefined) return undefined;
      const show = get(() => renderTool(tool));
      return (request, reply) => (request.method === "POST" ? post(tool) : show)(request, reply);
    },
    get active() {
      return active;
    },
    tick: () => undefined,
    drain: () => undefined,
    close: () => undefined,
  };
}

/** A tool under its name among all. */
function viewOf({ name, tool }: Route): ListedToolView {
  return { ...(JSON.parse(tool.modern.toString()) as ListedToolView), name };
}

function send(reply: HttpReply, status: number, body: string, type: string): void {
  reply.send(status, { ...HEADERS, "Content-Type": `${type}; charset=utf-8` }, Buffer.from(body));
}

function refuse(reply: HttpReply, { status, message, challenge }: NonNullable<ReturnType<Access["check"]>>): void {
  const headers = { ...HEADERS, "Content-Type": "text/plain; charset=utf-8" };
  reply.send(status, { ...headers, ...(challenge && { "WWW-Authenticate": challenge }) }, Buffer.from(message));
}

/** Undefined where it is no valid percent-encoding. */
function decoded(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
