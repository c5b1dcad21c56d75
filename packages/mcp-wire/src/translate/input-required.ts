import { editObject, memberOf } from "../json/edit.ts";
import { scanMembers } from "../json/scan.ts";
import { stringAt } from "../json/text.ts";
import { Message } from "../message.ts";

/**
 * What a server asks of a client, in the words of both eras: a request of its own (up to 2025-11-25), or an entry of a
 * result that the client answers by calling again (2026-07-28 basic/patterns/mrtr). Pure functions over messages.
 */

/** One question: what it goes by in a result, and the request it is, as JSON without `jsonrpc` and `id`. */
export interface Question {
  readonly key: string;
  readonly method: string;
  /** JSON of `params`; undefined where there are none. */
  readonly params: Buffer | undefined;
}

/** What an `input_required` result holds. */
export interface InputRequired {
  readonly questions: readonly Question[];
  /** JSON of `requestState`, byte for byte. */
  readonly state: Buffer | undefined;
}

/** Client capability that each request of a server needs; a method that is not here cannot be asked. */
export const ASKED_CAPABILITY: ReadonlyMap<string, string> = new Map([
  ["sampling/createMessage", "sampling"],
  ["elicitation/create", "elicitation"],
  ["roots/list", "roots"],
]);

/** Requests that may be answered with `input_required`. */
const MAY_ASK = new Set(["tools/call", "prompts/get", "resources/read"]);

export function mayAsk(request: Message): boolean {
  return MAY_ASK.has(request.method);
}

/** Reads an `input_required` result; undefined for any other outcome. */
export function readInputRequired(outcome: Buffer): InputRequired | undefined {
  if (memberOf(outcome, "resultType")?.toString() !== '"input_required"') return undefined;
  const questions = members(memberOf(outcome, "inputRequests")).map(([key, value]): Question => {
    const method = memberOf(value, "method");
    const params = memberOf(value, "params");
    return { key, method: textOf(method) ?? "", params: params?.[0] === OPEN_OBJECT ? params : undefined };
  });
  const state = memberOf(outcome, "requestState");
  return { questions, state: state?.[0] === QUOTE ? state : undefined };
}

/** The result that puts questions to a modern client, and what it has to send back with its answers. */
export function inputRequired(id: string, questions: readonly Question[], state: string): Message {
  const entries = questions.map(({ key, method, params }) => {
    const rest = params === undefined ? "" : `,"params":${params.toString()}`;
    return `${JSON.stringify(key)}:{"method":${JSON.stringify(method)}${rest}}`;
  });
  const requests = `{${entries.join(",")}}`;
  return Message.result(
    id,
    `{"resultType":"input_required","inputRequests":${requests},"requestState":${JSON.stringify(state)}}`,
  );
}

/** A question as a request to a legacy client. */
export function asRequest({ method, params }: Question, id: string): Message {
  const request = Message.of({ id: 0, method }).withId(id);
  if (params === undefined) return request;
  // A URL to open has to have a name in the revision that brought it (2025-11-25 client/elicitation).
  const needsId = textOf(memberOf(params, "mode")) === "url" && memberOf(params, "elicitationId") === undefined;
  return request.withParams(needsId ? editObject(params, { elicitationId: id }) : params);
}

/** A legacy server's request as a question to a modern client, whose envelope it must not carry. */
export function asQuestion(request: Message, key: string): Question {
  return { key, method: request.method, params: request.paramsBytes };
}

/** A modern request asked again with answers, by the keys of their questions, and the state that came with them. */
export function retryWith(
  request: Message,
  id: string,
  answers: ReadonlyMap<string, Buffer>,
  state: Buffer | undefined,
): Message {
  const entries = [...answers].map(([key, value]) => `${JSON.stringify(key)}:${value.toString()}`);
  const inputResponses = answers.size === 0 ? undefined : `{${entries.join(",")}}`;
  const params = request.paramsBytes ?? Buffer.from("{}");
  return request.withParams(editObject(params, { inputResponses, requestState: state })).withId(id);
}

/** What a modern client sends with a retry: its answers by key, as JSON, and the state as text. */
export function readRetry(request: Message): { answers: ReadonlyMap<string, Buffer>; state: string | undefined } {
  const params = request.paramsBytes;
  if (params === undefined) return { answers: new Map(), state: undefined };
  const answers = new Map(members(memberOf(params, "inputResponses")));
  return { answers, state: textOf(memberOf(params, "requestState")) };
}

/** The answer to a legacy server's request, whose id is spelled `id`, from what the modern client answered. */
export function asResponse(id: string, answer: Buffer): Message {
  return answer[0] === OPEN_OBJECT
    ? Message.result(id, answer)
    : Message.error(id, { code: -32602, message: "The client's answer is no object" });
}

const OPEN_OBJECT = 0x7b;
const QUOTE = 0x22;

function members(object: Buffer | undefined): [key: string, value: Buffer][] {
  const found: [string, Buffer][] = [];
  if (object?.[0] !== OPEN_OBJECT) return found;
  scanMembers(object, 0, (keyStart, keyEnd, start, end) => {
    found.push([stringAt(object, keyStart, keyEnd), object.subarray(start, end)]);
  });
  return found;
}

function textOf(value: Buffer | undefined): string | undefined {
  return value?.[0] === QUOTE ? (JSON.parse(value.toString()) as string) : undefined;
}
