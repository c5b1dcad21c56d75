import { guardedLookup } from "../guarded-lookup.ts";
import type { HttpSender, SenderOptions, SendRequest, SendSink } from "../http-sender.ts";
import { type Address, Connection, type ConnectionOwner, type Exchange } from "./connection.ts";
import { requestHead } from "./request-head.ts";

/** An idle connection is given up after this long, in milliseconds: an upstream's own limit is commonly 5 s, and losing that race loses a call. */
const IDLE_MS = 4_000;

/** An upstream that says how long it keeps one is left so much earlier, and never later than this. */
const IDLE_MARGIN_MS = 1_000;
const MAX_IDLE_MS = 600_000;

/** A sender to an `http://` origin, over connections that are used again. Retries nothing and follows nothing by itself. */
export function http1Sender(origin: string, options: SenderOptions = {}): HttpSender {
  return new Http1Sender(new URL(origin), options);
}

class Http1Sender implements HttpSender, ConnectionOwner {
  readonly #host: string;
  readonly #address: Address;
  readonly #limit: number;
  readonly #connections = new Set<Connection>();
  /** The one used last is at the end, and is used next: so the rest grow old, and are given up. */
  readonly #idle: Connection[] = [];
  /** In the order they came; who sends sees to it that they are not too many (the gateway by an upstream's bulkhead). */
  readonly #waiting: Exchange[] = [];
  #connecting = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed: PromiseWithResolvers<void> | undefined;

  constructor({ host, hostname, port }: URL, options: SenderOptions) {
    this.#host = host;
    this.#limit = options.connections ?? 128;
    this.#address = {
      host: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
      port: port === "" ? 80 : Number(port),
      timeoutMs: options.connectTimeoutMs ?? 5_000,
      lookup: options.refuseAddress && guardedLookup(options.refuseAddress),
    };
  }

  send(request: SendRequest, sink: SendSink): () => void {
    let head: string;
    try {
      if (this.#closed !== undefined) throw new Error("the sender is closed");
      head = requestHead(request, this.#host);
    } catch (error) {
      sink.onError(error as Error, false);
      return () => undefined;
    }
    const exchange: Exchange = { head, body: request.body, sink, connection: undefined };
    const idle = this.#takeIdle();
    if (idle === undefined) {
      this.#waiting.push(exchange);
      this.#open();
    } else {
      idle.start(exchange);
    }
    return () => this.#abort(exchange);
  }

  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed.promise;
    this.#closed = Promise.withResolvers();
    clearTimeout(this.#timer);
    const error = new Error("the sender is closed");
    for (const exchange of this.#waiting.splice(0)) exchange.sink?.onError(error, false);
    for (const connection of this.#connections) connection.destroy(error);
    if (this.#connections.size === 0) this.#closed.resolve();
    return this.#closed.promise;
  }

  onIdle(connection: Connection, isNew: boolean): void {
    if (isNew) this.#connecting--;
    const next = this.#waiting.shift();
    if (next !== undefined) return connection.start(next);
    connection.idleSince = performance.now();
    this.#idle.push(connection);
    this.#timer ??= setTimeout(() => this.#sweep(), IDLE_MS).unref();
  }

  onRefused(connection: Connection, error: Error): void {
    this.#connecting--;
    this.#waiting.shift()?.sink?.onError(error, false);
    this.onClosed(connection);
  }

  onClosed(connection: Connection): void {
    this.#connections.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (this.#closed === undefined) this.#open();
    else if (this.#connections.size === 0) this.#closed.resolve();
  }

  #abort(exchange: Exchange): void {
    if (exchange.sink === undefined) return;
    exchange.sink = undefined;
    if (exchange.connection !== undefined) return exchange.connection.destroy();
    const at = this.#waiting.indexOf(exchange);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Opens a connection for each request that waits for one, as far as the limit goes. */
  #open(): void {
    while (this.#connecting < this.#waiting.length && this.#connections.size < this.#limit) {
      this.#connecting++;
      this.#connections.add(new Connection(this.#address, this));
    }
  }

  #takeIdle(): Connection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (!connection.isClosed && !isStale(connection, performance.now())) return connection;
      connection.destroy();
    }
    return undefined;
  }

  /** Gives up what has been idle for too long. */
  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#idle.filter((one) => isStale(one, now))) connection.destroy();
    this.#timer = this.#idle.length === 0 ? undefined : setTimeout(() => this.#sweep(), IDLE_MS).unref();
  }
}

/** How long a connection may be idle. An upstream that says how long it keeps one is left somewhat earlier. */
function isStale({ idleSince, keepAliveMs }: Connection, now: number): boolean {
  const limit = keepAliveMs === undefined ? IDLE_MS : Math.min(keepAliveMs - IDLE_MARGIN_MS, MAX_IDLE_MS);
  return now - idleSince >= limit;
}
