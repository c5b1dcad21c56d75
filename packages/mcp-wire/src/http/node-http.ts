import type { IncomingMessage, ServerResponse } from "node:http";
import { type HttpReply, type HttpRequest, type HttpStream, STREAM_BACKLOG, STREAM_STALL_MS } from "./http-exchange.ts";
import { bodyBrokeOff, bodyTooLarge } from "./http-errors.ts";

/** The wire's view of a request of `node:http`. */
export function nodeRequest(incoming: IncomingMessage): HttpRequest {
  return {
    method: incoming.method ?? "GET",
    header(name) {
      const value = incoming.headers[name];
      return typeof value === "string" ? value : value?.join(", ");
    },
    headersWith(prefix) {
      const found: string[] = [];
      const raw = incoming.rawHeaders;
      for (let index = 0; index < raw.length; index += 2) {
        const name = raw[index] as string;
        if (name.length >= prefix.length && name.slice(0, prefix.length).toLowerCase() === prefix) {
          found.push(name, raw[index + 1] as string);
        }
      }
      return found;
    },
    body: (limit) => readBody(incoming, limit),
  };
}

function readBody(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    let size = 0;
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) first = more = undefined;
      else if (first === undefined) first = chunk;
      else (more ??= [first]).push(chunk);
    });
    incoming.on("end", () => {
      // Only now, within the server's time for a request: a client that is cut off while it sends never sees the answer.
      if (size > limit) reject(bodyTooLarge(limit));
      else resolve(more === undefined ? (first ?? EMPTY) : Buffer.concat(more));
    });
    incoming.on("error", () => reject(bodyBrokeOff()));
  });
}

const EMPTY = Buffer.alloc(0);

/** The wire's view of a response of `node:http`. */
export function nodeReply(outgoing: ServerResponse): HttpReply {
  return {
    send(status, headers, body = EMPTY) {
      const head: string[] = ["Content-Length", String(body.length)];
      for (const name in headers) head.push(name, headers[name] as string);
      outgoing.writeHead(status, head);
      outgoing.end(body);
    },
    stream(status, headers) {
      outgoing.writeHead(status, headers);
      outgoing.flushHeaders();
      return nodeStream(outgoing);
    },
    onGone(listener) {
      outgoing.once("close", () => {
        if (!outgoing.writableFinished) listener();
      });
    },
  };
}

function nodeStream(outgoing: ServerResponse): HttpStream {
  let stalledSince: number | undefined;
  const isStalled = (): boolean => {
    if (outgoing.writableLength === 0) stalledSince = undefined;
    else stalledSince ??= performance.now();
    if (outgoing.writableLength > STREAM_BACKLOG) return true;
    return stalledSince !== undefined && performance.now() - stalledSince > STREAM_STALL_MS;
  };
  return {
    write(chunk) {
      if (isStalled()) outgoing.destroy();
      else outgoing.write(chunk);
    },
    end(chunk) {
      if (chunk === undefined) outgoing.end();
      else outgoing.end(chunk);
    },
  };
}
