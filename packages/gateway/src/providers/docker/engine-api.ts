import { type ClientRequest, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";

/** Largest answer and longest line of events, in bytes. */
const ANSWER_LIMIT = 16 << 20;
const LINE_LIMIT = 1 << 20;
const PATIENCE_MS = 10_000;

/** The engine answered, but not what was asked for. */
export class EngineError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "EngineError";
    this.status = status;
  }
}

/** As much of the Docker Engine API as a provider needs, read only. Paths carry no version: every engine serves its own there. */
export interface EngineApi {
  /** Answers with JSON. @throws Error when the engine cannot be reached; EngineError when it refuses */
  get(path: string, signal: AbortSignal): Promise<unknown>;
  /**
   * Follows a stream of JSON objects, one per line; `onOpen` is called when it stands. Resolves when it ends.
   *
   * @throws Error as `get`
   */
  follow(path: string, on: { open(): void; line(value: unknown): void }, signal: AbortSignal): Promise<void>;
}

/** @param endpoint `unix:///path`, `tcp://host:port`, `http://…` or `https://…` */
export function engineApi(endpoint: string): EngineApi {
  const socketPath = /^unix:\/\/(\/.+)$/.exec(endpoint)?.[1];
  const base = socketPath === undefined ? new URL(endpoint.replace(/^tcp:/, "http:")) : new URL("http://docker");
  const send = (path: string, signal: AbortSignal, onResponse: (incoming: IncomingMessage) => void): ClientRequest => {
    const make = base.protocol === "https:" ? httpsRequest : httpRequest;
    // A connection of its own each time: there are few requests, and none may meet one that the other side just closed.
    const options: RequestOptions = { agent: false, signal, ...(socketPath !== undefined && { socketPath }) };
    const outgoing = make(new URL(path, base), options, onResponse);
    outgoing.end();
    return outgoing;
  };

  return {
    get(path, signal) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
      return new Promise((resolve, reject) => {
        send(path, limited, (incoming) => {
          read(incoming, ANSWER_LIMIT)
            .then((text) => resolve(parse(path, incoming.statusCode ?? 0, text)), reject)
            .catch(reject);
        }).on("error", (error) => reject(explained(error, limited)));
      });
    },
    follow(path, on, signal) {
      return new Promise((resolve, reject) => {
        const outgoing = send(path, signal, (incoming) => {
          const status = incoming.statusCode ?? 0;
          outgoing.setTimeout(0);
          if (status !== 200) {
            read(incoming, ANSWER_LIMIT).then((text) => reject(refusal(path, status, text)), reject);
            return;
          }
          let rest = "";
          incoming.setEncoding("utf8");
          incoming.on("data", (text: string) => {
            const lines = (rest + text).split("\n");
            rest = lines.pop() as string;
            if (rest.length > LINE_LIMIT) incoming.destroy(new Error("an event is longer than 1 MiB"));
            for (const line of lines) if (line.trim() !== "") on.line(tolerant(line));
          });
          incoming.on("end", resolve).on("error", (error) => reject(explained(error, signal)));
          incoming.on("close", resolve);
          on.open();
        });
        outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy(new Error(`no answer within ${PATIENCE_MS / 1000} s`)));
        outgoing.on("error", (error) => reject(explained(error, signal)));
      });
    },
  };
}

async function read(incoming: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw new Error(`an answer is larger than ${limit >> 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(path: string, status: number, text: string): unknown {
  if (status !== 200) throw refusal(path, status, text);
  try {
    return JSON.parse(text);
  } catch {
    throw new EngineError(status, `its answer to ${pathname(path)} is no JSON; is it a Docker engine?`);
  }
}

function refusal(path: string, status: number, text: string): EngineError {
  const said = (tolerant(text) as { message?: unknown } | undefined)?.message;
  const reason = typeof said === "string" ? `: ${said.slice(0, 200)}` : "";
  const hint = status === 403 ? "; a socket proxy must allow containers and events" : "";
  return new EngineError(status, `it answers ${pathname(path)} with HTTP ${status}${reason}${hint}`);
}

function tolerant(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function explained(error: Error & { code?: string }, signal: AbortSignal): Error {
  if (signal.reason instanceof Error && signal.reason.name === "TimeoutError")
    return new Error(`no answer within ${PATIENCE_MS / 1000} s`);
  if (error.code === "EACCES")
    return new Error("the socket may not be opened (EACCES); add the gateway's user to the group that owns it");
  if (error.code === "ENOENT")
    return new Error("there is no such socket (ENOENT); mount it, or set providers.docker.endpoint");
  return error;
}

const pathname = (path: string): string => path.split("?")[0] as string;
