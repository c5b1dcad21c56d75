import type { AnswerFlow } from "../http/large-answer.ts";

/** One HTTP request to an upstream, relative to the origin the sender was made for. */
export interface SendRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query. */
  readonly path: string;
  /** Name and value in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
}

/** What an answer begins with. */
export interface AnswerHead {
  readonly status: number;
  /** Value of a header by its lower-case name; several of one name are joined (RFC 9110 §5.2). */
  header(name: string): string | undefined;
}

/** Takes an answer as it comes in: a head, any number of chunks, then the end; or an error at any point. */
export interface SendSink {
  /** @param flow holds up what follows; undefined where that cannot be done */
  onHead(head: AnswerHead, flow?: AnswerFlow): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  /**
   * @param error an UpstreamError stands for itself, anything else for a connection that failed
   * @param sent false where the upstream cannot have seen anything of the request
   */
  onError(error: Error, sent: boolean): void;
}

export interface SenderOptions {
  /** Most connections to the origin. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  /** For an https:// origin; certificates and keys as PEM. */
  readonly tls?: TlsOptions;
  /**
   * Looks at each address that the origin's name stands for when a connection is made, and says why it must not be used. An
   * origin that is an address itself is not looked at.
   */
  readonly refuseAddress?: (address: string) => string | undefined;
}

export interface TlsOptions {
  /** Trusted besides those everybody trusts. */
  readonly ca?: string;
  /** Our own certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** Name the origin's certificate is for, where that is not its host. */
  readonly serverName?: string;
  /** True: any certificate will do. */
  readonly insecure?: boolean;
}

/**
 * Sends HTTP requests to one origin. The seam between the wire and an HTTP library; a second implementation runs on a
 * `fetch` function, for tests without a port.
 */
export interface HttpSender {
  /** @returns how to abort it, after which the sink hears nothing more */
  send(request: SendRequest, sink: SendSink): () => void;
  /** Closes every connection; what is under way on one breaks, and its sink is told. */
  close(): Promise<void>;
}
