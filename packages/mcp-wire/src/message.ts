import { isUtf8 } from "node:buffer";
import { LATEST_MODERN } from "./eras.ts";
import { memberRange } from "./json/edit.ts";
import { skipSpace } from "./json/scan.ts";
import { splice, spliceTwo, stringAt, stringEquals } from "./json/text.ts";
import { asParseError, type Head, Mark, Part, readHead, type Spans } from "./message-head.ts";
import { badRequest, RpcCode } from "./wire-error.ts";

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const QUOTE = 0x22;

/**
 * One JSON-RPC message (JSON-RPC 2.0 §4, §5) as the bytes it came in. Only its head is read: id, method, and of `params`
 * the members that routing needs. What is not read passes through untouched: unknown fields, key order, the spelling of
 * numbers. A message that two JSON readers could understand differently (a key of its head twice) is refused.
 */
export class Message {
  readonly bytes: Buffer;
  /** The method; empty for a response. */
  readonly method: string;
  readonly #spans: Spans;
  readonly #marks: number;

  #id: string | undefined;
  #name: string | undefined;

  private constructor(bytes: Buffer, head: Head, method: string) {
    this.bytes = bytes;
    this.method = method;
    this.#spans = head.spans;
    this.#marks = head.marks;
  }

  /**
   * Reads the head of one message and checks the rest.
   *
   * @throws WireError `-32700` when the bytes are not JSON or not UTF-8, `-32600` when they are no JSON-RPC message
   */
  static parse(bytes: Buffer): Message {
    if (!isUtf8(bytes)) throw badRequest(RpcCode.parseError, "Parse error: the body is not valid UTF-8");
    try {
      const head = readHead(bytes);
      const { spans } = head;
      return new Message(bytes, head, methodAt(bytes, spans[Part.method]! + 1, spans[Part.method + 1]! - 1));
    } catch (error) {
      throw asParseError(error);
    }
  }

