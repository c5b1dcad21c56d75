import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { type AddressInfo, Server as NetServer } from "node:net";
import process from "node:process";
import { text as readAll } from "node:stream/consumers";
import { createSender } from "@shardgate/mcp-wire";
import type { App } from "./app.ts";
import type { Io, Listening, TlsFiles } from "./commands/command.ts";
import { runCommand } from "./commands/run.ts";
import { SERVER_OPTIONS, MAX_CONNECTIONS } from "./server-options.ts";
import { settleShapes } from "./settle-shapes.ts";

const stop = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(name === "SIGINT" ? 130 : 143);
    stop.abort();
  });
}

const io: Io = {
  env: process.env,
  isTerminal: process.stdout.isTTY,
  pid: process.pid,
  onHangup: (listener) => void process.on("SIGHUP", listener),
  signal: stop.signal,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  readFile: (path) => readFile(path, "utf8"),
  writeBytes: (bytes) => void process.stdout.write(bytes),
  inputChunks: () => process.stdin,
  readInput: () => readAll(process.stdin),
  fetch,
  createSender,
  createFile: (path, content) => writeFile(path, content, { flag: "wx" }),
  listen,
};

function listen(app: App, host: string, port: number, tls?: TlsFiles): Promise<Listening> {
  settleShapes();
  const server =
    tls === undefined
      ? createServer(SERVER_OPTIONS, app.listener)
      : createTlsServer({ ...SERVER_OPTIONS, ...tls }, app.listener);
  server.maxConnections = MAX_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const { address, port: actual } = server.address() as AddressInfo;
      const shown = address.includes(":") ? `[${address}]` : address;
      resolve({ host: shown, port: actual, close: () => close(server), closeAll: () => server.closeAllConnections() });
    });
  });
}

/** Node's own `close` cuts idle connections at once, and with them requests that are on their way; we wait a moment. */
function close(server: Server | TlsServer): Promise<void> {
  return new Promise((resolve) => {
    let sweep: NodeJS.Timeout | undefined;
    NetServer.prototype.close.call(server, () => {
      clearInterval(sweep);
      resolve();
    });
    setTimeout(() => {
      server.closeIdleConnections();
      sweep = setInterval(() => server.closeIdleConnections(), 250);
    }, 500);
  });
}

process.exitCode = await runCommand(process.argv.slice(2), io);
// What is left then is a timer or a socket of a library; nothing of ours is under way.
process.exit();
