import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";

/** What a probe found. Bodies are never returned. */
export interface Probe {
  readonly tcp: boolean;
  readonly http_status?: number;
  readonly latency_ms?: number;
  readonly error?: string;
  readonly tls_error?: string;
}

/** Longest probe in ms. */
const TIMEOUT = 3000;

/** Asks an HTTP server for its root once: GET, no redirects, no body kept. `host` goes into the Host header and SNI. */
export function probeHttp(
  url: string,
  {
    host,
    path = "/",
    timeout = TIMEOUT,
  }: { readonly host?: string; readonly path?: string; readonly timeout?: number } = {},
): Promise<Probe & { readonly server?: string; readonly body?: string }> {
  const started = performance.now();
  return new Promise((done) => {
    const target = new URL(path, url.replace(/^h2c:/i, "http:"));
    const make = target.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = { "user-agent": "shardgate-probe", ...(host !== undefined && { host }) };
    const name = host?.replace(/:\d+$/, "");
    // A backend's own certificate is seldom one that this process trusts; what is asked is whether it answers.
    const outgoing = make(target, {
      headers,
      timeout,
      rejectUnauthorized: false,
      ...(name !== undefined && { servername: name }),
      agent: false,
    });
    let connected = false;
    outgoing.on("socket", (socket) => socket.once("connect", () => (connected = true)));
    const end = (probe: Probe & { readonly body?: string }) => {
      outgoing.destroy();
      done(probe);
    };
    outgoing.on("timeout", () => end({ tcp: connected, error: `no answer within ${timeout / 1000} s` }));
    outgoing.on("error", (error: NodeJS.ErrnoException) =>
      end({
        tcp: connected,
        ...(isTls(error) ? { tls_error: error.code ?? error.message } : { error: error.code ?? error.message }),
      }),
    );
    outgoing.on("response", (response) => {
      const latency_ms = Math.round(performance.now() - started);
      void firstBytes(response).then((body) =>
        end({ tcp: true, http_status: response.statusCode ?? 0, latency_ms, body }),
      );
    });
    outgoing.end();
  });
}

/** Opens a TCP connection once. */
export function probeTcp(address: string, timeout = TIMEOUT): Promise<Probe> {
  const started = performance.now();
  const [, host = "", port = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return new Promise((done) => {
    const socket = connect({ host, port: Number(port), timeout });
    const end = (probe: Probe) => {
      socket.destroy();
      done(probe);
    };
    socket.on("connect", () => end({ tcp: true, latency_ms: Math.round(performance.now() - started) }));
    socket.on("timeout", () => end({ tcp: false, error: `no answer within ${timeout / 1000} s` }));
    socket.on("error", (error: NodeJS.ErrnoException) => end({ tcp: false, error: error.code ?? error.message }));
  });
}

/** Enough of a body to recognise Traefik's own error pages. */
async function firstBytes(response: IncomingMessage): Promise<string> {
  try {
    for await (const chunk of response) return (chunk as Buffer).subarray(0, 64).toString("utf8");
  } catch {
    // The status is known; a body that breaks off changes nothing.
  }
  return "";
}

function isTls(error: NodeJS.ErrnoException): boolean {
  return (
    /^(ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED|EPROTO)/.test(error.code ?? "") ||
    /alert|ssl|tls/i.test(error.message)
  );
}
