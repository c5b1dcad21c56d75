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
] as const;

const DEFAULT_URL = "http://127.0.0.1:9100";

/** An address without a path means the gateway's `/mcp`. @throws CommandError */
export function readTarget(options: OptionValues, { env }: Pick<Io, "env">): Target {
  const text = (options["url"] as string | undefined) ?? env["GATEWAY_URL"] ?? DEFAULT_URL;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CommandError(`${JSON.stringify(text)} is no http:// or https:// address (--url, GATEWAY_URL)`);
  }
  if (url.pathname === "/") url.pathname = "/mcp";
  const key = (options["apiKey"] as string | undefined) ?? env["GATEWAY_API_KEY"];
  return { url, headers: key === undefined || key === "" ? {} : { Authorization: `Bearer ${key}` } };
}
