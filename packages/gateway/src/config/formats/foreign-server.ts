import { nearest } from "../nearest.ts";
import type { Path } from "../document.ts";
import { type ForeignUpstream, isRecord, type Notes } from "./format.ts";

/** What a key of theirs means here: the option of ours, and how its value is put. */
interface Meaning {
  readonly option: string;
  readonly convert?: (value: unknown) => unknown;
}

const texts = (value: unknown): unknown => (Array.isArray(value) ? value.map(text) : value);
const textMap = (value: unknown): unknown =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (one === null ? [] : [[key, text(one)]])))
    : value;

function text(value: unknown): unknown {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

/** Some count seconds, some milliseconds; no call takes a thousand seconds, and none ends within a second's thousandth. */
function duration(value: unknown): unknown {
  if (typeof value !== "number" || !(value > 0) || !Number.isFinite(value)) return value;
  return `${Math.round(value >= 1_000 ? value : value * 1_000)}ms`;
}

/** `*` for all, as some write it, is what we do anyway. */
const included = (value: unknown): unknown => (Array.isArray(value) && value.includes("*") ? undefined : texts(value));

function forwarding(value: unknown): unknown {
  if (!isRecord(value) || value["enabled"] !== true) return undefined;
  const allow = value["whitelist"];
  return { allow: Array.isArray(allow) && allow.length > 0 ? allow : ["*"], deny: value["blacklist"] ?? [] };
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  command: { option: "command" },
  args: { option: "args", convert: texts },
  env: { option: "env", convert: textMap },
  cwd: { option: "cwd" },
  workingDirectory: { option: "cwd" },
  url: { option: "url" },
  serverUrl: { option: "url" },
  httpUrl: { option: "url" },
  headers: { option: "headers", convert: textMap },
  timeout: { option: "timeout", convert: duration },
  enabled: { option: "enabled" },
  isActive: { option: "enabled" },
  disabled: { option: "enabled", convert: (value) => (typeof value === "boolean" ? !value : value) },
  disabledTools: { option: "exclude", convert: texts },
  disabled_tools: { option: "exclude", convert: texts },
  excludeTools: { option: "exclude", convert: texts },
  includeTools: { option: "include", convert: included },
  enabledTools: { option: "include", convert: included },
  enabled_tools: { option: "include", convert: included },
  tools: { option: "include", convert: included },
  client_header_forwarding: { option: "forward_headers", convert: forwarding },
  group: { option: "group" },
  oauth: { option: "oauth", convert: signIn },
  auth: { option: "oauth", convert: (value) => (value === "oauth" ? true : undefined) },
};

/** mcpo's words, and those of clients that name a client of their own. The browser comes back to the gateway's own port. */
function signIn(value: unknown): unknown {
  if (!isRecord(value)) return value === false ? undefined : value;
  const client = isRecord(value["client_metadata"]) ? value["client_metadata"] : {};
  const said = {
    server_url: value["server_url"],
    storage: value["storage_type"],
    scope: client["scope"] ?? value["scope"],
    client_name: client["client_name"],
    client_id: value["client_id"] ?? value["clientId"],
    client_secret: value["client_secret"] ?? value["clientSecret"],
  };
  return Object.fromEntries(Object.entries(said).filter(([, one]) => one !== undefined && one !== null));
}

const TYPE_KEYS = ["type", "transport", "transportType", "protocol"];
const KINDS: Readonly<Record<string, string>> = {
  stdio: "stdio",
  local: "stdio",
  sse: "sse",
  http: "mcp-http",
  "streamable-http": "mcp-http",
  streamable_http: "mcp-http",
  streamablehttp: "mcp-http",
  "http-stream": "mcp-http",
  remote: "mcp-http",
};

/** What concerns the person or the window in front of a client, and nobody behind a gateway. */
const IGNORED: ReadonlySet<string> = new Set(
  "name id description title icon iconUrl autoApprove alwaysAllow trust dev gallery version note notes homepage".split(
    " ",
  ),
);

/** Puts one entry of a foreign file into our words; undefined where it is none. */
export function readForeignServer(name: string, value: unknown, path: Path, notes: Notes): ForeignUpstream | undefined {
  if (!isRecord(value)) {
    notes.error("must be a mapping with a command or a url", path);
    return undefined;
  }
  const options: Record<string, unknown> = {};
  const from: Record<string, string> = {};
  const envFiles: string[] = [];
  for (const [key, given] of Object.entries(value)) {
    const meaning = Object.hasOwn(MEANINGS, key) ? MEANINGS[key] : undefined;
    if (meaning !== undefined) {
      const converted = meaning.convert === undefined ? given : meaning.convert(given);
      if (converted === undefined || converted === null) continue;
      options[meaning.option] = converted;
      from[meaning.option] = key;
    } else if (key === "envFile" && typeof given === "string") envFiles.push(given);
    else if (!TYPE_KEYS.includes(key) && !IGNORED.has(key) && !/^[_$]|^\/\//.test(key)) warnUnknown(key);
  }
  const { include, exclude, ...others } = options;
  const tools = { ...(include !== undefined && { include }), ...(exclude !== undefined && { exclude }) };
  const kind = kindOf(value, path, notes);
  if (kind === undefined) return undefined;
  // What does not belong to the kind is left out: some write `command: ""` beside a url.
  const foreign = kind === "stdio" ? ["url", "headers", "forward_headers", "oauth"] : ["command", "args", "env", "cwd"];
  const own = Object.fromEntries(Object.entries(others).filter(([key]) => !foreign.includes(key)));
  return {
    name,
    path,
    options: { kind, ...own, ...(Object.keys(tools).length > 0 && { tools }) },
    from,
    envFiles: kind === "stdio" ? envFiles : [],
  };

  function warnUnknown(key: string): void {
    const meant = nearest(key, [...Object.keys(MEANINGS), ...TYPE_KEYS]);
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    notes.warn(`unknown key, which is left out${hint}`, [...path, key], "key");
  }
}

function kindOf(value: Readonly<Record<string, unknown>>, path: Path, notes: Notes): string | undefined {
  const typeKey = TYPE_KEYS.find((key) => value[key] !== undefined && value[key] !== null && value[key] !== "");
  if (typeKey !== undefined) {
    const type = String(value[typeKey]).toLowerCase();
    const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
    if (kind !== undefined) return kind;
    const meant = nearest(type, Object.keys(KINDS));
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    notes.error(`is none of stdio, sse, http and streamable-http${hint}`, [...path, typeKey]);
    return undefined;
  }
  if (typeof value["command"] === "string" && value["command"] !== "") return "stdio";
  if (value["httpUrl"] !== undefined) return "mcp-http";
  const url = value["url"] ?? value["serverUrl"];
  // Without a type the last part of the address tells, as it does by convention.
  if (url !== undefined) return /\/sse\/?([?#]|$)/.test(String(url)) ? "sse" : "mcp-http";
  if (value["command"] !== undefined) return "stdio";
  notes.error("has neither a command nor a url", path);
  return undefined;
}
