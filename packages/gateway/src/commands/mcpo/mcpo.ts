import { resolve as resolvePath } from "node:path";
import { readEnvFile } from "../../config/variables.ts";
import type { UpstreamDefinition } from "../../upstreams/index.ts";
import type { Command, Io, OptionValues, TlsFiles } from "../command.ts";
import { type GatewayRun, runGateway } from "../run-gateway.ts";
import { SettingsError } from "../settings-error.ts";
import { readSettings } from "../settings.ts";
import { singleServer } from "./single-server.ts";

const DEFAULT_TITLE = "MCP OpenAPI Proxy";
const DEFAULT_DESCRIPTION = "Automatically generated API from MCP Tool Schemas";

/** mcpo's names of levels, which are Python's. */
const LEVELS: Readonly<Record<string, string>> = { warning: "warn", critical: "error" };

export const mcpo: Command = {
  name: "mcpo",
  summary: "run the gateway with mcpo's command line: one server after --, or mcpo's --config",
  helpFlags: "--help",
  options: [
    { flags: "-h, --host <address>", description: "address to listen on; default 0.0.0.0" },
    { flags: "-p, --port <number>", description: "port to listen on; default 8000" },
    { flags: "--cors-allow-origins <origin>", description: "web pages that may call; default *", isRepeatable: true },
    { flags: "-k, --api-key <key>", description: "key that every client has to give" },
    { flags: "--strict-auth", description: "ask for it on documents and pages too" },
    { flags: "-e, --env <name=value>", description: "variable for the servers", isRepeatable: true },
    { flags: "--env-path <file>", description: "file with such variables" },
    { flags: "--type, --server-type <type>", description: "stdio, sse or streamable-http; default stdio" },
    { flags: "-c, --config <file>", description: "mcpo's configuration, or any other that serve takes" },
    { flags: "-n, --name <name>", description: "title of the document of all servers" },
    { flags: "-d, --description <text>", description: "its description" },
    { flags: "-v, --version <version>", description: "its version" },
    { flags: "-t, --ssl-certfile <file>", description: "certificate (PEM), for HTTPS" },
    { flags: "-K, --ssl-keyfile <file>", description: "its key (PEM)" },
    { flags: "--root-path <path>", description: "path under which a proxy in front shows us" },
    { flags: "--path-prefix <path>", description: "path that the servers stand under; default /" },
    { flags: "-H, --header <json>", description: "headers for the one server, as a JSON object" },
    { flags: "--hot-reload", description: "follow changes of the configuration" },
    { flags: "--log-level <level>", description: "debug, info, warning, error or critical (LOG_LEVEL)" },
  ],
  arguments: [{ name: "[command...]", description: "behind --: the server's command, or its URL" }],
  run: async (args, options, io) => runGateway(await gatewayRun(args, options, io), io),
};

/** What mcpo's command line means here. @throws SettingsError */
export async function gatewayRun(args: readonly string[], options: OptionValues, io: Io): Promise<GatewayRun> {
  const text = (name: string): string | undefined => (typeof options[name] === "string" ? options[name] : undefined);
  const file = text("config");
  if (file === undefined && args.length === 0) {
    throw new SettingsError("Name a server's command behind --, or a configuration with --config");
  }
  const env = await variablesOf(options, io);
  const variables = { ...io.env, ...env };
  const level = (text("logLevel") ?? io.env["LOG_LEVEL"])?.toLowerCase();
  const settings = await readSettings(
    {
      host: text("host") ?? "0.0.0.0",
      port: text("port") ?? "8000",
      config: file === undefined ? [] : [file],
      ...(level !== undefined && { logLevel: LEVELS[level] ?? level }),
      ...(text("apiKey") !== undefined && { apiKey: text("apiKey") }),
      ...(options["strictAuth"] === true && { strictAuth: true }),
      reload: options["hotReload"] === true,
    },
    // What else the environment says is not said to mcpo.
    { ...io, env: { ...variables, GATEWAY_CONFIG: undefined } },
  );
  const single =
    file === undefined
      ? singleServer(args, { type: text("type") ?? text("serverType"), header: text("header"), name: text("name") })
      : undefined;
  const origins = options["corsAllowOrigins"] as readonly string[] | undefined;
  return {
    ...settings,
    above: {
      auth: settings.above.auth ?? {},
      openapi: {
        operationIds: "mcpo",
        title: text("name") ?? DEFAULT_TITLE,
        description: text("description") ?? DEFAULT_DESCRIPTION,
        version: text("version") ?? "1.0",
        path_prefix: normalized(text("pathPrefix")),
        root_path: normalized(text("rootPath")).replace(/\/$/, ""),
        ...(single !== undefined && { single: single.name as string }),
      },
      // As mcpo: whoever reaches the port may call it by any name.
      allowed: { hosts: ["*"], origins: origins === undefined || origins.length === 0 ? ["*"] : origins },
    },
    tls: await tlsOf(text("sslCertfile"), text("sslKeyfile"), io),
    change: (definition) => withVariables(definition, inherited(variables)),
    ...(single !== undefined && { providers: [{ name: "command", watch: async (emit) => emit([single]) }] }),
  };
}

function normalized(path: string | undefined): string {
  return `/${path ?? ""}/`.replace(/\/+/g, "/");
}

/** The variables that `--env` and `--env-path` set. */
async function variablesOf(options: OptionValues, io: Io): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  const path = options["envPath"];
  if (typeof path === "string") {
    const content = await read(path, "--env-path", io);
    for (const [name, value] of Object.entries(readEnvFile(resolvePath(path), () => ({ text: content })))) {
      if (value !== undefined) variables[name] = value;
    }
  }
  for (const pair of (options["env"] as readonly string[] | undefined) ?? []) {
    const equals = pair.indexOf("=");
    if (equals < 1) throw new SettingsError(`--env takes NAME=value, not ${JSON.stringify(pair.slice(0, 40))}`);
    variables[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return variables;
}

/** A server that mcpo starts has its whole environment; ours has it too, but for what is the gateway's. */
function inherited(variables: Io["env"]): Record<string, string> {
  const theirs = Object.entries(variables).filter(([name, value]) => value !== undefined && !OURS.test(name));
  return Object.fromEntries(theirs) as Record<string, string>;
}

const OURS = /^(GATEWAY_.*|ADMIN_TOKEN|LOG_.*|STATE_DIR|HOST|PORT)$/;

function withVariables(definition: UpstreamDefinition, env: Readonly<Record<string, string>>): UpstreamDefinition {
  const { options } = definition;
  if (options.kind !== "stdio") return definition;
  return { ...definition, options: { ...options, env: { ...env, ...options.env } } };
}

async function tlsOf(cert: string | undefined, key: string | undefined, io: Io): Promise<TlsFiles | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new SettingsError("HTTPS needs both --ssl-certfile and --ssl-keyfile");
  }
  return { cert: await read(cert, "--ssl-certfile", io), key: await read(key, "--ssl-keyfile", io) };
}

async function read(path: string, flag: string, io: Io): Promise<string> {
  try {
    return await io.readFile(path);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    throw new SettingsError(`${flag}: ${path} cannot be read (${code ?? message})`, { cause: error });
  }
}
