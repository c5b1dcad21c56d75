import { lookup as systemLookup, type LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
import Pool from "undici/lib/dispatcher/pool.js";
import type { HttpSender, SendRequest, SendSink } from "./http-sender.ts";

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

/** A sender over undici's dispatch, which costs a third of `fetch`. Retries nothing and follows nothing by itself. */
export function undiciSender(origin: string, options: SenderOptions = {}): HttpSender {
  const pool = new Pool(origin, {
    connections: options.connections ?? 128,
    connect: {
      timeout: options.connectTimeoutMs ?? 5_000,
      ...tlsOptions(options.tls),
      ...(options.refuseAddress && { lookup: guardedLookup(options.refuseAddress) }),
    },
    allowH2: false,
    // Deadlines are the caller's; an upstream's own idle limit is commonly 5 s, and losing that race loses a call.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4_000,
  });
  return {
    send(request, sink) {
      const handler = new Handler(sink);
      pool.dispatch(dispatchOptions(request), handler);
      return () => handler.abort();
    },
    close: () => pool.destroy(),
  };
}

function tlsOptions({ ca, cert, key, serverName, insecure }: TlsOptions = {}) {
  return {
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
    ...(cert !== undefined && { cert, key }),
    ...(serverName !== undefined && { servername: serverName }),
    ...(insecure === true && { rejectUnauthorized: false }),
  };
}

function guardedLookup(refuse: (address: string) => string | undefined): LookupFunction {
  return (hostname, options, callback) => {
    systemLookup(hostname, options, (error, found: string | LookupAddress[], family) => {
      if (error !== null) return callback(error, found, family);
      for (const address of Array.isArray(found) ? found.map((one) => one.address) : [found]) {
        const reason = refuse(address);
        if (reason !== undefined) return callback(new Error(`${hostname} is ${address}, which ${reason}`), "");
      }
      callback(null, found, family);
    });
  };
}

function dispatchOptions({ method, path, headers, body }: SendRequest): Dispatcher.DispatchOptions {
  return { method, path, headers: headers as string[], body };
}

/** Hears nothing: stands in for a sink whose request is over. */
const DONE: SendSink = {
  onHead: () => undefined,
  onData: () => undefined,
  onEnd: () => undefined,
  onError: () => undefined,
};

/**
 * A connection keeps the handler of its last request until the next one, which may be a long time; so ours lets go of the
 * sink, and with it of all that belongs to the call, as soon as it is over.
 */
class Handler implements Dispatcher.DispatchHandler {
  #sink: SendSink;
  #controller: Dispatcher.DispatchController | undefined;
  #sent = false;

  constructor(sink: SendSink) {
    this.#sink = sink;
  }

  abort(): void {
    const controller = this.#controller;
    this.#finish();
    controller?.abort(new Error("aborted"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#sink === DONE) return controller.abort(new Error("aborted"));
    this.#controller = controller;
    this.#sent = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    };
    this.#sink.onHead(status, header, controller);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sink.onData(chunk);
  }

  onResponseEnd(): void {
    this.#finish().onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const sent = this.#sent;
    this.#finish().onError(error, sent);
  }

  #finish(): SendSink {
    const sink = this.#sink;
    this.#sink = DONE;
    this.#controller = undefined;
    return sink;
  }
}
