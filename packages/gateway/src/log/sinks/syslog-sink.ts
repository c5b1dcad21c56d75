import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { hostname } from "node:os";
import { BACKLOG_BYTES, type Sink } from "./sink.ts";
import { priorityOf, syslogMessage } from "./syslog-message.ts";

/** `{host, port}`: a server over UDP (RFC 5426); `{socket}`: the path of this machine's own. */
export type SyslogAddress = { readonly host: string; readonly port: number } | { readonly socket: string };

export interface SyslogSinkOptions {
  readonly address: SyslogAddress;
  readonly appName: string;
  readonly pid: number;
  /** Told what is wrong, once. */
  readonly onProblem: (message: string) => void;
}

/** Lines to a syslog, in the format of RFC 5424. */
export function syslogSink(options: SyslogSinkOptions): Sink {
  return "socket" in options.address ? socketSink(options.address.socket, options) : udpSink(options.address, options);
}

/** Longest datagram: what fits into one over IPv4. */
const MAX_DATAGRAM = 65_507;

/** Datagrams on their way at once. */
const MAX_UNDER_WAY = 1_024;

function udpSink({ host, port }: { host: string; port: number }, options: SyslogSinkOptions): Sink {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.unref();
  const tell = once(options.onProblem);
  const origin = { hostname: hostname(), appName: options.appName, pid: options.pid };
  let underWay = 0;
  let onIdle = (): void => undefined;
  socket.on("error", (error) => tell(`syslog over UDP failed: ${error.message}`));
  return {
    write(line) {
      if (underWay >= MAX_UNDER_WAY) return;
      const message = Buffer.from(syslogMessage(line, origin)).subarray(0, MAX_DATAGRAM);
      underWay++;
      socket.send(message, port, host, (error) => {
        if (error) tell(`syslog at ${host}:${port} cannot be reached: ${error.message}`);
        if (--underWay === 0) onIdle();
      });
    },
    flush: () =>
      new Promise((resolve) => {
        if (underWay === 0) resolve();
        else onIdle = resolve;
      }),
  };
}

/**
 * The local socket takes datagrams, which Node cannot send over a path; util-linux's `logger` can, reads lines with their
 * priority in front, and finds the socket again when the daemon restarts.
 */
function socketSink(path: string, { appName, pid, onProblem }: SyslogSinkOptions): Sink {
  const tell = once(onProblem);
  const args = ["--socket", path, "--rfc5424", "--prio-prefix", "--tag", appName, `--id=${pid}`, "--size", "64KiB"];
  const child = spawn("logger", args, { stdio: ["pipe", "ignore", "pipe"], detached: true });
  let isGone = false;
  const gone = (why: string): void => {
    isGone = true;
    tell(`The log does not reach the syslog at ${path}: ${why}`);
  };
  child.on("error", (error: NodeJS.ErrnoException) =>
    gone(error.code === "ENOENT" ? "the program `logger` (util-linux) is not installed" : error.message),
  );
  child.on("exit", (code) => gone(`\`logger\` ended with ${code}`));
  child.stdin.on("error", () => undefined);
  child.stderr.setEncoding("utf8").on("data", (text: string) => tell(`syslog: ${text.trim().slice(0, 200)}`));
  child.unref();
  return {
    write(line) {
      if (!isGone && child.stdin.writableLength < BACKLOG_BYTES) child.stdin.write(`<${priorityOf(line)}>${line}`);
    },
    flush: () =>
      new Promise((resolve) => {
        if (isGone) return resolve();
        child.once("exit", () => resolve());
        child.stdin.end();
      }),
  };
}

function once(tell: (message: string) => void): (message: string) => void {
  let told = false;
  return (message) => {
    if (told) return;
    told = true;
    tell(message);
  };
}
