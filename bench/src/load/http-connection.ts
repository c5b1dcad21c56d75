// The cheapest HTTP client there is: one keep-alive socket, one request at a time, whole answers. It takes as little of the shared
// processor as it can, so that the figures are those of the server under test.
import { connect } from "node:net";

/** One HTTP answer; `head` and `body` are latin1, good enough to search in. */
export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export interface HttpConnection {
  /** Where its requests have to go; where they like, unless said. */
  readonly path?: string;
  /** Sends one request; `onAnswer` gets its answer, or an Error when the connection broke before it was whole. */
  exchange(request: Uint8Array, onAnswer: (answer: Answer | Error) => void): void;
  close(): void;
}

const headEnd = "\r\n\r\n";

/** Opens a connection to a port of this machine. */
export function openConnection(port: number): Promise<HttpConnection> {
  return new Promise((done, fail) => {
    let waiting: ((answer: Answer | Error) => void) | undefined;
    let pending: Buffer | undefined;
    const settle = (answer: Answer | Error): void => {
      const onAnswer = waiting;
      waiting = undefined;
      onAnswer?.(answer);
    };
    const socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(64 * 1024),
        callback: (length, shared) => {
          const chunk = (shared as Buffer).subarray(0, length);
          const bytes = pending ? Buffer.concat([pending, chunk]) : chunk;
          const answer = parseSafely(bytes);
          // The shared buffer is overwritten by the next read.
          pending = answer ? undefined : Buffer.from(bytes);
          if (answer) settle(answer);
          if (answer instanceof Error) socket.destroy();
          return true;
        },
      },
    });
    socket.once("connect", () => {
      done({
        exchange: (request, onAnswer) => {
          waiting = onAnswer;
          socket.write(request);
        },
        close: () => socket.destroy(),
      });
    });
    socket.on("error", (error) => {
      fail(error);
      settle(error);
    });
    socket.on("close", () => settle(new Error("the connection was closed before the answer was whole")));
  });
}

function parseSafely(bytes: Buffer): Answer | Error | undefined {
  try {
    return parseAnswer(bytes);
  } catch (error) {
    return error as Error;
  }
}

/** Reads one answer from the start of the bytes; undefined when it is not whole yet. Throws on what is no HTTP. */
export function parseAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf(headEnd);
  if (end === -1) return undefined;
  const head = bytes.toString("latin1", 0, end + 2);
  const status = Number(head.slice(9, 12));
  const start = end + headEnd.length;
  if (status === 204 || status === 304) return { status, head, body: "" };
  const length = headerOf(head, "content-length");
  if (length !== undefined) {
    const stop = start + Number(length);
    return bytes.length < stop ? undefined : { status, head, body: bytes.toString("latin1", start, stop) };
  }
  if (headerOf(head, "transfer-encoding") !== "chunked") throw new Error(`an answer without a length:\n${head}`);
  const body = parseChunks(bytes, start);
  return body === undefined ? undefined : { status, head, body };
}

/** The value of a header in a head as `parseAnswer` gives it. */
export function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`\r\n${name}: *([^\r]*)\r\n`, "i").exec(head)?.[1];
}

function parseChunks(bytes: Buffer, start: number): string | undefined {
  let body = "";
  for (let at = start; ;) {
    const line = bytes.indexOf("\r\n", at);
    if (line === -1) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, line), 16);
    const stop = line + 2 + size + 2;
    if (bytes.length < stop) return undefined;
    if (size === 0) return body;
    body += bytes.toString("latin1", line + 2, stop - 2);
    at = stop;
  }
}
