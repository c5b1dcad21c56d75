import { basename } from "node:path";
import { toUpstreamName } from "@shardgate/contract";
import type { UpstreamDefinition } from "../../upstreams/index.ts";
import { upstreamOptionsSchema } from "../../upstreams/index.ts";
import { SettingsError } from "../settings-error.ts";

export interface SingleOptions {
  readonly type: string | undefined;
  /** A JSON object. */
  readonly header: string | undefined;
  readonly name: string | undefined;
}

/** Starters that say nothing about what they start. */
const STARTERS = /^(npx|uvx|uv|node|python[\d.]*|docker|bunx|deno|run|exec|-.*)$/;

/** The one server that stands behind `--`: a command, or an address. @throws SettingsError */
export function singleServer(
  args: readonly string[],
  { type = "stdio", header, name }: SingleOptions,
): UpstreamDefinition {
  const [first = "", ...rest] = args;
  const headers = header === undefined ? {} : headersFrom(header);
  const wanted = nameOf(args, name);
  const options = ((): unknown => {
    if (type === "stdio") return { kind: "stdio", command: first, args: rest };
    if (type === "sse") return { kind: "sse", url: first, headers };
    if (/^streamable[-_]?http$/.test(type)) return { kind: "mcp-http", url: first, headers };
    throw new SettingsError(`--server-type must be stdio, sse or streamable-http, not ${JSON.stringify(type)}`);
  })();
  const parsed = upstreamOptionsSchema.safeParse(options);
  if (!parsed.success) {
    const reasons = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new SettingsError(`${JSON.stringify(first)} is no server of type ${type} (${reasons.join("; ")})`);
  }
  return { id: "command", name: wanted, options: parsed.data };
}

function headersFrom(json: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // Below.
  }
  const isFitting =
    typeof value === "object" && value !== null && Object.values(value).every((one) => typeof one === "string");
  if (!isFitting)
    throw new SettingsError(`--header takes a JSON object of texts, such as '{"Authorization": "Bearer …"}'`);
  return value as Record<string, string>;
}

/** What to call it: as it is called, else as what is started or reached. */
function nameOf(args: readonly string[], name: string | undefined): string {
  if (name !== undefined && name !== "") return toUpstreamName(name);
  const url = URL.parse(args[0] ?? "");
  if (url !== null && url.hostname !== "") return toUpstreamName(url.hostname);
  const program = args.map((arg) => basename(arg)).find((arg) => !STARTERS.test(arg));
  return toUpstreamName(program ?? basename(args[0] ?? "server"));
}
