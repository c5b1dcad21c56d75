import type { ExchangeContext } from "../exchange.ts";
import { Message } from "../message.ts";
import {
  ASKED_CAPABILITY,
  asRequest,
  type InputRequired,
  type Question,
  readInputRequired,
  retryWith,
} from "../translate/input-required.ts";
import { UpstreamError } from "../upstream-error.ts";
import { RpcCode, WireError } from "../wire-error.ts";

/** Most times one call may come back with questions. */
const MAX_ROUNDS = 16;

/** Most questions of one round. */
const MAX_QUESTIONS = 32;

/** An upstream that only wants to be asked again is asked again after this long, in milliseconds. */
const PAUSE_MS = 200;

/** The capabilities of a client that stand for questions it can be asked. */
export function askable(capabilities: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(capabilities).filter(([name]) => KNOWN.has(name)));
}

const KNOWN: ReadonlySet<string> = new Set(ASKED_CAPABILITY.values());

/**
 * Carries a legacy client through the rounds of a modern upstream's call: what the upstream wants to know is asked of the
 * client, and the call repeated with the answers until it is complete. The upstream ran nothing to its end before, so
 * this repeats no work (2026-07-28 basic/patterns/mrtr).
 *
 * @param request as it was sent upstream
 * @param send sends it again
 * @returns the last response, with the id of the request
 * @throws UpstreamError when it asks for what cannot be asked, or without an end
 */
export async function askDownstream(
  request: Message,
  first: Message,
  context: ExchangeContext,
  send: (retry: Message) => Promise<Message>,
): Promise<Message> {
  const id = request.id as string;
  let response = first;
  for (let round = 1; ; round++) {
    const asked = response.isError ? undefined : readInputRequired(response.outcome);
    if (asked === undefined) return response.withId(id);
    if (round > MAX_ROUNDS) throw refused(`it asked for input more than ${MAX_ROUNDS} times`);
    let answers: ReadonlyMap<string, Buffer>;
    try {
      answers = await answersTo(asked, context);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return failed(request, error.message);
    }
    response = await send(retryWith(request, JSON.stringify(`${id}~${round}`), answers, asked.state));
  }
}

async function answersTo(
  { questions, state }: InputRequired,
  context: ExchangeContext,
): Promise<ReadonlyMap<string, Buffer>> {
  if (questions.length === 0 && state === undefined) throw refused("it asked for input and did not say which");
  if (questions.length > MAX_QUESTIONS) throw refused(`it asked ${questions.length} questions at once`);
  if (questions.length === 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const answers = await Promise.all(questions.map(async (question) => [question.key, await ask(question, context)]));
  return new Map(answers as [string, Buffer][]);
}

async function ask(question: Question, context: ExchangeContext): Promise<Buffer> {
  const { method, key } = question;
  const capability = ASKED_CAPABILITY.get(method);
  if (capability === undefined) throw refused(`it asked for ${JSON.stringify(method)}, which no client can be asked`);
  if (context.client.capabilities[capability] === undefined) {
    throw new WireError(
      RpcCode.internalError,
      `The client cannot be asked (${method}): it did not declare ${capability}`,
    );
  }
  const response = await context.request(asRequest(question, JSON.stringify(key)));
  if (!response.isError) return response.outcome;
  throw new WireError(RpcCode.internalError, `The client refused ${method}: ${reasonOf(response)}`);
}

/** A call that ends because its question was not answered: a tool's as a failure of the tool, for the model to read. */
function failed(request: Message, message: string): Message {
  const id = request.id as string;
  if (request.method !== "tools/call") return Message.error(id, { code: RpcCode.internalError, message });
  return Message.result(id, JSON.stringify({ content: [{ type: "text", text: message }], isError: true }));
}

function reasonOf({ outcome }: Message): string {
  const { message } = JSON.parse(outcome.toString()) as { message?: unknown };
  return typeof message === "string" ? message.slice(0, 500) : "no reason given";
}

function refused(message: string): UpstreamError {
  return new UpstreamError("protocol", message, { sent: true });
}
