import { MetaKey } from "./eras.ts";
import { JsonScanError, scanMembers, skipSpace, skipValue } from "./json/scan.ts";
import { stringEquals } from "./json/text.ts";
import { badRequest, RpcCode, type WireError } from "./wire-error.ts";

/**
 * Where the parts of a message stand in its bytes: for each part of {@link Part} its first byte and the first byte
 * behind it, or -1 twice where it is absent. One flat array, because a head is made for every message that passes.
 */
export type Spans = readonly number[];

/** Index into {@link Spans} of a part's first byte; its end is one further. */
export const Part = {
  id: 0,
  method: 2,
  params: 4,
  /** `result` or `error`. */
  outcome: 6,
  /** `params.name`, `params.uri`, `params._meta`. */
  name: 8,
  uri: 10,
  meta: 12,
  /** The revision that `params._meta` names (2026-07-28 basic/index). */
  version: 14,
  /** What the client can do, of `params._meta`. */
  capabilities: 16,
} as const;

export interface Head {
  readonly spans: Spans;
  /** Those of {@link Mark} that it bears, added up. */
  readonly marks: number;
}

/** What is noted of a message besides where its parts are. */
export const Mark = {
  /** The response carries `error`. */
  error: 1,
  /** The response carries a result whose `isError` is true: the tool ran and failed. */
  toolError: 2,
  /** The response carries a result with a `resultType`, which the modern era alone has. */
  resultType: 4,
  /** `params` has `inputResponses` or `requestState`, which the modern era alone has. */
  answers: 8,
} as const;

const OPEN_OBJECT = 0x7b;
const QUOTE = 0x22;

// State of the one scan under way; a scan never yields, and callbacks that close over a message would cost more.
let bytes: Buffer;
let spans: number[];
let marks: number;
let hasVersion: boolean;

/**
 * Reads the head of one JSON-RPC message in one pass that also checks the whole text.
 *
 * @throws JsonScanError when the text is not JSON
 * @throws WireError `-32600` when it is no JSON-RPC message, or one that two readers could understand differently
 */
export function readHead(text: Buffer): Head {
  bytes = text;
  spans = [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1];
  marks = 0;
  hasVersion = false;
  const start = skipSpace(text, 0);
  if (text[start] !== OPEN_OBJECT) {
    skipValue(text, start);
    throw invalid("a message is an object");
  }
  const end = skipSpace(text, scanMembers(text, start, onMember, skipMember));
  if (end !== text.length) throw new JsonScanError("unexpected text behind the message", end);
  check();
  return { spans, marks };
}

function skipMember(text: Uint8Array, start: number, keyStart: number, keyEnd: number): number {
  if (text[start] === OPEN_OBJECT) {
    if (keyIs(keyStart, keyEnd, "params")) return scanMembers(text, start, onParam, skipParam);
    if (keyIs(keyStart, keyEnd, "result")) return scanMembers(text, start, onResultMember);
  }
  return skipValue(text, start);
}

function skipParam(text: Uint8Array, start: number, keyStart: number, keyEnd: number): number {
  if (text[start] === OPEN_OBJECT && keyIs(keyStart, keyEnd, "_meta")) return scanMembers(text, start, onMetaMember);
  return skipValue(text, start);
}

function onMember(keyStart: number, keyEnd: number, start: number, end: number): void {
  if (keyIs(keyStart, keyEnd, "id")) set(Part.id, "id", start, end);
  else if (keyIs(keyStart, keyEnd, "method")) set(Part.method, "method", start, end);
  else if (keyIs(keyStart, keyEnd, "params")) set(Part.params, "params", start, end);
  else if (keyIs(keyStart, keyEnd, "result")) set(Part.outcome, "result or error", start, end);
  else if (keyIs(keyStart, keyEnd, "error")) {
    set(Part.outcome, "result or error", start, end);
    marks |= Mark.error;
  } else if (keyIs(keyStart, keyEnd, "jsonrpc")) {
    if (hasVersion) throw invalid('"jsonrpc" is there twice');
    hasVersion = bytes[start] === QUOTE && keyIs(start + 1, end - 1, "2.0");
    if (!hasVersion) throw invalid('"jsonrpc" must be "2.0"');
  }
}

function onParam(keyStart: number, keyEnd: number, start: number, end: number): void {
  if (keyIs(keyStart, keyEnd, "name")) set(Part.name, "params.name", start, end);
  else if (keyIs(keyStart, keyEnd, "_meta")) set(Part.meta, "params._meta", start, end);
  else if (keyIs(keyStart, keyEnd, "uri")) set(Part.uri, "params.uri", start, end);
  else if (keyIs(keyStart, keyEnd, "inputResponses") || keyIs(keyStart, keyEnd, "requestState")) {
    marks |= Mark.answers;
  }
}

function onMetaMember(keyStart: number, keyEnd: number, start: number, end: number): void {
  if (keyIs(keyStart, keyEnd, MetaKey.protocolVersion)) set(Part.version, MetaKey.protocolVersion, start, end);
  else if (keyIs(keyStart, keyEnd, MetaKey.clientCapabilities)) {
    set(Part.capabilities, MetaKey.clientCapabilities, start, end);
  }
}

function onResultMember(keyStart: number, keyEnd: number, start: number): void {
  if (keyIs(keyStart, keyEnd, "isError")) {
    if (bytes[start] === 0x74) marks |= Mark.toolError;
  } else if (keyIs(keyStart, keyEnd, "resultType")) marks |= Mark.resultType;
}

function check(): void {
  if (!hasVersion) throw invalid('"jsonrpc": "2.0" is missing');
  const hasId = at(Part.id) >= 0;
  const idByte = bytes[at(Part.id)];
  const isIdNull = idByte === 0x6e && hasId;
  if (hasId && !isIdNull && idByte !== QUOTE && idByte !== 0x2d && !(idByte! >= 0x30 && idByte! <= 0x39)) {
    throw invalid('"id" must be a string or a number');
  }
  if (at(Part.method) < 0) {
    if (at(Part.outcome) < 0) throw invalid('it has neither "method" nor "result" nor "error"');
    return;
  }
  if (bytes[at(Part.method)] !== QUOTE) throw invalid('"method" must be a string');
  if (at(Part.outcome) >= 0) throw invalid('it has "method" beside "result" or "error"');
  if (isIdNull) throw invalid('"id" must not be null');
  if (at(Part.params) >= 0 && bytes[at(Part.params)] !== OPEN_OBJECT) throw invalid('"params" must be an object');
}

function at(part: number): number {
  return spans[part] as number;
}

function set(part: number, what: string, start: number, end: number): void {
  if (at(part) >= 0) throw invalid(`"${what}" is there twice`);
  spans[part] = start;
  spans[part + 1] = end;
}

function keyIs(start: number, end: number, text: string): boolean {
  return stringEquals(bytes, start, end, text);
}

export function invalid(reason: string): WireError {
  return badRequest(RpcCode.invalidRequest, `Invalid request: ${reason}`);
}

/** What a reader of JSON found wrong, as the error for who sent it; any other error as it is. */
export function asParseError(error: unknown): unknown {
  if (!(error instanceof JsonScanError)) return error;
  return badRequest(RpcCode.parseError, `Parse error: ${error.message}`);
}
