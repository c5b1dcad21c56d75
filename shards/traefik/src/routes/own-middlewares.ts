import { ToolError } from "@shardgate/shard-sdk";
import { isAddressRange } from "@shardgate/traefik-sim/config";
import type { RouteWish } from "./create-input.ts";
import type { Members } from "./route-plan.ts";

/** Middlewares that a route brings itself, in the order requests pass them: who may come in, how often, then the rest. */
export function ownMiddlewares(input: RouteWish, name: string): Members {
  const { ip_allowlist: ranges, basic_auth_users: users, rate_limit: rate, security_headers: headers } = input;
  const members: Record<string, Readonly<Record<string, unknown>>> = {};
  if (ranges !== undefined) members[`${name}-allow`] = { ipAllowList: { sourceRange: checkRanges(ranges) } };
  if (users !== undefined) members[`${name}-auth`] = { basicAuth: { users: checkUsers(users), removeHeader: true } };
  if (rate !== undefined)
    members[`${name}-rate`] = { rateLimit: { average: rate.average, burst: rate.burst ?? rate.average } };
  if (headers === true) members[`${name}-headers`] = { headers: SECURITY_HEADERS };
  if (input.strip_prefix === true) {
    if (input.path_prefix === undefined)
      throw new ToolError("`strip_prefix` needs `path_prefix`.", {
        next: "Give path_prefix, or leave strip_prefix out.",
      });
    members[`${name}-strip`] = { stripPrefix: { prefixes: [input.path_prefix] } };
  }
  return members;
}

/** Safe for nearly every service: nothing here breaks an application that is not meant to be framed by others. */
const SECURITY_HEADERS = {
  stsSeconds: 31_536_000,
  contentTypeNosniff: true,
  customFrameOptionsValue: "SAMEORIGIN",
  referrerPolicy: "strict-origin-when-cross-origin",
};

function checkRanges(ranges: readonly string[]): readonly string[] {
  const wrong = ranges.find((range) => !isAddressRange(range));
  if (ranges.length > 0 && wrong === undefined) return ranges;
  throw new ToolError(
    `\`ip_allowlist\`: ${wrong === undefined ? "it is empty" : `${JSON.stringify(wrong)} is no IP range`}.`,
    { next: "Write ranges like 192.168.0.0/16 or single addresses." },
  );
}

/** Hashes only: a password in the clear must not get into a file. */
function checkUsers(users: readonly string[]): readonly string[] {
  if (users.length > 0 && users.every((user) => /^[^:\s]+:(\$2[aby]\$|\$apr1\$|\{SHA\})[^:\s]+$/.test(user)))
    return users;
  throw new ToolError("`basic_auth_users`: each must be a name and a hash, as htpasswd prints them.", {
    next: "Make one with `htpasswd -nB name`; never send a password itself.",
  });
}