  /** A message of our own making, without its `jsonrpc` member. */
  static of(value: object): Message {
    return Message.parse(Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...value })));
  }

  /** The response to the request whose id is spelled `id`, with a result given as JSON. */
  static result(id: string, result: string | Buffer): Message {
    return Message.parse(Buffer.concat([bytesOf(`{"jsonrpc":"2.0","id":${id},"result":`), bytesOf(result), CLOSE]));
  }

  /** The error response to the request whose id is spelled `id`; `null` where it could not be read. */
  static error(id: string | undefined, error: { code: number; message: string; data?: unknown }): Message {
    const { code, message, data } = error;
    const body = JSON.stringify({ code, message, ...(data === undefined ? {} : { data }) });
    return Message.parse(bytesOf(`{"jsonrpc":"2.0","id":${id ?? "null"},"error":${body}}`));
  }

  /** The id as it is spelled, say `7` or `"a"`; undefined for a notification. */
  get id(): string | undefined {
    if (!this.#has(Part.id)) return undefined;
    return (this.#id ??= this.bytes.toString("utf8", this.#spans[Part.id], this.#spans[Part.id + 1]));
  }

  /** True where a response carries `error`. */
  get isError(): boolean {
    return (this.#marks & Mark.error) !== 0;
  }

  /** True where a response carries a result with `isError: true`: the tool ran and failed. */
  get isToolError(): boolean {
    return (this.#marks & Mark.toolError) !== 0;
  }

  /** True where a response carries a result that says of what type it is, as in the modern era all do. */
  get hasResultType(): boolean {
    return (this.#marks & Mark.resultType) !== 0;
  }

  /** True where a request carries answers to what its result asked before (2026-07-28 basic/patterns/mrtr). */
  get hasAnswers(): boolean {
    return (this.#marks & Mark.answers) !== 0;
  }

  get isRequest(): boolean {
    return this.method !== "" && this.#has(Part.id);
  }

  get isNotification(): boolean {
    return !this.#has(Part.id) && this.#has(Part.method);
  }

  get isResponse(): boolean {
    return !this.#has(Part.method);
  }

  /** True when both ids are the same value, however they are spelled (`1` and `1.0`). */
  hasId(id: string): boolean {
    if (!this.#has(Part.id)) return false;
    return this.#isSpelled(id) || JSON.parse(this.id as string) === JSON.parse(id);
  }

  /** `params.name` where it is a string: of a tool, a prompt. */
  get name(): string | undefined {
    return (this.#name ??= this.#stringOf(Part.name));
  }

  /** `params.uri` where it is a string: of a resource. */
  get uri(): string | undefined {
    return this.#stringOf(Part.uri);
  }

  /** True where `params` has a `_meta` at all. */
  get hasMeta(): boolean {
    return this.#has(Part.meta);
  }

  /** The revision that `params._meta` names, whatever it is; undefined where it names none. */
  get namedVersion(): unknown {
    const start = this.#spans[Part.version]!;
    if (start < 0) return undefined;
    // Nearly all name this one, which then costs no new string.
    const isText = this.bytes[start] === QUOTE;
    if (isText && stringEquals(this.bytes, start + 1, this.#spans[Part.version + 1]! - 1, LATEST_MODERN))
      return LATEST_MODERN;
    return JSON.parse(this.#slice(Part.version).toString()) as unknown;
  }

  /** True where `params._meta` says what the client can do, whatever it says. */
  get hasCapabilities(): boolean {
    return this.#has(Part.capabilities);
  }

  /** What `params._meta` says that the client can do, parsed; nothing where it says nothing, or not with an object. */
  get capabilities(): Record<string, unknown> {
    const start = this.#spans[Part.capabilities]!;
    // Most can be asked nothing, and say so in two bytes.
    if (start < 0 || this.#spans[Part.capabilities + 1]! - start === 2) return {};
    return this.#objectOf(Part.capabilities) ?? {};
  }

  /** The bytes of `params._meta`; undefined where there is none. */
  get metaBytes(): Buffer | undefined {
    return this.#has(Part.meta) ? this.#slice(Part.meta) : undefined;
  }

  /** `params._meta`, parsed; undefined where it is absent or no object. */
  get meta(): Record<string, unknown> | undefined {
    return this.#objectOf(Part.meta);
  }

  /** `params`, parsed; an empty object where there is none. */
  get params(): Record<string, unknown> {
    return this.#objectOf(Part.params) ?? {};
  }

  /** The bytes of `params`; undefined where there is none. */
  get paramsBytes(): Buffer | undefined {
    return this.#has(Part.params) ? this.#slice(Part.params) : undefined;
  }

  /** The bytes of `result` or `error` of a response; empty for anything else. */
  get outcome(): Buffer {
    return this.#has(Part.outcome) ? this.#slice(Part.outcome) : EMPTY;
  }

  /** This message with another `params.name`, given as JSON (`"now"` with its quotes); nothing else differs. */
  withName(nameJson: Uint8Array): Message {
    return this.#withPart(Part.name, nameJson);
  }

  /** This message with another `params.uri`, given as JSON; nothing else differs. */
  withUri(uriJson: Uint8Array): Message {
    return this.#withPart(Part.uri, uriJson);
  }

  /** This message with another id, spelled as given; nothing else differs. A notification gets none. */
  withId(id: string): Message {
    return this.id === undefined ? this : this.#withPart(Part.id, bytesOf(id));
  }

  /** This message with another value for `params`, given as JSON; added where there was none. */
  withParams(params: string | Buffer): Message {
    const spans = this.#spans;
    if (this.#has(Part.params)) {
      return Message.parse(splice(this.bytes, spans[Part.params]!, spans[Part.params + 1]!, bytesOf(params)));
    }
    const end = spans[Part.method + 1]!;
    return Message.parse(splice(this.bytes, end, end, Buffer.concat([bytesOf(',"params":'), bytesOf(params)])));
  }

  /** This response with another value for its `result` or `error`, given as JSON, whose `isError` is as it was. */
  withOutcome(outcome: string | Buffer): Message {
    return this.#withPart(Part.outcome, bytesOf(outcome));
  }

  /** This request with another id and another `params._meta`, given as JSON, or without one; nothing else differs. */
  withEnvelope(id: string, meta: Buffer | undefined): Message {
    const [start, end] = [this.#spans[Part.meta]!, this.#spans[Part.meta + 1]!];
    if (start < 0) return this.withId(id);
    if (meta !== undefined) return this.#withIdAnd(id, start, end, meta);
    const gone = memberRange(this.bytes, start, end, "_meta");
    return gone === undefined ? this.#withIdAnd(id, start, end, EMPTY_OBJECT) : this.#withIdAnd(id, ...gone, EMPTY);
  }

  /** This response under another id, with `resultType` and others in front of its result, each as `"key":value,`. */
  withMembers(id: string, members: Buffer): Message {
    const start = this.#spans[Part.outcome]! + 1;
    const isEmpty = this.bytes[skipSpace(this.bytes, start)] === CLOSE_OBJECT;
    const inserted = isEmpty ? members.subarray(0, -1) : members;
    return this.#withIdAnd(id, start, start, inserted, Mark.resultType);
  }

  /** Replaces a part and moves the spans behind it, which spares a second pass over the bytes. */
  #withPart(part: number, replacement: Uint8Array): Message {
    const start = this.#spans[part]!;
    const end = this.#spans[part + 1]!;
    const delta = replacement.length - (end - start);
    const spans = delta === 0 ? this.#spans : this.#spans.map((bound) => (bound >= end ? bound + delta : bound));
    const head = { spans, marks: this.#marks };
    const message = new Message(splice(this.bytes, start, end, replacement), head, this.method);
    if (part !== Part.id) message.#id = this.#id;
    return message;
  }

  /** Replaces the id and what stands from `start` to `end`, in one copy; what was read within that is unread now. */
  #withIdAnd(id: string, start: number, end: number, replacement: Uint8Array, mark = 0): Message {
    const [idStart, idEnd] = [this.#spans[Part.id]!, this.#spans[Part.id + 1]!];
    const idBytes = bytesOf(id);
    const moved = replacement.length - (end - start);
    const idMoved = idBytes.length - (idEnd - idStart);
    const spans = this.#spans.map((bound, index) => {
      const opening = this.#spans[index & ~1]!;
      if (opening >= start && opening < end && (opening > start || replacement.length === 0)) return -1;
      return bound + (bound >= idEnd ? idMoved : 0) + (bound >= end ? moved : 0);
    });
    const bytes =
      idStart < start
        ? spliceTwo(this.bytes, idStart, idEnd, idBytes, start, end, replacement)
        : spliceTwo(this.bytes, start, end, replacement, idStart, idEnd, idBytes);
    return new Message(bytes, { spans, marks: this.#marks | mark }, this.method);
  }

  /** Compares bytes: an id that is as we sent it, as nearly all are, is not made a string for it. */
  #isSpelled(id: string): boolean {
    const start = this.#spans[Part.id]!;
    if (this.#spans[Part.id + 1]! - start !== id.length) return false;
    for (let index = 0; index < id.length; index++) {
      if (this.bytes[start + index] !== id.charCodeAt(index)) return false;
    }
    return true;
  }

  #has(part: number): boolean {
    return this.#spans[part]! >= 0;
  }

  #slice(part: number): Buffer {
    return this.bytes.subarray(this.#spans[part], this.#spans[part + 1]);
  }

  #stringOf(part: number): string | undefined {
    const start = this.#spans[part]!;
    return start >= 0 && this.bytes[start] === QUOTE
      ? stringAt(this.bytes, start + 1, this.#spans[part + 1]! - 1)
      : undefined;
  }

  #objectOf(part: number): Record<string, unknown> | undefined {
    const start = this.#spans[part]!;
    if (start < 0 || this.bytes[start] !== OPEN_OBJECT) return undefined;
    return JSON.parse(this.#slice(part).toString()) as Record<string, unknown>;
  }
}

/** The method between two quotes; empty where there is none. Nearly all are one, which then costs no new string. */
function methodAt(bytes: Buffer, start: number, end: number): string {
  if (start <= 0) return "";
  return stringEquals(bytes, start, end, "tools/call") ? "tools/call" : stringAt(bytes, start, end);
}

const EMPTY = Buffer.alloc(0);
const EMPTY_OBJECT = Buffer.from("{}");
const CLOSE = Buffer.from("}");

function bytesOf(value: string | Buffer): Buffer {
  return typeof value === "string" ? Buffer.from(value) : value;
}
