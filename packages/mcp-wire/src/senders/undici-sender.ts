import { rootCertificates } from "node:tls";
import type { Dispatcher, Pool } from "undici";
import { guardedLookup } from "./guarded-lookup.ts";
import type { HttpSender, SenderOptions, SendRequest, SendSink, TlsOptions } from "./http-sender.ts";

/** A sender over undici's dispatch, which costs a third of `fetch`. Retries nothing and follows nothing by itself. */
export function undiciSender(origin: string, options: SenderOptions = {}): HttpSender {
  // Loaded when it is needed: a house without an upstream beyond it never pays the memory.
  let opened: Promise<Pool> | undefined;
  return {
    send(request, sink) {
      const handler = new Handler(sink);
      opened ??= openPool(origin, options);
      opened
        .then((pool) => pool.dispatch(dispatchOptions(request), handler))
        .catch((error: Error) => handler.fail(error));
      return () => handler.abort();
    },
    close: async () => (await opened)?.destroy(),
  };
}

async function openPool(origin: string, options: SenderOptions): Promise<Pool> {
  const { default: Pool } = await import("undici/lib/dispatcher/pool.js");
  return new Pool(origin, {
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
}

function tlsOptions({ ca, cert, key, serverName, insecure }: TlsOptions = {}) {
  return {
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
    ...(cert !== undefined && { cert, key }),
    ...(serverName !== undefined && { servername: serverName }),
    ...(insecure === true && { rejectUnauthorized: false }),
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
    this.#sink.onHead({ status, header }, controller);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#sink.onData(chunk);
  }

  onResponseEnd(): void {
    this.#finish().onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  fail(error: Error): void {
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
