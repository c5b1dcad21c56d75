import { readDynamicFile } from "@shardgate/traefik-sim/config";
import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { configOf, type RoutePlan } from "./route-plan.ts";

const OWNER = "shardgate";
const ROOT = "x-mcp-managed";

const markerSchema = z.object({ [ROOT]: z.looseObject({ owner: z.literal(OWNER) }) });

/**
 * A plan as the text of its file. Traefik ignores root keys that start with `x-`, so the mark that the file is ours
 * stands in one. The text is read back by Traefik's own rules and compared before anybody sees it.
 *
 * @throws Error when what would be read is not what was planned; that is a fault of this shard
 */
export function renderRoute(plan: RoutePlan): string {
  const config = configOf(plan);
  const body = stringify(
    { [ROOT]: { owner: OWNER, route: plan.name }, ...config },
    { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0, aliasDuplicateObjects: false },
  );
  const text = `# Written by Shardgate's Traefik shard. It replaces this file; change the route with its tools.\n${body}`;
  const { config: read, findings } = readDynamicFile(Buffer.from(text));
  if (findings.length > 0 || !isDeepStrictEqual(plain(read), plain(config))) {
    throw new Error(
      `route ${plan.name} would not be read as it was planned: ${findings.map(({ message }) => message).join("; ") || "values differ"}`,
    );
  }
  return text;
}

/** Whether a file carries our mark; others in the folder are never touched. */
export function isOurs(text: string): boolean {
  try {
    return markerSchema.safeParse(parse(text)).success;
  } catch {
    return false;
  }
}

/** Whether two files configure the same. */
export function sameRoute(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => readDynamicFile(Buffer.from(text)).config);
  return left !== undefined && right !== undefined && isDeepStrictEqual(plain(left), plain(right));
}

/** The router, services and middlewares that a file of ours configures. */
export function membersOf(
  text: string,
): Pick<RoutePlan, "protocol" | "routers" | "services" | "middlewares"> | undefined {
  const { config } = readDynamicFile(Buffer.from(text));
  const protocol = (["http", "tcp", "udp"] as const).find((one) => config?.[one] !== undefined);
  if (protocol === undefined) return undefined;
  const part = config?.[protocol] as Partial<Pick<RoutePlan, "routers" | "services" | "middlewares">>;
  return { protocol, routers: part.routers ?? {}, services: part.services ?? {}, middlewares: part.middlewares ?? {} };
}

/** Without key order and the like. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_key, member: unknown) => (typeof member === "bigint" ? member.toString() : member)),
  );
}
