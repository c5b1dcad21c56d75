// A client that sends exactly what it is given and shows exactly what it gets.
import { request, type Agent, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";

export interface RawAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON, or the last event of an event stream. */
  readonly json: () => Rpc;
  /** From sending to the last byte, in milliseconds. */
  readonly ms: number;
}

/** A JSON-RPC message as tests look at it. */
export interface Rpc {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: Readonly<Record<string, unknown>>;
  };
}

export interface RawRequest {
  readonly method?: string;
  /** Name and value, in turn or as pairs; nothing is added but what HTTP itself needs. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
  /** No answer within this time is an error, in milliseconds. */
  readonly within?: number;
  /** Sends over this agent's connections instead of one of its own. */
  readonly agent?: Agent;
}

const JSON_HEADERS = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };

/** Sends a request and takes the head of its answer. @throws Error when the connection breaks, or the time is up */
export function open(url: string, options: RawRequest = {}): Promise<IncomingMessage> {
  const { method = "POST", headers = {}, body, signal, within = 10_000, agent } = options;
  return new Promise((resolve, reject) => {
    const own = method === "POST" ? { ...JSON_HEADERS, ...headers } : headers;
    const outgoing = request(url, { method, headers: own as Record<string, string>, agent: agent ?? false });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${within} ms`)), within);
    signal?.addEventListener("abort", () => outgoing.destroy(new Error("aborted by the test")));
    outgoing.on("response", (incoming) => {
      incoming.on("close", () => clearTimeout(timer));
      resolve(incoming);
    });
    outgoing.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.end(body);
  });
}

/** Sends a request and takes the whole answer. */
export async function send(url: string, options: RawRequest = {}): Promise<RawAnswer> {
  const started = performance.now();
  const incoming = await open(url, options);
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return {
    status: incoming.statusCode as number,
    header: (name) => incoming.headers[name] as string | undefined,
    body,
    text: body.toString(),
    json: () => JSON.parse(eventsIn(body.toString()).at(-1) ?? body.toString()) as Rpc,
    ms: performance.now() - started,
  };
}

export const get = (url: string, headers: RawRequest["headers"] = {}): Promise<RawAnswer> =>
  send(url, { method: "GET", headers });

/** The data of each event of an event stream. */
export function eventsIn(stream: string): string[] {
  return [...stream.matchAll(/^data: (.*)$/gm)].map(([, data]) => data as string);
}

export interface EventStream {
  readonly status: number;
  /** Everything that came so far. */
  readonly text: () => string;
  readonly messages: () => readonly Rpc[];
  readonly isOpen: () => boolean;
  readonly stop: () => Promise<void>;
}

/** Opens a stream and collects what comes. */
export async function openStream(url: string, options: RawRequest = {}): Promise<EventStream> {
  const incoming = await open(url, { within: 60_000, ...options });
  const said: string[] = [];
  let isOpen = true;
  incoming.setEncoding("utf8").on("data", (chunk: string) => said.push(chunk));
  incoming.on("error", () => (isOpen = false)).on("close", () => (isOpen = false));
  return {
    status: incoming.statusCode as number,
    text: () => said.join(""),
    messages: () => eventsIn(said.join("")).map((data) => JSON.parse(data) as Rpc),
    isOpen: () => isOpen,
    stop: async () => void incoming.destroy(),
  };
}

/** Writes bytes to a socket as they are; gives what came back until the other side closed, and how long that took. */
export async function sendBytes(url: string, bytes: string | Buffer, within = 10_000) {
  const { hostname, port } = new URL(url);
  const started = performance.now();
  const socket = connect(Number(port), hostname);
  const timer = setTimeout(() => socket.destroy(new Error(`still open after ${within} ms`)), within);
  socket.write(bytes);
  try {
    const answer = await text(socket);
    return { text: answer, status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), ms: performance.now() - started };
  } finally {
    clearTimeout(timer);
  }
}

/** Sends a request over a connection of its own, of which nothing is ever read; ends with `destroy`. */
export function sendUnread(url: string, { headers = {}, body = "" }: RawRequest): Socket {
  const { hostname, port, host, pathname } = new URL(url);
  const all = { Host: host, ...JSON_HEADERS, ...headers, "Content-Length": String(Buffer.byteLength(body)) };
  const socket = connect(Number(port), hostname).pause();
  // The other side cuts it off, as it should.
  socket.on("error", () => undefined);
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  socket.write(`POST ${pathname} HTTP/1.1\r\n${lines.join("")}\r\n`);
  socket.write(body);
  return socket;
}
