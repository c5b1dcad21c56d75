import { type Cancellation, type HttpSender, UpstreamError } from "@shardgate/mcp-wire";

/** Largest document a shard may answer with, in bytes: a manifest of ten thousand tools fits. */
const LIMIT = 8 * 1024 * 1024;

export interface JsonAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  /** Undefined where the body is empty or no JSON. */
  readonly body: unknown;
}

/** GETs a JSON document. @throws UpstreamError when there is no answer, or too much of one */
export function getJson(
  sender: HttpSender,
  path: string,
  headers: Readonly<Record<string, string>>,
  cancellation: Cancellation,
  ifNoneMatch: string | undefined,
): Promise<JsonAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let etag: string | undefined;
    let settled = false;
    const finish = (settle: () => void): void => {
      if (settled) return;
      settled = true;
      settle();
    };
    const fail = (error: UpstreamError): void => {
      finish(() => {
        abort();
        reject(error);
      });
    };
    const own = Object.entries(headers).flat();
    const conditional = ifNoneMatch === undefined ? [] : ["If-None-Match", ifNoneMatch];
    const request = {
      method: "GET",
      path,
      headers: ["Accept", "application/json", ...own, ...conditional],
      body: null,
    } as const;
    const abort = sender.send(request, {
      onHead(head) {
        status = head.status;
        etag = head.header("etag");
      },
      onData(chunk) {
        size += chunk.length;
        if (size > LIMIT)
          fail(new UpstreamError("too-large", `its ${path} is larger than ${LIMIT} bytes`, { sent: true }));
        else chunks.push(chunk);
      },
      onEnd: () => finish(() => resolve({ status, etag, body: parse(Buffer.concat(chunks)) })),
      onError(error, sent) {
        const reason = (error as { code?: string }).code ?? error.message;
        fail(new UpstreamError("unavailable", `it cannot be reached (${reason})`, { sent, cause: error }));
      },
    });
    cancellation.onCancel((reason) => fail(new UpstreamError("cancelled", reason.message, { sent: true })));
  });
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
