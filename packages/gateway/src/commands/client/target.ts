import { CommandError } from "../command-error.ts";
import type { Io, OptionValues } from "../command.ts";

/** Which gateway a command speaks to, and how it says who it is. */
export interface Target {
  /** Address of an MCP endpoint. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** The options of commands that speak to a running gateway. */
export const TARGET_OPTIONS = [
  { flags: "--url <url>", description: "gateway to ask (GATEWAY_URL; default http://127.0.0.1:9100)" },
  { flags: "--api-key <key>", description: "key of the gateway, where it asks for one (GATEWAY_API_KEY)" },
  { flags: "--profile <name>", description: "only what this profile of the gateway shows" },
] as const;

const DEFAULT_URL = "http://127.0.0.1:9100";

/** Where on the gateway a command finds its tools: at `/mcp`, or at the profile that is named. */
export function mcpPath(options: OptionValues): string {
  const profile = options["profile"] as string | undefined;
  return profile === undefined ? "/mcp" : `/p/${encodeURIComponent(profile)}/mcp`;
}

/** An address without a path means the gateway's `/mcp`, or that of a profile. @throws CommandError */
export function readTarget(options: OptionValues, { env }: Pick<Io, "env">): Target {
  const text = (options["url"] as string | undefined) ?? env["GATEWAY_URL"] ?? DEFAULT_URL;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CommandError(`${JSON.stringify(text)} is no http:// or https:// address (--url, GATEWAY_URL)`);
  }
  const isProfile = options["profile"] !== undefined;
  if (url.pathname === "/" || (isProfile && url.pathname === "/mcp")) url.pathname = mcpPath(options);
  else if (isProfile) throw new CommandError(`--profile goes with the address of the gateway, not of ${url.pathname}`);
  const key = (options["apiKey"] as string | undefined) ?? env["GATEWAY_API_KEY"];
  return { url, headers: key === undefined || key === "" ? {} : { Authorization: `Bearer ${key}` } };
}
