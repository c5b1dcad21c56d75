// Published gateways that put a program behind a port, started as their documents say, each with nothing but that program.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Target } from "./load/requests.ts";
import {
  findProgram,
  freePort,
  hasEcho,
  type Missing,
  type Program,
  type Stage,
  type StdioProgram,
} from "./programs.ts";

interface Peer {
  /** Name and version. */
  readonly name: string;
  /** Where its program is found: a script of ours, and the name it knows. */
  readonly found: readonly [script: "peers.mjs" | "python-tools.mjs", name: string];
  /** How it is started, `found` being what the script says, and in a folder of its own. */
  readonly start: (found: string, program: StdioProgram, port: number, folder: string) => StdioProgram;
  readonly target: Omit<Target, "port" | "era">;
}

/** As the processes of the bench, so that none runs on another Node. */
const node = (script: string, ...args: readonly string[]): StdioProgram => {
  return { command: process.execPath, args: [script, ...args] };
};

/** A file with the one server in the shape that most understand. @returns its path */
function serversFile(folder: string, name: string, { command, args }: StdioProgram, more: object = {}): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify({ ...more, mcpServers: { x: { command, args } } }));
  return file;
}

const peers: readonly Peer[] = [
  {
    name: "mcp-proxy 6.7.19",
    found: ["peers.mjs", "mcp-proxy"],
    start: (script, { command, args }, port) =>
      node(script, "--host", "127.0.0.1", "--port", String(port), "--", command, ...args),
    target: { path: "/mcp", tool: "echo" },
  },
  {
    name: "supergateway 4.0.0, stateful",
    found: ["peers.mjs", "supergateway"],
    start(script, { command, args }, port) {
      const how = ["--outputTransport", "streamableHttp", "--stateful", "--port", String(port), "--logLevel", "none"];
      return node(script, "--stdio", [command, ...args].join(" "), ...how);
    },
    target: { path: "/mcp", tool: "echo" },
  },
  {
    name: "mcp-hub 4.2.1, SSE",
    found: ["peers.mjs", "mcp-hub"],
    start: (script, program, port, folder) =>
      node(script, "--port", String(port), "--config", serversFile(folder, "hub.json", program)),
    target: { path: "/mcp", tool: "x__echo", isSse: true },
  },
  {
    name: "1MCP 0.35.0",
    found: ["peers.mjs", "1mcp"],
    start(script, program, port, folder) {
      serversFile(folder, "mcp.json", program);
      const at = ["--port", String(port), "--host", "127.0.0.1", "--log-level", "error"];
      return node(script, "serve", "--config-dir", folder, ...at);
    },
    target: { path: "/mcp", tool: "x_1mcp_echo" },
  },
  {
    name: "FastMCP 4.0.10",
    found: ["python-tools.mjs", "fastmcp"],
    start(bin, { command, args }, port, folder) {
      const config = JSON.stringify({ mcpServers: { x: { command, args } } });
      const run = `transport="http", host="127.0.0.1", port=${port}, log_level="warning", show_banner=False`;
      const file = join(folder, "proxy.py");
      writeFileSync(
        file,
        `from fastmcp.server import create_proxy\np = create_proxy(${config}, name="proxy")\n` +
          `p.run(${run}, uvicorn_config={"access_log": False})\n`,
      );
      return { command: join(bin, "python"), args: [file] };
    },
    target: { path: "/mcp", tool: "echo" },
  },
  {
    name: "mcpo 0.0.20, REST",
    found: ["python-tools.mjs", "mcpo"],
    start: (bin, { command, args }, port) => ({
      command: join(bin, "mcpo"),
      args: ["--host", "127.0.0.1", "--port", String(port), "--", command, ...args],
    }),
    target: { path: "/echo", tool: "echo", isPlain: true },
  },
  {
    name: "TBXark/mcp-proxy",
    found: ["peers.mjs", "tbxark"],
    start(command, program, port, folder) {
      const own = { addr: `127.0.0.1:${port}`, baseURL: `http://127.0.0.1:${port}`, name: "p", version: "1" };
      const file = serversFile(folder, "c.json", program, { mcpProxy: { ...own, type: "streamable-http" } });
      return { command, args: ["-config", file] };
    },
    target: { path: "/x/mcp", tool: "echo" },
  },
];

export interface StartedPeer {
  readonly name: string;
  readonly through: Program;
  readonly target: Target;
}

/** Starts each of them that is here in front of a program of the legacy era; of the others the reason why not. */
export async function startPeers(
  stage: Stage,
  program: StdioProgram,
): Promise<readonly (StartedPeer | (Missing & { readonly name: string }))[]> {
  const started = [];
  for (const {
    name,
    found: [script, known],
    start,
    target,
  } of peers) {
    const found = findProgram(script, known);
    if (typeof found !== "string") {
      started.push({ name, ...found });
      continue;
    }
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "shardgate-bench-peer-"));
    const isUp = (): Promise<boolean> => (target.isPlain === true ? hasEcho(port) : isServing(port, target));
    try {
      const through = await stage.foreign({ ...start(found, program, port, folder), port, isUp });
      started.push({ name, through, target: { ...target, port, era: "legacy" as const } });
    } catch (error) {
      started.push({ name, missing: (error as Error).message });
    }
  }
  return started;
}

async function isServing(port: number, { path, isSse = false }: Peer["target"]): Promise<boolean> {
  const url = `http://127.0.0.1:${port}${path}`;
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "shardgate-bench", version: "1" },
  };
  const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  const request = isSse ? { headers: { Accept: "text/event-stream" } } : { method: "POST", headers, body };
  const answer = await fetch(url, request).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}
