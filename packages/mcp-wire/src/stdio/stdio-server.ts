import { encodeHeaderValue } from "../classify.ts";
import { Header } from "../eras.ts";
import { memberOf } from "../json/edit.ts";
import { Message } from "../message.ts";
import { isBatch } from "../message-batch.ts";
import { SseParser } from "../sse/sse-parser.ts";
import { RpcCode, WireError } from "../wire-error.ts";
import { LineFramer } from "./line-framer.ts";
import { LINE_LIMIT } from "./pipe-link.ts";

export interface StdioServerOptions {
  /** Answers a request of streamable HTTP. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Address of the MCP endpoint. */
  readonly url: URL;
  /** Headers of every request, such as credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Writes one line, its end included. */
  readonly write: (line: Buffer) => void;
}

/**
 * Speaks MCP over lines (basic/transports, "stdio") for one downstream of either era, on behalf of a server of streamable
 * HTTP: in this process or anywhere. A session that the server forgot is opened anew with the client's own `initialize`.
 */
export class StdioServer {
  readonly #options: StdioServerOptions;
  readonly #framer: LineFramer;
  /** Modern requests under way, by the spelling of their id: there, to cancel is to close. */
  readonly #open = new Map<string, AbortController>();
  readonly #ended = new AbortController();
  #initialize: Message | undefined;
  #session: { readonly id: string | undefined; readonly version: string } | undefined;
  /** What was posted before and has to be over first: a handshake. */
  #handshake: Promise<unknown> = Promise.resolve();

