import type { IncomingMessage, ServerResponse } from "node:http";
import { type HttpReply, type HttpRequest, type HttpStream, STREAM_BACKLOG, STREAM_STALL_MS } from "./http-exchange.ts";
import { bodyBrokeOff, bodyTooLarge } from "./http-errors.ts";

/** The wire's view of a request of `node:http`. */
export class NodeRequest implements HttpRequest {
  readonly #incoming: IncomingMessage;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
  }

  get method(): string {
    return this.#incoming.method ?? "GET";
  }

  get url(): string {
    return this.#incoming.url ?? "/";
  }

  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  headersWith(prefix: string): readonly string[] {
    const raw = this.#incoming.rawHeaders;
    // All of them, as each call looks at them: they have this form already.
    if (prefix === "") return raw;
    const found: string[] = [];
    const first = prefix.charCodeAt(0);
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index] as string;
      // Most names differ in their first letter, which is cheaper to see than a part of them is to cut out.
      if ((name.charCodeAt(0) | 0x20) !== first || name.length <= prefix.length) continue;
      if (name.slice(0, prefix.length).toLowerCase() === prefix) {
        found.push(name, raw[index + 1] as string);
      }
    }
    return found;
  }

  body(limit: number): Promise<Buffer> {
    return readBody(this.#incoming, limit);
  }
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

/** A body up to this size goes out in one piece with its head. */
const ONE_WRITE = 64 * 1024;

/** The wire's view of a response of `node:http`. */
export class NodeReply implements HttpReply {
  readonly #outgoing: ServerResponse;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
  }

  send(status: number, headers: Readonly<Record<string, string>>, body: Buffer = EMPTY): void {
    // RFC 9110 §8.6: a 204 has no Content-Length.
    const head = status === 204 ? [] : ["Content-Length", String(body.length)];
    for (const name in headers) head.push(name, headers[name] as string);
    this.#outgoing.writeHead(status, head);
    // Node joins head and body into one write only where the body is a string; Latin-1 keeps every byte.
    if (body.length <= ONE_WRITE) this.#outgoing.end(body.toString("latin1"), "latin1");
    else this.#outgoing.end(body);
  }

  stream(status: number, headers: Readonly<Record<string, string>>): HttpStream {
    this.#outgoing.writeHead(status, headers);
    this.#outgoing.flushHeaders();
    return nodeStream(this.#outgoing);
  }

  onGone(listener: () => void): void {
    const outgoing = this.#outgoing;
    // It comes once; `once` would make a function for that and take it off again.
    outgoing.on("close", () => {
      if (!outgoing.writableFinished) listener();
    });
  }
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
    flow: {
      write: (chunk) => void outgoing.write(chunk),
      get isFull() {
        return outgoing.writableNeedDrain;
      },
      get isGone() {
        return outgoing.destroyed;
      },
      onDrain(listener) {
        const once = (): void => {
          outgoing.off("drain", once);
          outgoing.off("close", once);
          listener();
        };
        outgoing.on("drain", once);
        outgoing.on("close", once);
      },
      destroy: () => void outgoing.destroy(),
    },
  };
}
