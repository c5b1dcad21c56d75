import { StdioServer } from "@shardgate/mcp-wire";
import type { App } from "../app.ts";
import { mcpPath, readTarget, TARGET_OPTIONS } from "./client/target.ts";
import type { Command, Io, Listening } from "./command.ts";
import { runGateway } from "./run-gateway.ts";
import { CONFIG_OPTION, readSettings } from "./settings.ts";

export const stdio: Command = {
  name: "stdio",
  summary: "be an MCP server on standard input and output, for desktop clients",
  options: [
    CONFIG_OPTION,
    ...TARGET_OPTIONS.map((option) =>
      option.flags.startsWith("--url")
        ? { ...option, description: "a running gateway to pass everything to; else this process is one (GATEWAY_URL)" }
        : option,
    ),
    { flags: "--log-level <level>", description: "of the log on standard error (LOG_LEVEL; default warn)" },
  ],
  arguments: [],
  async run(_, options, io) {
    if (options["url"] === undefined && !io.env["GATEWAY_URL"]) {
      const settings = await readSettings({ logLevel: io.env["LOG_LEVEL"] ?? "warn", ...options }, io);
      const stdin = new AbortController();
      const signal = AbortSignal.any([io.signal, stdin.signal]);
      const listen = async (app: App): Promise<Listening> => serveApp(app, io, mcpPath(options), () => stdin.abort());
      // Whoever may start us may use us; standard output is the client's.
      const own = { ...settings, above: { auth: { api_key: undefined } }, log: { ...settings.log, fd: 2 } };
      return await runGateway(own, { ...io, signal, listen });
    }
    const { url, headers } = readTarget(options, io);
    const server = new StdioServer({ fetch: io.fetch, url, headers, write: io.writeBytes });
    await feed(server, io);
    await server.end();
    return 0;
  },
};

/** Serves what the gateway of this process has at a path to whoever holds our standard input. */
function serveApp(app: App, io: Io, path: string, onEnd: () => void): Listening {
  const url = new URL(path, "http://127.0.0.1");
  const server = new StdioServer({ fetch: (request) => app.fetch(request), url, write: io.writeBytes });
  void feed(server, io).then(onEnd);
  const end = (): void => void server.end();
  return { host: "stdio", port: 0, close: () => server.end(), closeAll: end };
}

/** Hands over standard input to its end, or until we are told to stop. */
async function feed(server: StdioServer, io: Io): Promise<void> {
  const aborted = new Promise<void>((resolve) => io.signal.addEventListener("abort", () => resolve(), { once: true }));
  const reading = async (): Promise<void> => {
    for await (const chunk of io.inputChunks()) server.push(chunk);
  };
  await Promise.race([reading(), aborted]);
}
