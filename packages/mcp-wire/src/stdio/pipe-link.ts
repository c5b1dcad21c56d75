import type { Cancellation } from "../cancellation.ts";
import { MetaKey } from "../eras.ts";
import { memberOf, replaceMember } from "../json/edit.ts";
import type { Answer, Envelope, Link, PostOptions } from "../link.ts";
import { Message } from "../message.ts";
import { isBatch, parseBatch } from "../message-batch.ts";
import { relatedCall } from "../related-call.ts";
import { UpstreamError } from "../upstream-error.ts";
import { RpcCode } from "../wire-error.ts";
import { LineFramer } from "./line-framer.ts";
import { type Pending, PendingRequests } from "./pending-requests.ts";
import { responseIdOf } from "./response-id.ts";

/** Most bytes of a line from an upstream. */
export const LINE_LIMIT = 10 * 1024 * 1024;

/** Most messages of a batch (revision 2025-03-26). */
const BATCH_LIMIT = 1_000;

/** Notifications that concern everybody, whatever is under way. */
const FOR_ALL = /^notifications\/((tools|prompts|resources)\/list_changed|resources\/updated)$/;

export interface PipeLinkOptions {
  /** Writes one line, its end included. @returns false where the pipe takes no more, and nothing was written */
  readonly write: (line: Buffer) => boolean;
  /** Told of each line that is no message, with its first bytes. */
  readonly onGarbage?: (line: Buffer) => void;
}

/**
 * Lines of JSON over a pipe that all downstreams share (MCP basic/transports, "stdio"). Requests get ids and progress
 * tokens of our own by splice. What the upstream says without naming a request reaches the one downstream it can only be
 * meant for; where several have calls under way, a request is declined and a log line belongs to nobody.
 */
export class PipeLink implements Link {
  readonly isShared = true;
  /** Lines that were no message, and messages that answered nothing that is under way. */
  readonly counters = { garbage: 0, unexpected: 0 };
  readonly #options: PipeLinkOptions;
  readonly #framer: LineFramer;
  readonly #pending = new PendingRequests();
  readonly #streams = new Set<{ onMessage: (message: Message) => void; onEnd: (reason: Error) => void }>();
  #ended: UpstreamError | undefined;
  #isEnding = false;

