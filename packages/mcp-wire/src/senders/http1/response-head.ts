import type { AnswerHead } from "../http-sender.ts";

const CR = 0x0d;

/** What came is no HTTP/1.1 response (RFC 9112). The connection cannot be used any further. */
export class ResponseSyntaxError extends Error {
  override readonly name = "ResponseSyntaxError";
}

/** Status and headers of a response, and what they say of its body and its connection. */
export class ResponseHead implements AnswerHead {
  readonly status: number;
  /** How long the other side keeps an idle connection, in milliseconds, where it says so. */
  keepAliveMs: number | undefined;
  contentLength: number | undefined;
  isChunked = false;
  isKeptAlive: boolean;
  /** Status line and headers, each line with its end. */
  readonly #text: string;

  /** @throws ResponseSyntaxError */
  constructor(text: string) {
    this.#text = text;
    if (!/^HTTP\/1\.[01] [1-9]\d\d[ \r]/.test(text)) {
      throw new ResponseSyntaxError(
        `its answer begins with ${JSON.stringify(text.slice(0, 20))}, which is not HTTP/1.1`,
      );
    }
    this.status = Number(text.slice(9, 12));
    this.isKeptAlive = text.charCodeAt(7) === 0x31;
    let at = this.#lineEnd(0);
    while (at < text.length) {
      const end = this.#lineEnd(at);
      const colon = text.indexOf(":", at);
      if (colon <= at || colon >= end || isSpace(text.charCodeAt(at)) || isSpace(text.charCodeAt(colon - 1))) {
        throw new ResponseSyntaxError(
          `a header of its answer is malformed: ${JSON.stringify(text.slice(at, Math.min(end, at + 40)))}`,
        );
      }
      this.#note(at, colon, end);
      at = end;
    }
  }

  /** Value of a header by its lower-case name; several of that name joined (RFC 9110 §5.2). */
  header(name: string): string | undefined {
    const text = this.#text;
    let found: string | undefined;
    for (let at = this.#lineEnd(0); at < text.length;) {
      const end = this.#lineEnd(at);
      if (text.charCodeAt(at + name.length) === 0x3a && text.slice(at, at + name.length).toLowerCase() === name) {
        const value = text.slice(at + name.length + 1, end).trim();
        found = found === undefined ? value : `${found}, ${value}`;
      }
      at = end;
    }
    return found;
  }

  /** Where the next line begins. */
  #lineEnd(at: number): number {
    const end = this.#text.indexOf("\n", at);
    if (this.#text.charCodeAt(end - 1) !== CR) throw new ResponseSyntaxError("a line of its answer's head has no CRLF");
    return end + 1;
  }

  /** Takes what the headers say of the body's length and of the connection (RFC 9112 §6.3, §9.3). */
  #note(at: number, colon: number, end: number): void {
    const length = colon - at;
    // Most names are of another length than these, which is cheaper to see than they are to spell.
    if (length !== 14 && length !== 17 && length !== 10) return;
    const name = this.#text.slice(at, colon).toLowerCase();
    const value = this.#text.slice(colon + 1, end).trim();
    if (name === "content-length") {
      const size = /^\d{1,15}$/.test(value) ? Number(value) : undefined;
      if (size === undefined || (this.contentLength ?? size) !== size) {
        throw new ResponseSyntaxError(`its answer has the content-length ${JSON.stringify(value)}`);
      }
      this.contentLength = size;
    } else if (name === "transfer-encoding") {
      if (this.isChunked || value.toLowerCase() !== "chunked") {
        throw new ResponseSyntaxError(
          `its answer has the transfer-encoding ${JSON.stringify(value)}, we take only chunked`,
        );
      }
      this.isChunked = true;
    } else if (name === "connection") {
      if (/(^|[\s,])close($|[\s,])/i.test(value)) this.isKeptAlive = false;
      else if (/(^|[\s,])keep-alive($|[\s,])/i.test(value)) this.isKeptAlive = true;
    } else if (name === "keep-alive") {
      const seconds = /timeout\s*=\s*(\d{1,9})/i.exec(value)?.[1];
      if (seconds !== undefined) this.keepAliveMs = Number(seconds) * 1_000;
    }
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
