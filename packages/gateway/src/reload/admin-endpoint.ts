import { createHash, timingSafeEqual } from "node:crypto";
import type { Timers } from "../core/timers.ts";
import type { ProviderEndpoint } from "../providers/provider.ts";
import type { LiveConfig } from "./live-config.ts";

/** Wrong tokens in a minute beyond which an address is not asked for one any more; addresses that are told apart. */
const MAX_FAILURES = 10;
const MAX_ADDRESSES = 1_000;

/**
 * `POST /admin/reload`: reads the configuration now and answers what came of it: 200 applied or unchanged, 422 refused with
 * the problems, 409 where a file is empty or gone.
 *
 * @param token the one of the environment; else that of the configuration in force counts
 */
export function adminReload(live: LiveConfig, timers: Timers, token: string | undefined): ProviderEndpoint {
  return adminEndpoint(
    "/admin/reload",
    timers,
    () => token ?? live.current.admin.token,
    async () => {
      const outcome = await live.reload("admin");
      return answer(outcome.status === "refused" ? 422 : outcome.status === "waiting" ? 409 : 200, outcome);
    },
  );
}

/**
 * `POST /admin/restart?upstream=<name>`: connects an upstream anew, which starts a program again, also one that is left
 * alone because it failed too often. 202 begun, 404 no upstream of that name.
 */
export function adminRestart(
  restart: (upstream: string) => boolean,
  timers: Timers,
  token: () => string | undefined,
): ProviderEndpoint {
  return adminEndpoint("/admin/restart", timers, token, async (request) => {
    const name = new URL(request.url).searchParams.get("upstream") ?? "";
    if (restart(name)) return answer(202, { upstream: name, status: "restarting" });
    return answer(404, { error: `There is no upstream ${JSON.stringify(name)}; name one with ?upstream=` });
  });
}

/** Something only an administrator may do: POST with the admin token. Without one configured it is not there. */
function adminEndpoint(
  path: string,
  timers: Timers,
  token: () => string | undefined,
  run: (request: Request) => Promise<Response>,
): ProviderEndpoint {
  const failures = new Map<string, number>();
  let minute = 0;
  return {
    path,
    async fetch(request, remoteAddress = "") {
      const wanted = token();
      if (wanted === undefined) {
        return answer(404, { error: `${path} is off; set admin.token or ADMIN_TOKEN to switch it on` });
      }
      if (request.method !== "POST") return answer(405, { error: "Use POST" }, { Allow: "POST" });
      const now = Math.floor(timers.now() / 60_000);
      if (now !== minute || failures.size >= MAX_ADDRESSES) failures.clear();
      minute = now;
      const failed = failures.get(remoteAddress) ?? 0;
      if (failed >= MAX_FAILURES) {
        return answer(429, { error: "Too many wrong tokens; try again in a minute" }, { "Retry-After": "60" });
      }
      const given = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
      if (!isSame(given, wanted)) {
        failures.set(remoteAddress, failed + 1);
        return answer(401, { error: "The admin token is missing or wrong" }, { "WWW-Authenticate": "Bearer" });
      }
      return await run(request);
    },
  };
}

/** In the same time wherever they differ, and however long they are. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(first as Buffer, second as Buffer);
}

function answer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers });
}
