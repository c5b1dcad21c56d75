import { adminEndpoint, answer } from "../access/admin-endpoint.ts";
import type { Timers } from "../core/timers.ts";
import type { ProviderEndpoint } from "../providers/provider.ts";
import type { LiveConfig } from "./live-config.ts";

/**
 * `POST /admin/reload`: reads the configuration now and answers what came of it: 200 applied or unchanged, 422 refused with
 * the problems, 409 where a file is empty or gone.
 */
export function adminReload(live: LiveConfig, timers: Timers, token: () => string | undefined): ProviderEndpoint {
  return adminEndpoint("/admin/reload", timers, token, async () => {
    const outcome = await live.reload("admin");
    return answer(outcome.status === "refused" ? 422 : outcome.status === "waiting" ? 409 : 200, outcome);
  });
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
