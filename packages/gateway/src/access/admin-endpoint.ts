import { createHash, timingSafeEqual } from "node:crypto";
import type { Timers } from "../core/timers.ts";
import type { ProviderEndpoint } from "../providers/provider.ts";

/** Wrong tokens in a minute beyond which an address is not asked for one any more; addresses that are told apart. */
const MAX_FAILURES = 10;
const MAX_ADDRESSES = 1_000;

/** Something only an administrator may do: POST with the admin token. Without one it is not there. */
export function adminEndpoint(
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

export function answer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers });
}
