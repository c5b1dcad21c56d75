import { LATEST_MODERN, MetaKey } from "../eras.ts";
import { editObject, memberOf } from "../json/edit.ts";
import { scanMembers } from "../json/scan.ts";
import { stringEquals } from "../json/text.ts";
import type { Message } from "../message.ts";
import { UpstreamError } from "../upstream-error.ts";

/**
 * Translation between the eras: pure functions over messages. What has a counterpart is mapped, what a message does not
 * need to change keeps its bytes. The differences are those of the changelog of 2026-07-28.
 */

/** Members of `_meta` and `params` that exist in the modern era only. */
const MODERN_META = {
  [MetaKey.protocolVersion]: undefined,
  [MetaKey.clientInfo]: undefined,
  [MetaKey.clientCapabilities]: undefined,
  [MetaKey.logLevel]: undefined,
} as const;
const MODERN_PARAMS = { inputResponses: undefined, requestState: undefined } as const;

/**
 * A modern request for a legacy upstream: without the per-request envelope, with an id and a progress token of our own,
 * because many downstreams share the upstream's session.
 *
 * @param id spelling of the id that is unique in that session; also becomes the progress token
 */
export function requestToLegacy(message: Message, id: string): Message {
  const meta = metaWithToken(message.metaBytes, id, MODERN_META);
  const request = message.withEnvelope(id, meta);
  if (!message.hasAnswers) return request;
  return request.withParams(editObject(request.paramsBytes as Buffer, MODERN_PARAMS));
}

/** A legacy request for a legacy session that several downstreams share: only its id and progress token change. */
export function requestToShared(message: Message, id: string): Message {
  const params = message.paramsBytes;
  const own = message.metaBytes;
  if (params === undefined || own === undefined) return message.withId(id);
  return message.withParams(editObject(params, { _meta: metaWithToken(own, id, {}) })).withId(id);
}

function metaWithToken(meta: Buffer | undefined, id: string, without: Record<string, undefined>): Buffer | undefined {
  if (meta === undefined || meta[0] !== 0x7b) return undefined;
  const dropped = Object.keys(without);
  let hasToken = false;
  let hasMore = false;
  scanMembers(meta, 0, (start, end) => {
    if (stringEquals(meta, start, end, "progressToken")) hasToken = true;
    else hasMore ||= !dropped.some((key) => stringEquals(meta, start, end, key));
  });
  // Most have nothing but the envelope.
  if (!hasToken && !hasMore) return undefined;
  return editObject(meta, { ...without, ...(hasToken ? { progressToken: id } : {}) });
}

/** What a legacy client said once that a modern request says each time. */
export interface LegacyEnvelope {
  readonly clientInfo: unknown;
  /** Capabilities to declare: those for whose questions somebody stands by. */
  readonly capabilities: Record<string, unknown>;
  readonly logLevel: string | undefined;
}

/** A legacy request for a modern upstream: with the envelope every modern request carries. */
export function requestToModern(message: Message, { clientInfo, capabilities, logLevel }: LegacyEnvelope): Message {
  const params = message.paramsBytes ?? Buffer.from("{}");
  const meta = message.metaBytes;
  const envelope = editObject(meta !== undefined && meta[0] === 0x7b ? meta : Buffer.from("{}"), {
    [MetaKey.protocolVersion]: JSON.stringify(LATEST_MODERN),
    [MetaKey.clientInfo]: clientInfo === undefined ? undefined : JSON.stringify(clientInfo),
    [MetaKey.clientCapabilities]: JSON.stringify(capabilities),
    [MetaKey.logLevel]: logLevel === undefined ? undefined : JSON.stringify(logLevel),
  });
  return message.withParams(editObject(params, { _meta: envelope }));
}

/** Results that a modern client may keep, so that they have to say for how long and for whom (SEP-2549). */
const CACHEABLE = new Set([
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
]);

/**
 * A legacy response to a request of the method given, for a modern downstream.
 *
 * @param id spelling of the id it gets
 */
export function responseToModern(response: Message, method: string, id: string): Message {
  const { outcome } = response;
  if (response.isError) {
    const answer = response.withId(id);
    // -32002 (resource not found) must not be emitted any more; its successor is -32602.
    const code = memberOf(outcome, "code")?.toString();
    return code === "-32002" ? answer.withOutcome(editObject(outcome, { code: "-32602" })) : answer;
  }
  if (outcome[0] !== 0x7b || response.hasResultType) return response.withId(id);
  if (!CACHEABLE.has(method)) return response.withMembers(id, COMPLETE);
  // What says nothing of its age is as good as old, and was meant for one.
  const age = memberOf(outcome, "ttlMs") === undefined ? '"ttlMs":0,' : "";
  const scope = memberOf(outcome, "cacheScope") === undefined ? '"cacheScope":"private",' : "";
  return response.withMembers(id, Buffer.from(`${COMPLETE.toString()}${age}${scope}`));
}

const COMPLETE = Buffer.from('"resultType":"complete",');

/**
 * A modern response for a legacy downstream.
 *
 * @param wrapsOutput whether the tool's structured content was listed as `{result: …}`, see {@link toolToLegacy}
 * @throws UpstreamError when the result asks for something that the legacy era has no words for
 */
export function responseToLegacy(response: Message, wrapsOutput: boolean): Message {
  const { outcome } = response;
  if (response.isError || outcome[0] !== 0x7b) return response;
  const type = memberOf(outcome, "resultType")?.toString();
  if (type !== undefined && type !== '"complete"') {
    const message = `it answered with a result of type ${type}, which a client of an earlier revision cannot take`;
    throw new UpstreamError("protocol", message, { sent: true });
  }
  const structured = wrapsOutput ? memberOf(outcome, "structuredContent") : undefined;
  const wrapped = structured && { structuredContent: Buffer.concat([WRAP_OPEN, structured, WRAP_CLOSE]) };
  return response.withOutcome(
    editObject(outcome, { resultType: undefined, ttlMs: undefined, cacheScope: undefined, ...wrapped }),
  );
}

const WRAP_OPEN = Buffer.from('{"result":');
const WRAP_CLOSE = Buffer.from("}");

/**
 * A modern tool for a legacy list. Before 2026-07-28 structured content is an object, so a tool with another output
 * schema is listed as giving `{result: …}`.
 */
export function toolToLegacy(tool: Buffer): { tool: Buffer; wrapsOutput: boolean } {
  const schema = memberOf(tool, "outputSchema");
  if (schema === undefined || schema[0] !== 0x7b || memberOf(schema, "type")?.toString() === '"object"') {
    return { tool, wrapsOutput: false };
  }
  const wrapped = `{"type":"object","properties":{"result":${schema.toString()}},"required":["result"]}`;
  // References in the schema (`#/$defs/…`) count from the root, which is the wrapper's now.
  const definitions = { $defs: memberOf(schema, "$defs"), definitions: memberOf(schema, "definitions") };
  return { tool: editObject(tool, { outputSchema: editObject(Buffer.from(wrapped), definitions) }), wrapsOutput: true };
}

/** A progress notification with the token its receiver chose. */
export function withProgressToken(notification: Message, token: unknown): Message {
  const params = notification.paramsBytes;
  if (params === undefined) return notification;
  return notification.withParams(editObject(params, { progressToken: JSON.stringify(token) }));
}
