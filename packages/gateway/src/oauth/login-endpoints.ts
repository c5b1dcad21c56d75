import { html } from "hono/html";
import type { Timers } from "../core/timers.ts";
import type { ProviderEndpoint } from "../providers/provider.ts";
import { adminEndpoint, answer } from "../access/admin-endpoint.ts";
import type { SignIn } from "./sign-in.ts";
import type { SignIns } from "./sign-ins.ts";

/** Where browsers come back to. */
export const CALLBACK_PATH = "/oauth/callback";

const PAGE_HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "Cache-Control": "no-store",
  // The address holds a code.
  "Referrer-Policy": "no-referrer",
};

export interface LoginDeps {
  readonly signIns: SignIns;
  readonly timers: Timers;
  /** The admin token; undefined where there is none. */
  readonly token: () => string | undefined;
  /** The sign-in of an upstream; null where it needs none, undefined where there is no such upstream. */
  readonly signInOf: (upstream: string) => SignIn | null | undefined;
  /** Connects an upstream anew. */
  readonly restart: (upstream: string) => void;
}

/**
 * `POST /admin/login?upstream=<name>` begins a sign-in and answers `{upstream, page}`: the page where a person agrees. 404 no
 * upstream of that name, 409 it is not one that is signed in at, 502 the service refused, with its words. `callback=<url>`
 * says where this gateway is for the browser, where that is not the address that was asked.
 *
 * `GET /oauth/callback` is where the browser comes back to: a page for a person, JSON for who accepts just that.
 */
export function loginEndpoints({ signIns, timers, token, signInOf, restart }: LoginDeps): readonly ProviderEndpoint[] {
  const login = adminEndpoint("/admin/login", timers, token, async (request) => {
    const { origin, searchParams } = new URL(request.url);
    const upstream = searchParams.get("upstream") ?? "";
    const signIn = signInOf(upstream);
    if (signIn === undefined) {
      return answer(404, { error: `There is no upstream ${JSON.stringify(upstream)}; name one with ?upstream=` });
    }
    if (signIn === null) {
      const error = `${upstream} has no sign-in; put "oauth: true" into its configuration if it asks for one`;
      return answer(409, { error });
    }
    const callback = URL.parse(searchParams.get("callback") ?? origin + CALLBACK_PATH);
    if (callback === null || !/^https?:$/.test(callback.protocol)) {
      return answer(400, { error: "callback must be an http:// or https:// address" });
    }
    try {
      const address = await signIns.begin(upstream, signIn, callback.href);
      return answer(200, { upstream, page: address.href });
    } catch (error) {
      return answer(502, { error: `${upstream}: no sign-in could begin: ${(error as Error).message}` });
    }
  });
  const callback: ProviderEndpoint = {
    path: CALLBACK_PATH,
    async fetch(request) {
      if (request.method !== "GET") return answer(405, { error: "Use GET" }, { Allow: "GET" });
      const isPerson = request.headers.get("accept") !== "application/json";
      try {
        const upstream = await signIns.finish(new URL(request.url).searchParams);
        restart(upstream);
        if (!isPerson) return answer(200, { upstream });
        return pageOf(200, `Signed in to ${upstream}`, "The gateway can use it now. You can close this window.");
      } catch (error) {
        const { message } = error as Error;
        return isPerson ? pageOf(400, "Not signed in", message) : answer(400, { error: message });
      }
    },
  };
  return [login, callback];
}

function pageOf(status: number, title: string, text: string): Response {
  const markup = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} – Shardgate</title>
        <style>
          body {
            font:
              1.1rem/1.5 system-ui,
              sans-serif;
            max-width: 34rem;
            margin: 20vh auto 0;
            padding: 0 1.5rem;
          }
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        <p>${text}</p>
      </body>
    </html>`;
  return new Response(String(markup), { status, headers: PAGE_HEADERS });
}
