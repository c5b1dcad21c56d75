/** What a client has to know of the gateway. */
export interface Connection {
  /** Address of `/mcp`. */
  readonly url: string;
  /** Where the OpenAPI documents are. */
  readonly origin: string;
  /** Name of the entry in the client. */
  readonly name: string;
  /** Bearer token; undefined where the gateway asks for none. */
  readonly token: string | undefined;
}

/** A program that people connect to the gateway, and the exact words it wants. */
export interface Client {
  readonly id: string;
  readonly title: string;
  /** Where the snippet goes. */
  readonly where: string;
  readonly snippet: (connection: Connection) => string;
  /** What else one should know. */
  readonly note?: string;
}

const json = (value: object): string => JSON.stringify(value, undefined, 2);
const bearer = (token: string | undefined): { headers?: { Authorization: string } } =>
  token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } };

/** Those whose words are known, in the order in which they are shown: the only list. */
export const clients: readonly Client[] = [
  {
    id: "open-webui",
    title: "Open WebUI (0.6.31 or newer)",
    where: "environment of Open WebUI; or Admin Settings → External Tools → +, type MCP (Streamable HTTP)",
    snippet: ({ url, name, token }) => {
      const connection = {
        type: "mcp",
        url,
        // Without a path it is no connection; without grants it is for administrators alone.
        path: "",
        auth_type: token === undefined ? "none" : "bearer",
        key: token ?? "",
        headers: { "X-OpenWebUI-Chat-Id": "{{CHAT_ID}}", "X-OpenWebUI-Message-Id": "{{MESSAGE_ID}}" },
        config: {
          enable: true,
          access_grants: [{ principal_type: "user", principal_id: "*", permission: "read" }],
        },
        info: { id: name, name, description: "Every tool of the house" },
      };
      const metadata = { toolIds: [`server:mcp:${name}`] };
      return [
        `TOOL_SERVER_CONNECTIONS='${JSON.stringify([connection])}'`,
        `DEFAULT_MODEL_METADATA='${JSON.stringify(metadata)}'`,
      ].join("\n");
    },
    note: "In a container, 127.0.0.1 is the container: give --url with the name or address of the gateway as Open WebUI sees it.",
  },
  {
    id: "claude-code",
    title: "Claude Code",
    where: "a terminal; or .mcp.json of a project, with the key mcpServers",
    snippet: ({ url, name, token }) => {
      const header = token === undefined ? "" : ` --header "Authorization: Bearer ${token}"`;
      return `claude mcp add --transport http ${name} ${url}${header}`;
    },
  },
  {
    id: "claude-desktop",
    title: "Claude Desktop",
    where: "claude_desktop_config.json (Settings → Developer → Edit Config)",
    snippet: ({ url, name, token }) => {
      const args = ["-y", "mcp-remote", url, "--allow-http"];
      if (token === undefined) return json({ mcpServers: { [name]: { command: "npx", args } } });
      const env = { AUTHORIZATION: `Bearer ${token}` };
      return json({
        mcpServers: { [name]: { command: "npx", args: [...args, "--header", "Authorization:${AUTHORIZATION}"], env } },
      });
    },
    note: "Its connectors are dialled from outside and reach public HTTPS addresses only; this way runs on your machine.",
  },
  {
    id: "vscode",
    title: "VS Code",
    where: ".vscode/mcp.json, or the command “MCP: Open User Configuration”",
    snippet: ({ url, name, token }) => json({ servers: { [name]: { type: "http", url, ...bearer(token) } } }),
    note: "A request carries 128 tools at most, those of VS Code included.",
  },
  {
    id: "cursor",
    title: "Cursor",
    where: ".cursor/mcp.json, or ~/.cursor/mcp.json",
    snippet: ({ url, name, token }) => json({ mcpServers: { [name]: { url, ...bearer(token) } } }),
    note: "It warns beyond 80 tools, and leaves out those whose server and tool name together have more than 60 characters.",
  },
  {
    id: "lm-studio",
    title: "LM Studio (0.3.17 or newer)",
    where: "mcp.json (Program → Install → Edit mcp.json)",
    snippet: ({ url, name, token }) => json({ mcpServers: { [name]: { url, ...bearer(token) } } }),
  },
  {
    id: "lobechat",
    title: "LobeChat",
    where: "Plugin store → custom plugin → MCP → quick import of JSON, type Streamable HTTP",
    snippet: ({ url, name, token }) => json({ mcpServers: { [name]: { type: "http", url, ...bearer(token) } } }),
  },
  {
    id: "n8n",
    title: "n8n",
    where: "node “MCP Client Tool”",
    snippet: ({ url, token }) =>
      [
        `Endpoint:         ${url}`,
        "Server transport: HTTP Streamable",
        `Authentication:   ${token === undefined ? "None" : `Bearer Auth, token ${token}`}`,
        "Tools to include: All",
      ].join("\n"),
  },
  {
    id: "librechat",
    title: "LibreChat",
    where: "librechat.yaml",
    snippet: ({ url, name, token }) => {
      const header =
        token === undefined ? "" : `\n    headers:\n      Authorization: ${json(`Bearer ${token}` as never)}`;
      return `mcpSettings:
  allowedDomains:
    - ${new URL(url).hostname}
mcpServers:
  ${name}:
    type: streamable-http
    url: ${url}
    timeout: 60000
    serverInstructions: true${header}`;
    },
    note: "Restart LibreChat after the change.",
  },
];
