import { ResponseHead, ResponseSyntaxError } from "./response-head.ts";

/** Most bytes of a response's head, of one line of a chunked body, and of the trailers behind that. */
const HEAD_LIMIT = 64 * 1024;
const LINE_LIMIT = 4 * 1024;
const TRAILER_LIMIT = 16 * 1024;

const LF = 0x0a;
const HEAD_END = "\r\n\r\n";

/** Hears what a reader makes of the bytes. */
export interface ResponseEvents {
  onHead(head: ResponseHead): void;
  /** A part of the body, which is the listener's to keep. */
  onBody(chunk: Buffer): void;
  /** @param isReusable whether a further response may follow on the connection */
  onEnd(isReusable: boolean): void;
}

/** What comes next. */
type State = "head" | "body" | "body-until-close" | "chunk-size" | "chunk" | "chunk-end" | "trailers";

/** Reads the responses on one connection, one after the other, as their bytes come in (RFC 9112, the client's side). */
export class ResponseReader {
  readonly #events: ResponseEvents;
  #state: State = "head";
  /** What there is so far of a head. */
  #partial: Buffer | undefined;
  /** What there is so far of a line of a chunked body. */
  #line = "";
  /** Bytes that are still to come of the body, or of the chunk. */
  #left = 0;
  #trailers = 0;
  #isKeptAlive = false;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /**
   * Takes what came. The bytes are not kept: they may be overwritten afterwards.
   *
   * @throws ResponseSyntaxError
   */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "head") at = this.#takeHead(bytes, at);
      else if (this.#state === "body" || this.#state === "chunk") at = this.#takeBody(bytes, at, this.#left);
      else if (this.#state === "body-until-close") at = this.#takeBody(bytes, at, Infinity);
      else at = this.#takeLine(bytes, at);
    }
  }

  /** The other side sends nothing more; true where that is how the body ends. */
  close(): boolean {
    if (this.#state !== "body-until-close") return false;
    this.#end(false);
    return true;
  }

  #takeHead(bytes: Buffer, from: number): number {
    const before = this.#partial;
    const all = before === undefined ? bytes : Buffer.concat([before, bytes.subarray(from)]);
    const start = before === undefined ? from : 0;
    // The end of the head may be spread over two reads.
    const end = all.indexOf(HEAD_END, before === undefined ? start : Math.max(0, before.length - 3), "latin1");
    if ((end === -1 ? all.length : end) - start > HEAD_LIMIT) {
      throw new ResponseSyntaxError(`the head of its answer is larger than ${HEAD_LIMIT} bytes`);
    }
    if (end === -1) {
      this.#partial = before === undefined ? Buffer.from(all.subarray(start)) : all;
      return bytes.length;
    }
    this.#partial = undefined;
    const next = bytes.length - (all.length - (end + HEAD_END.length));
    this.#begin(new ResponseHead(all.toString("latin1", start, end + 2)), next === bytes.length);
    return next;
  }

  #begin(head: ResponseHead, isAll: boolean): void {
    const { status, contentLength } = head;
    if (status === 101) throw new ResponseSyntaxError("it changes the protocol (HTTP 101), which nobody asked for");
    // What is said before the answer (RFC 9110 §15.2).
    if (status < 200) return;
    this.#isKeptAlive = head.isKeptAlive;
    this.#events.onHead(head);
    if (status === 204 || status === 304) return this.#end(isAll);
    if (head.isChunked) {
      // Where both say how long the body is, somebody on the way may have believed the other one (RFC 9112 §6.3).
      if (contentLength !== undefined) this.#isKeptAlive = false;
      this.#state = "chunk-size";
    } else if (contentLength === undefined) {
      this.#state = "body-until-close";
    } else if (contentLength === 0) {
      this.#end(isAll);
    } else {
      this.#left = contentLength;
      this.#state = "body";
    }
  }

  #takeBody(bytes: Buffer, from: number, left: number): number {
    const size = Math.min(bytes.length - from, left);
    const chunk = Buffer.allocUnsafe(size);
    bytes.copy(chunk, 0, from, from + size);
    this.#events.onBody(chunk);
    this.#left = left - size;
    if (this.#left === 0) {
      if (this.#state === "chunk") this.#state = "chunk-end";
      else this.#end(from + size === bytes.length);
    }
    return from + size;
  }

  #takeLine(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(LF, from);
    const next = end === -1 ? bytes.length : end + 1;
    this.#line += bytes.toString("latin1", from, next);
    if (this.#line.length > LINE_LIMIT) throw malformed(this.#line);
    if (end !== -1) {
      const line = this.#line;
      this.#line = "";
      this.#onLine(line, next === bytes.length);
    }
    return next;
  }

  /** A line of a chunked body (RFC 9112 §7.1); extensions and trailers say nothing to us. */
  #onLine(line: string, isAll: boolean): void {
    if (!line.endsWith("\r\n")) throw malformed(line);
    if (this.#state === "chunk-end") {
      if (line !== "\r\n") throw malformed(line);
      this.#state = "chunk-size";
    } else if (this.#state === "chunk-size") {
      const size = /^([0-9a-f]{1,13})[ \t]*(;|\r)/i.exec(line)?.[1];
      if (size === undefined) throw malformed(line);
      this.#left = Number.parseInt(size, 16);
      this.#trailers = 0;
      this.#state = this.#left === 0 ? "trailers" : "chunk";
    } else {
      this.#trailers += line.length;
      if (this.#trailers > TRAILER_LIMIT) throw malformed(line);
      if (line === "\r\n") this.#end(isAll);
    }
  }

  /** @param isAll false where something follows that nobody asked for */
  #end(isAll: boolean): void {
    this.#state = "head";
    this.#events.onEnd(isAll && this.#isKeptAlive);
  }
}

function malformed(line: string): ResponseSyntaxError {
  return new ResponseSyntaxError(`its answer's chunks are malformed: ${JSON.stringify(line.slice(0, 40))}`);
}
