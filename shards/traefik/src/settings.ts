import { isAddressRange } from "@shardgate/traefik-sim/config";
import { isAbsolute, relative, resolve } from "node:path";
import { z } from "zod";

const list = z
  .string()
  .default("")
  .transform((text) => text.split(/[\s,]+/).filter(Boolean));

const flag = z
  .enum(["true", "false", "1", "0"])
  .default("false")
  .transform((text) => text === "true" || text === "1");

const argv = z.string().transform((text, context) => {
  try {
    const parsed = z.array(z.string().min(1)).min(1).safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {
    // Told below: no JSON is as wrong as JSON of another shape.
  }
  context.addIssue({ code: "custom", message: "must be a JSON list of texts" });
  return z.NEVER;
});

const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL, such as http://traefik:8080" });

const withoutSlash = (url: string): string => url.replace(/\/+$/, "");

/** The shard's environment. Without TRAEFIK_API_URL it runs on a simulated Traefik. */
export const settingsSchema = z
  .object({
    TRAEFIK_API_URL: httpUrl
      .optional()
      .describe("base URL of Traefik's API, such as http://traefik:8080; unset: a simulated Traefik"),
    TRAEFIK_API_USER: z.string().optional().describe("user name for an API behind basic auth"),
    TRAEFIK_API_PASSWORD: z.string().optional().describe("password for an API behind basic auth"),
    TRAEFIK_DYNAMIC_DIR: z
      .string()
      .optional()
      .describe("the directory of Traefik's file provider, as this shard sees it; routes go to its folder mcp-managed"),
    TRAEFIK_PROVIDER: z
      .enum(["file", "http"])
      .default("file")
      .describe(
        "how Traefik gets our routes: file, from TRAEFIK_DYNAMIC_DIR; http, by asking this shard (providers.http.endpoint), with no shared folder",
      ),
    TRAEFIK_CONFIG_TOKEN: z
      .string()
      .min(16, "must be at least 16 characters long")
      .optional()
      .describe("with TRAEFIK_PROVIDER=http: what Traefik must send as Authorization: Bearer"),
    SHARD_STATE_DIR: z
      .string()
      .default(".state/traefik")
      .describe("where earlier versions of routes are kept; never inside the dynamic directory"),
    TRAEFIK_TLS_ADDRESS: z
      .string()
      .regex(/^.+:\d{1,5}$/, "must be host:port")
      .optional()
      .describe("where Traefik speaks HTTPS, as host:port; unset: the API's host and the entrypoint's port"),
    VERIFY_TIMEOUT_MS: z.coerce
      .number("must be a number")
      .int()
      .min(100)
      .max(600_000)
      .default(15_000)
      .describe("how long a change may take to show in Traefik's API; 75000 for NFS"),
    NAME_PREFIX: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,19}$/, "must be 1 to 20 of a-z, 0-9 and -, and start with a letter")
      .default("mcp-")
      .describe("what the names of our routers begin with"),
    DEFAULT_ENTRYPOINT: z.string().optional().describe("entrypoint for routes that name none"),
    DEFAULT_CERT_RESOLVER: z.string().optional().describe("certificate resolver for routes that name none"),
    ALLOWED_DOMAINS: list.describe("domains that routes may serve, with commas between; unset: any"),
    ALLOWED_BACKEND_CIDRS: list
      .refine(
        (ranges) => ranges.every(isAddressRange),
        "must be IP ranges, such as 192.168.0.0/16, with commas between",
      )
      .describe("address ranges that backends may be in; unset: any but loopback and link-local"),
    RELOAD_STRATEGY: z
      .enum(["touch", "command", "webhook", "none"])
      .default("touch")
      .describe(
        "how Traefik is told of a change: by the folder's times; besides that by RELOAD_COMMAND or RELOAD_WEBHOOK; or not at all",
      ),
    RELOAD_COMMAND: argv
      .optional()
      .describe(
        'program and arguments as a JSON list, such as ["docker","kill","-s","HUP","traefik"]; run without a shell',
      ),
    RELOAD_WEBHOOK: httpUrl.optional().describe("URL that is sent a POST after each change"),
    TRAEFIK_DOCS_URL: httpUrl
      .default("https://doc.traefik.io/traefik")
      .transform(withoutSlash)
      .describe("the documentation's site"),
    TRAEFIK_DOCS_SOURCE_URL: httpUrl
      .default("https://raw.githubusercontent.com/traefik/traefik")
      .transform(withoutSlash)
      .describe("where the documentation's Markdown is, by branch"),
    REQUIRE_AUTH_MIDDLEWARE: flag.describe("true: refuse routes without a middleware that authenticates"),
  })
  .superRefine((settings, context) => {
    const { TRAEFIK_API_URL: api, TRAEFIK_DYNAMIC_DIR: dir } = settings;
    if (settings.TRAEFIK_PROVIDER === "http") {
      for (const [path, message] of faultsOfHttp(settings)) context.addIssue({ code: "custom", path: [path], message });
    } else if ((api === undefined) !== (dir === undefined)) {
      const [missing, given] =
        api === undefined ? ["TRAEFIK_API_URL", "TRAEFIK_DYNAMIC_DIR"] : ["TRAEFIK_DYNAMIC_DIR", "TRAEFIK_API_URL"];
      context.addIssue({
        code: "custom",
        path: [missing],
        message: `not set, but ${given} is: set both for a real Traefik, or neither for a simulated one; TRAEFIK_PROVIDER=http needs no directory`,
      });
    }
    const needed = ({ command: "RELOAD_COMMAND", webhook: "RELOAD_WEBHOOK" } as const)[
      settings.RELOAD_STRATEGY as "command" | "webhook"
    ];
    if (needed !== undefined && settings[needed] === undefined) {
      context.addIssue({
        code: "custom",
        path: [needed],
        message: `not set, but RELOAD_STRATEGY is ${settings.RELOAD_STRATEGY}`,
      });
    }
    if (dir !== undefined && isInside(settings.SHARD_STATE_DIR, dir)) {
      context.addIssue({
        code: "custom",
        path: ["SHARD_STATE_DIR"],
        message: "must not be inside TRAEFIK_DYNAMIC_DIR: Traefik would load what is kept there",
      });
    }
  });

export type Settings = z.output<typeof settingsSchema>;

/** Settings that make no sense when Traefik asks us. */
function faultsOfHttp(settings: {
  readonly TRAEFIK_API_URL?: string | undefined;
  readonly TRAEFIK_DYNAMIC_DIR?: string | undefined;
  readonly RELOAD_STRATEGY: string;
}): [string, string][] {
  const faults: [string, string][] = [];
  if (settings.TRAEFIK_API_URL === undefined)
    faults.push(["TRAEFIK_API_URL", "not set, but TRAEFIK_PROVIDER is http: its API is how a change is proved"]);
  if (settings.TRAEFIK_DYNAMIC_DIR !== undefined)
    faults.push(["TRAEFIK_DYNAMIC_DIR", "set, but TRAEFIK_PROVIDER is http: routes are kept in SHARD_STATE_DIR then"]);
  if (["command", "webhook"].includes(settings.RELOAD_STRATEGY))
    faults.push(["RELOAD_STRATEGY", "has no use with TRAEFIK_PROVIDER=http: Traefik asks by itself"]);
  return faults;
}

function isInside(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}
