import { connect, type Socket, type LookupFunction } from "node:net";
import type { SendSink } from "../http-sender.ts";
import type { AnswerFlow } from "../../http/large-answer.ts";
import type { ResponseHead } from "./response-head.ts";
import { type ResponseEvents, ResponseReader } from "./response-reader.ts";

/** A request on its way, and who hears what becomes of it. */
export interface Exchange {
  readonly head: string;
  readonly body: Buffer | null;
  /** Undefined once it is over, or nobody wants to hear of it any more. */
  sink: SendSink | undefined;
  /** What it went out on. */
  connection: Connection | undefined;
}

/** Who a connection belongs to. */
export interface ConnectionOwner {
  /** It is open and has nothing to do: at first (`isNew`), and after each exchange. */
  onIdle(connection: Connection, isNew: boolean): void;
  /** It never opened. */
  onRefused(connection: Connection, error: Error): void;
  /** It is no more; `onIdle` is not called again. */
  onClosed(connection: Connection): void;
}

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly lookup: LookupFunction | undefined;
}

/** A request up to this size goes out in one piece with its head. */
const ONE_WRITE = 64 * 1024;

const TCP_KEEP_ALIVE_MS = 60_000;

/** What is read goes here first, on every connection: nothing of it is kept, and nothing else is read meanwhile. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** One connection to an origin, with one exchange at a time. */
export class Connection implements ResponseEvents, AnswerFlow {
  /** Since when it has been idle, on the owner's clock. */
  idleSince = 0;
  /** How long the other side said it keeps an idle connection, in milliseconds. */
  keepAliveMs: number | undefined;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #reader = new ResponseReader(this);
  #exchange: Exchange | undefined;
  #isOpen = false;
  #error: Error | undefined;

  constructor({ host, port, timeoutMs, lookup }: Address, owner: ConnectionOwner) {
    this.#owner = owner;
    const socket = connect({
      host,
      port,
      ...(lookup && { lookup }),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      onread: { buffer: READ_BUFFER, callback: (size) => this.#onRead(size) },
    });
    this.#socket = socket;
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error(`no connection within ${timeoutMs} ms`), { code: "ETIMEDOUT" }));
    }, timeoutMs);
    socket.on("connect", () => {
      clearTimeout(timer);
      this.#isOpen = true;
      owner.onIdle(this, true);
    });
    socket.on("error", (error) => (this.#error = error));
    socket.on("end", () => this.#onEnd());
    socket.on("close", () => {
      clearTimeout(timer);
      this.#onClose();
    });
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** Sends a request. Only where it is idle. */
  start(exchange: Exchange): void {
    this.#exchange = exchange;
    exchange.connection = this;
    const { head, body } = exchange;
    const socket = this.#socket;
    if (body === null || body.length === 0) {
      socket.write(head, "latin1");
    } else if (body.length <= ONE_WRITE) {
      // One string is one write; Latin-1 keeps every byte.
      socket.write(head + body.toString("latin1"), "latin1");
    } else {
      socket.cork();
      socket.write(head, "latin1");
      socket.write(body);
      socket.uncork();
    }
  }

  /** Breaks it off, and tells the one whose exchange it carries. */
  destroy(error?: Error): void {
    this.#socket.destroy(error);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  onHead(head: ResponseHead): void {
    this.keepAliveMs = head.keepAliveMs;
    this.#exchange?.sink?.onHead(head, this);
  }

  onBody(chunk: Buffer): void {
    this.#exchange?.sink?.onData(chunk);
  }

  onEnd(isReusable: boolean): void {
    const sink = this.#release();
    // An answer that came before its request was out leaves the rest of that on the way.
    if (isReusable && !this.isClosed && this.#socket.writableLength === 0) this.#owner.onIdle(this, false);
    else this.#socket.destroy();
    sink?.onEnd();
  }

  #onRead(size: number): boolean {
    if (this.#exchange === undefined) {
      this.#socket.destroy();
      return true;
    }
    try {
      this.#reader.push(READ_BUFFER.subarray(0, size));
    } catch (error) {
      this.#socket.destroy(error as Error);
    }
    return true;
  }

  #onEnd(): void {
    if (this.#exchange !== undefined) this.#reader.close();
    this.#socket.destroy();
  }

  #onClose(): void {
    if (!this.#isOpen) return this.#owner.onRefused(this, this.#error ?? new Error("the connection was closed"));
    const sink = this.#release();
    this.#owner.onClosed(this);
    sink?.onError(this.#error ?? new Error("the other side closed the connection"), true);
  }

  #release(): SendSink | undefined {
    const exchange = this.#exchange;
    if (exchange === undefined) return undefined;
    this.#exchange = undefined;
    const { sink } = exchange;
    exchange.sink = undefined;
    exchange.connection = undefined;
    return sink;
  }
}