  constructor(options: PipeLinkOptions) {
    this.#options = options;
    this.#framer = new LineFramer(LINE_LIMIT, {
      onLine: (line) => this.#onLine(line),
      onOversize: (head, tail) => {
        const error = new UpstreamError("too-large", `its answer is larger than ${LINE_LIMIT} bytes`, { sent: true });
        this.#failUnread(head, tail, error);
      },
    });
  }

  /** Calls under way. */
  get active(): number {
    return this.#pending.size;
  }

  post(message: Message, options: PostOptions): Promise<Answer> {
    if (!message.isRequest) {
      if (this.#ended !== undefined) return Promise.reject(this.#gone());
      this.#write(message);
      return Promise.resolve(TAKEN);
    }
    return new Promise((resolve, reject) => {
      this.#request(message, options, {
        isStream: false,
        resolve: (response) => resolve({ response, status: 200, session: undefined }),
        reject,
      });
    });
  }

  stream(
    request: Message | null,
    _: Envelope,
    onMessage: (message: Message) => void,
    onEnd: (reason: Error) => void,
  ): () => void {
    if (request === null) {
      const stream = { onMessage, onEnd };
      this.#streams.add(stream);
      return () => this.#streams.delete(stream);
    }
    let stopped = false;
    const settle = (reason: Error): void => {
      if (!stopped) onEnd(reason);
      stopped = true;
    };
    const wireId = this.#request(
      request,
      { headers: [], onMessage },
      { isStream: true, resolve: () => settle(new Error("the stream ended")), reject: settle },
    );
    return () => {
      stopped = true;
      if (wireId !== undefined) this.#cancel(wireId, new Error("not needed any more"));
    };
  }

  endSession(): void {
    // The session is the pipe's, and ends with it.
  }

  /** Takes what the upstream wrote. */
  push(chunk: Buffer): void {
    this.#framer.push(chunk);
  }

  /** The pipe broke: fails what is under way, and everything after. */
  end(reason: UpstreamError): void {
    if (this.#ended !== undefined) return;
    this.#isEnding = true;
    this.#framer.end();
    this.#ended = reason;
    for (const { wireId } of this.#pending) this.#pending.take(wireId)?.reject(reason);
    for (const { onEnd } of this.#streams)
      onEnd(reason.cause instanceof Error ? reason.cause : new Error(reason.message));
    this.#streams.clear();
  }

  /** @returns the id on the pipe; undefined where it was not sent */
  #request(
    message: Message,
    options: PostOptions,
    settle: Pick<Pending, "isStream" | "resolve" | "reject">,
  ): number | undefined {
    try {
      if (this.#ended !== undefined) throw this.#gone();
      const { cancellation, onMessage, owner, isQuiet } = options;
      if (cancellation?.reason !== undefined) {
        throw new UpstreamError("cancelled", cancellation.reason.message, { sent: false });
      }
      const meta = mayHaveToken(message) ? message.metaBytes : undefined;
      const token = meta && memberOf(meta, "progressToken");
      const { wireId } = this.#pending.add((free) => {
        return { wireId: free, id: message.id as string, token, owner, isQuiet, onMessage, ...settle };
      });
      const wireMessage = token === undefined ? message : withToken(message, meta as Buffer, String(wireId));
      if (!this.#write(wireMessage.withId(String(wireId)))) {
        this.#pending.take(wireId);
        throw new UpstreamError("unavailable", "it does not read its input", { sent: false });
      }
      if (cancellation !== undefined) this.#watchCancel(cancellation, wireId, message.method);
      return wireId;
    } catch (error) {
      settle.reject(error as Error);
      return undefined;
    }
  }

  #watchCancel(cancellation: Cancellation, wireId: number, method: string): void {
    cancellation.onCancel((reason) => {
      const pending = this.#pending.get(wireId);
      if (pending === undefined) return;
      // "The initialize request MUST NOT be cancelled by clients" (2025-11-25 basic/utilities/cancellation).
      if (method === "initialize") this.#pending.take(wireId);
      else this.#cancel(wireId, reason);
      pending.reject(new UpstreamError("cancelled", reason.message, { sent: true }));
    });
  }

  #cancel(wireId: number, reason: Error): void {
    if (this.#pending.take(wireId) === undefined || this.#ended !== undefined) return;
    this.#write(
      Message.of({ method: "notifications/cancelled", params: { requestId: wireId, reason: reason.message } }),
    );
  }

  #write({ bytes }: Message): boolean {
    return this.#options.write(Buffer.concat([onOneLine(bytes), LINE_END]));
  }

  #gone(): UpstreamError {
    return new UpstreamError("unavailable", (this.#ended as UpstreamError).message, { sent: false });
  }

  #onLine(line: Buffer): void {
    const first = line[0];
    // What programs print beside their messages seldom begins like one.
    if (first !== 0x7b && first !== 0x5b && !/^\s*[{[]/.test(line.toString("latin1", 0, 64))) return this.#drop(line);
    try {
      for (const message of isBatch(line) ? parseBatch(line, BATCH_LIMIT) : [Message.parse(line)]) this.#take(message);
    } catch (error) {
      // It broke off in the middle of it; that it ended says more.
      if (this.#isEnding) return;
      const why = `its answer is no JSON-RPC message: ${(error as Error).message}`;
      this.#failUnread(line, line.subarray(-1024), new UpstreamError("protocol", why, { sent: true }));
    }
  }

  /** Fails the call that a line answers which cannot be read, where that can be told. */
  #failUnread(head: Buffer, tail: Buffer, error: UpstreamError): void {
    const wireId = responseIdOf(head.subarray(0, 1024), tail);
    const pending = wireId === undefined ? undefined : this.#pending.take(wireId);
    if (pending === undefined) this.#drop(head);
    else pending.reject(error);
  }

  #drop(line: Buffer): void {
    this.counters.garbage++;
    this.#options.onGarbage?.(line);
  }

  #take(message: Message): void {
    if (!message.isResponse) return message.isRequest ? this.#onRequest(message) : this.#onNotification(message);
    const wireId = idOf(message);
    const pending = this.#pending.take(wireId);
    // A late answer to a call that was given up, or one to nothing we asked.
    if (pending === undefined) this.counters.unexpected++;
    else pending.resolve(message.withId(pending.id));
  }

  #onNotification(message: Message): void {
    const { method } = message;
    if (method === "notifications/progress") return this.#onProgress(message);
    const meta = message.metaBytes;
    const subscription = meta && memberOf(meta, MetaKey.subscriptionId);
    if (subscription !== undefined) {
      const pending = this.#pending.get(Number(JSON.parse(subscription.toString())));
      if (pending === undefined) this.counters.unexpected++;
      else pending.onMessage?.(withSubscription(message, meta as Buffer, pending.id));
      return;
    }
    const related = FOR_ALL.test(method) ? undefined : relatedCall(this.#calls());
    if (related !== undefined) related.onMessage?.(message);
    else for (const { onMessage } of this.#streams) onMessage(message);
  }

  #onProgress(message: Message): void {
    const params = message.paramsBytes;
    const token = params && memberOf(params, "progressToken");
    const pending = token && this.#pending.get(Number(token.toString().replaceAll('"', "")));
    if (params === undefined || pending?.token === undefined) this.counters.unexpected++;
    else pending.onMessage?.(message.withParams(replaceMember(params, "progressToken", pending.token)));
  }

  #onRequest(message: Message): void {
    const related = message.method === "ping" ? undefined : relatedCall(this.#calls());
    if (related !== undefined) return related.onMessage?.(message);
    if (message.method === "ping") this.#write(Message.result(message.id as string, "{}"));
    else {
      const text = `${message.method} is declined: no one call is under way that it can belong to`;
      this.#write(Message.error(message.id, { code: RpcCode.methodNotFound, message: text }));
    }
  }

  /** What is under way besides streams of ours, which hear only of what names them. */
  #calls(): readonly Pending[] {
    return [...this.#pending].filter(({ isStream }) => !isStream);
  }
}

