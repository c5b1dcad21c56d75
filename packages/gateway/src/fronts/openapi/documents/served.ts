import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { HttpReply, HttpRequest } from "@shardgate/mcp-wire";

const compressors = {
  br: (body: Buffer) =>
    promisify(brotliCompress)(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
    }),
  gzip: (body: Buffer) => promisify(gzip)(body),
} as const;
type Coding = keyof typeof compressors;

/** Below this many bytes compressing saves no packet. */
const WORTH_IT = 1024;

/**
 * One document in memory, ready to be sent. It is compressed once, beside the requests: until that is done it goes out as
 * it is, so that nobody waits.
 */
export class Served {
  readonly body: Buffer;
  readonly #type: string;
  readonly #etag: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #compressed: Partial<Record<Coding, Buffer>> = {};
  readonly #asked = new Set<Coding>();

  constructor(body: Buffer, type: string, headers: Readonly<Record<string, string>> = { "Cache-Control": "no-cache" }) {
    this.body = body;
    this.#type = type;
    this.#headers = headers;
    this.#etag = createHash("sha256").update(body).digest("base64url").slice(0, 22);
  }

  /** Answers a GET or HEAD, with 304 where the reader has it already (RFC 9110 §13.1.2). */
  send(request: HttpRequest, reply: HttpReply, more: Readonly<Record<string, string>>): void {
    const coding = this.#coding(request.header("accept-encoding") ?? "");
    const etag = `"${this.#etag}${coding === undefined ? "" : `-${coding}`}"`;
    const vary = more["Vary"] === undefined ? "Accept-Encoding" : `${more["Vary"]}, Accept-Encoding`;
    const headers = { ...more, ...this.#headers, ETag: etag, Vary: vary };
    if (isKnown(request.header("if-none-match"), this.#etag)) return reply.send(304, headers);
    const encoding = coding === undefined ? undefined : { "Content-Encoding": coding };
    const body = coding === undefined ? this.body : this.#compressed[coding];
    reply.send(200, { ...headers, "Content-Type": this.#type, ...encoding }, body);
  }

  /** Begins to compress, so that the first reader who can take it gets it so. */
  prepare(): void {
    this.#compress("gzip");
    this.#compress("br");
  }

  /** The best coding that the reader takes and that is ready (RFC 9110 §12.5.3). */
  #coding(accepted: string): Coding | undefined {
    for (const coding of ["br", "gzip"] as const) {
      if (!new RegExp(`(^|[, ])${coding}(?! *; *q=0(\\.0*)?(,| |$))`, "i").test(accepted)) continue;
      if (this.#compressed[coding] !== undefined) return coding;
      this.#compress(coding);
    }
    return undefined;
  }

  #compress(coding: Coding): void {
    if (this.body.length < WORTH_IT || this.#asked.has(coding)) return;
    this.#asked.add(coding);
    // Where it cannot be compressed, it goes out as it is.
    compressors[coding](this.body).then(
      (body) => (this.#compressed[coding] = body),
      () => undefined,
    );
  }
}

/** Whether the reader has this document, in whatever coding. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((one) => {
    const known = one.trim().replace(/^W\//, "").replace(/^"|"$/g, "");
    return known === etag || known === `${etag}-gzip` || known === `${etag}-br`;
  });
}