  constructor(options: StdioServerOptions) {
    this.#options = options;
    this.#framer = new LineFramer(LINE_LIMIT, {
      onLine: (line) => void this.#onLine(line),
      onOversize: () => this.#fail(undefined, RpcCode.invalidRequest, `A line may have ${LINE_LIMIT} bytes`),
    });
  }

  /** Takes what the client wrote. */
  push(chunk: Buffer): void {
    this.#framer.push(chunk);
  }

  /** The client is gone: ends its session and what is under way. */
  async end(): Promise<void> {
    this.#ended.abort();
    const { id } = this.#session ?? {};
    if (id === undefined) return;
    const { fetch, url, headers = {} } = this.#options;
    const request = new Request(url, { method: "DELETE", headers: { ...headers, [Header.session]: id } });
    // It would be dropped in a while by itself.
    await fetch(request).catch(() => undefined);
  }

  async #onLine(line: Buffer): Promise<void> {
    let message: Message | undefined;
    try {
      if (!isBatch(line)) message = Message.parse(line);
      await this.#take(line, message);
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      const code = error instanceof WireError ? error.code : -31010;
      const why =
        error instanceof WireError ? error.message : `The gateway cannot be reached: ${reasonOf(error as Error)}`;
      if (message === undefined || message.isRequest) this.#fail(message?.id, code, why);
    }
  }

  async #take(line: Buffer, message: Message | undefined): Promise<void> {
    if (message?.method === "notifications/cancelled") {
      const id = message.paramsBytes && memberOf(message.paramsBytes, "requestId")?.toString();
      const open = id === undefined ? undefined : this.#open.get(id);
      if (open !== undefined) return open.abort();
    }
    if (message?.method === "initialize" && message.isRequest) {
      this.#initialize = message;
      this.#session = undefined;
      const opening = this.#shakeHands(message, true);
      this.#handshake = opening.catch(() => undefined);
      return await opening;
    }
    // At once, so that a cancellation that comes right behind finds it.
    const envelope = modernEnvelope(message);
    if (envelope !== undefined) return await this.#exchange(line, message as Message, envelope);
    await this.#handshake;
    const response = await this.#post(line, this.#sessionHeaders());
    if (response.status !== 404 || this.#session?.id === undefined || this.#initialize === undefined) {
      return await this.#deliver(response, message);
    }
    // It forgot the session, so it did not run the request.
    const lost = this.#session.id;
    this.#handshake = this.#handshake.then(() =>
      this.#session?.id === lost ? this.#shakeHands(this.#initialize as Message, false) : undefined,
    );
    await this.#handshake;
    await this.#deliver(await this.#post(line, this.#sessionHeaders()), message);
  }

  /** @param isShown whether the client waits for the answer */
  async #shakeHands(initialize: Message, isShown: boolean): Promise<void> {
    const response = await this.#post(initialize.bytes, {});
    const id = response.headers.get(Header.session) ?? undefined;
    const body = Buffer.from(await response.arrayBuffer());
    const answer = messageIn(body);
    const version = answer && !answer.isError ? memberOf(answer.outcome, "protocolVersion")?.toString() : undefined;
    if (version !== undefined) this.#session = { id, version: JSON.parse(version) as string };
    if (isShown) this.#write(answer ?? this.#refusal(initialize.id, response.status, body));
    else
      await this.#post(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'), this.#sessionHeaders());
    if (id !== undefined) void this.#listen().catch(() => undefined);
  }

  /** What the server says outside of requests. */
  async #listen(): Promise<void> {
    const { fetch, url, headers = {} } = this.#options;
    const own = { ...headers, ...this.#sessionHeaders(), Accept: "text/event-stream" };
    const response = await fetch(new Request(url, { headers: own, signal: this.#ended.signal }));
    if (response.status === 200) await this.#deliver(response, undefined);
  }

  /** A modern request, which has no session. */
  async #exchange(line: Buffer, message: Message, headers: Record<string, string>): Promise<void> {
    const id = message.id as string;
    const abort = new AbortController();
    this.#open.set(id, abort);
    try {
      await this.#deliver(await this.#post(line, headers, abort.signal), message);
    } catch (error) {
      // Who cancelled waits for nothing.
      if (!abort.signal.aborted) throw error;
    } finally {
      if (this.#open.get(id) === abort) this.#open.delete(id);
    }
  }

  #sessionHeaders(): Record<string, string> {
    if (this.#session === undefined) return {};
    const { id, version } = this.#session;
    return { "MCP-Protocol-Version": version, ...(id !== undefined && { "Mcp-Session-Id": id }) };
  }

  async #post(body: Buffer, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    const { fetch, url, headers: configured = {} } = this.#options;
    const types = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
    const signals = AbortSignal.any([this.#ended.signal, ...(signal === undefined ? [] : [signal])]);
    const init = { method: "POST", headers: { ...types, ...configured, ...headers }, signal: signals };
    return await fetch(new Request(url, { ...init, body: new Uint8Array(body) }));
  }

  async #deliver(response: Response, request: Message | undefined): Promise<void> {
    if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) {
      const body = Buffer.from(await response.arrayBuffer());
      const message = messageIn(body);
      if (message !== undefined) this.#write(message);
      else if (isBatch(body)) this.#writeLine(body);
      else if (request?.isRequest === true) this.#write(this.#refusal(request.id, response.status, body));
      return;
    }
    const parser = new SseParser(LINE_LIMIT, ({ data }) => {
      if (data.length > 0) this.#writeLine(data);
    });
    for await (const chunk of response.body ?? []) parser.push(Buffer.from(chunk));
  }

  /** What a server says that answers with no message of ours. */
  #refusal(id: string | undefined, status: number, body: Buffer): Message {
    const said = body.toString("utf8", 0, 300).trim();
    return Message.error(id, { code: -31010, message: `The gateway answered with HTTP ${status}: ${said}` });
  }

  #fail(id: string | undefined, code: number, message: string): void {
    this.#write(Message.error(id, { code, message }));
  }

  #write(message: Message): void {
    this.#writeLine(message.bytes);
  }

  #writeLine(bytes: Buffer): void {
    const line = bytes.includes(0x0a) || bytes.includes(0x0d) ? Buffer.from(bytes.map(asSpace)) : bytes;
    this.#options.write(Buffer.concat([line, LINE_END]));
  }
}

const LINE_END = Buffer.from("\n");

/** JSON has line ends between its tokens only. */
const asSpace = (byte: number): number => (byte === 0x0a || byte === 0x0d ? 0x20 : byte);

/** The headers that mirror a modern request (SEP-2243); undefined for anything else. */
function modernEnvelope(message: Message | undefined): Record<string, string> | undefined {
  if (message?.isRequest !== true) return undefined;
  const version = message.namedVersion;
  if (typeof version !== "string") return undefined;
  const name = message.method === "resources/read" ? message.uri : message.name;
  return {
    "MCP-Protocol-Version": version,
    "Mcp-Method": message.method,
    ...(name !== undefined && { "Mcp-Name": encodeHeaderValue(name) }),
  };
}

function messageIn(body: Buffer): Message | undefined {
  try {
    return isBatch(body) ? undefined : Message.parse(trimmed(body));
  } catch {
    return undefined;
  }
}

/** Without the white space that keeps a slow answer's connection open. */
function trimmed(body: Buffer): Buffer {
  let start = 0;
  while (body[start] === 0x20 || body[start] === 0x0a) start++;
  return body.subarray(start);
}

function reasonOf(error: Error): string {
  const cause = error.cause as { code?: unknown } | undefined;
  return typeof cause?.code === "string" ? cause.code : error.message;
}