const TAKEN: Answer = { response: undefined, status: 202, session: undefined };
const LINE_END = Buffer.from("\n");

/** Ids of ours are numbers; some servers give them back as text. */
function idOf(message: Message): number {
  return message.id === undefined ? Number.NaN : Number(message.id.replaceAll('"', ""));
}

/** False where a look at its bytes tells that no progress token is in it; a key may be spelled with escapes. */
function mayHaveToken({ hasMeta, bytes }: Message): boolean {
  return hasMeta && (bytes.includes("progressToken") || bytes.includes("\\u"));
}

/** A message with a line end between its tokens, the only place JSON allows one, has a space there. */
function onOneLine(bytes: Buffer): Buffer {
  if (!bytes.includes(0x0a) && !bytes.includes(0x0d)) return bytes;
  return Buffer.from(bytes.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
}

function withToken(message: Message, meta: Buffer, token: string): Message {
  const edited = replaceMember(meta, "progressToken", Buffer.from(token));
  return message.withParams(replaceMember(message.paramsBytes as Buffer, "_meta", edited));
}

function withSubscription(message: Message, meta: Buffer, id: string): Message {
  const edited = replaceMember(meta, MetaKey.subscriptionId, Buffer.from(id));
  return message.withParams(replaceMember(message.paramsBytes as Buffer, "_meta", edited));
}
