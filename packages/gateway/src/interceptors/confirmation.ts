import {
  editObject,
  inputRequired,
  memberOf,
  type Message,
  readInputRequired,
  readRetry,
  requestDigest,
  WireError,
} from "@shardgate/mcp-wire";
import { agreement, confirmationForm, formRequest, QUESTION } from "../confirmation/form.ts";
import { type Plan, PLAN_TTL_MS, type Planned, type Plans } from "../confirmation/plans.ts";
import { say } from "../confirmation/say.ts";
import {
  cannotAsk,
  DECLINED,
  type Described,
  elsewhere,
  NOT_OFFERED,
  planText,
  TOO_SOON,
  UNKNOWN_TOKEN,
} from "../confirmation/words.ts";
import { Call, type Interceptor, type Next } from "../core/call.ts";
import { changedContext } from "../core/changed-context.ts";
import { canShowForm, isUnder } from "../core/confirm-rule.ts";
import { isConfirmation, tokenIn } from "../core/confirm-tool.ts";
import { GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { openWebUiHeaders } from "../core/open-webui.ts";
import { isOutOfService } from "../core/snapshot.ts";

export interface ConfirmationDeps {
  readonly plans: Plans;
  readonly logger: Logger;
  /** Says whether whoever confirms a call may make it. */
  readonly judge: Interceptor;
  /** Names the user behind a request where that can be believed. */
  readonly userOf?: ((headers: readonly string[]) => string | undefined) | undefined;
}

/** At this front it is a person who makes the call. */
const PERSONS_FRONT = "dashboard";

/**
 * Asks a person before a tool runs that needs it: by a form where the client can show one, else the call is planned, and
 * made once the model brings the plan's token back, in a later message of the chat. An upstream without such tools pays
 * for none of it.
 */
export function confirmation(deps: ConfirmationDeps): Interceptor {
  return (call, next) => {
    const { upstream, message } = call;
    if (upstream.confirms === undefined || message.method !== "tools/call") return next(call);
    if (isConfirmation(upstream, message)) return confirm(call, next, deps);
    const rule = upstream.confirms.get(message.name ?? "");
    // What is refused anyway is refused before anybody is bothered.
    const isFree = rule === undefined || call.front === PERSONS_FRONT || !isUnder(rule, call.headers);
    if (isFree || isOutOfService(upstream)) return next(call);
    const described: Described = {
      upstream: upstream.name,
      tool: message.name as string,
      args: message.params["arguments"],
      rule,
    };
    if (!canShowForm(call)) return Promise.resolve(plan(call, described, deps));
    return call.era === "legacy" ? askNow(call, described, next) : askByResult(call, described, next, deps);
  };
}

/** The call is kept, and its result says what it would do and how it is made. */
function plan(call: Call, described: Described, { plans, userOf }: ConfirmationDeps): Message {
  call.outcome = "confirmation_asked";
  const { token } = plans.add(planned(call, "words", userOf));
  return say(call.message, call.era, planText(described, token, PLAN_TTL_MS / 60_000));
}

/** The model brings back the token of a planned call. */
async function confirm(call: Call, next: Next, { plans, logger, judge, userOf }: ConfirmationDeps): Promise<Message> {
  const token = tokenIn(call.message);
  const found = token === undefined ? undefined : plans.find(token, { way: "words", owner: ownerOf(call, userOf) });
  if (found === undefined) return failing(call, UNKNOWN_TOKEN);
  const { name, confirms } = call.upstream;
  if (found.upstream !== name) return failing(call, elsewhere(found.upstream));
  if (!plans.hasRun(found)) {
    if (confirms?.has(found.tool) !== true) return failing(call, NOT_OFFERED);
    if (found.chatMessage !== undefined && found.chatMessage === chatMessageOf(call)) return failing(call, TOO_SOON);
  }
  const response = await judge(callOf(found, call), (made) =>
    plans.run(found, () => {
      logger.info({ requestId: call.requestId, upstream: name, name: found.tool }, "planned call confirmed");
      return made.run(next);
    }),
  );
  return response.withId(call.message.id as string);
}

/** A client of the legacy era is asked while its call waits. */
async function askNow(call: Call, described: Described, next: Next): Promise<Message> {
  let answer: Message;
  try {
    answer = await call.request(formRequest(described));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const { reason } = call.cancellation;
    if (reason === undefined) return declined(call, cannotAsk(error.message));
    const details = { upstream: call.upstream.name, phase: "downstream", sent: false } as const;
    throw new GatewayError("cancelled", `${call.upstream.name}: ${reason.message}`, details);
  }
  if (answer.isError) return declined(call, cannotAsk("the client refused to show the form"));
  return agreement(answer.outcome) === true ? next(call) : declined(call, DECLINED);
}

/**
 * A client of the modern era gets the form as a result, and calls again with the answer. The call then runs without
 * anything of ours in it; where its upstream asks further, the client's next rounds go to the upstream as they are.
 */
async function askByResult(
  call: Call,
  described: Described,
  next: Next,
  { plans, userOf }: ConfirmationDeps,
): Promise<Message> {
  const { message } = call;
  const { answers, state } = readRetry(message);
  const now = planned(call, "form", userOf);
  const found = state === undefined ? undefined : plans.find(state, now);
  const before = found?.digest === now.digest && found.upstream === now.upstream ? found : undefined;
  const isAnswered = [...answers.keys()].some((key) => key !== QUESTION);
  const isFurther = before === undefined ? state !== undefined || isAnswered : isAnswered && plans.hasRun(before);
  if (isFurther && plans.isGoingOn(now)) {
    // Where the upstream gave no state, a client may still send ours.
    return goOn(await (before === undefined ? next(call) : withoutState(call).run(next)));
  }
  if (before === undefined) return ask(plans.add(now));
  const agreed = agreement(answers.get(QUESTION));
  if (agreed === undefined) return ask(before);
  if (!agreed) {
    plans.forget(before);
    return declined(call, DECLINED);
  }
  const made = await plans.run(before, () => callOf(before, call).run(next));
  return goOn(made.withId(message.id as string));

  function ask({ token }: Plan): Message {
    call.outcome = "confirmation_asked";
    return inputRequired(message.id as string, [confirmationForm(described)], token);
  }

  function goOn(response: Message): Message {
    plans.setGoingOn(now, !response.isError && readInputRequired(response.outcome) !== undefined);
    return response;
  }
}

function planned(call: Call, way: Planned["way"], userOf: ConfirmationDeps["userOf"]): Planned {
  const { message, upstream, paramHeaders } = call;
  const params = message.paramsBytes as Buffer;
  return {
    way,
    owner: ownerOf(call, userOf),
    chatMessage: chatMessageOf(call),
    upstream: upstream.name,
    tool: message.name as string,
    digest: requestDigest(message),
    params: editObject(params, { _meta: undefined, inputResponses: undefined, requestState: undefined }),
    paramHeaders,
  };
}

/** The call that was planned, made by the request that confirms it: under its id, with its envelope, in its name. */
function callOf({ params, paramHeaders }: Plan, call: Call): Call {
  const _meta = memberOf(call.message.paramsBytes as Buffer, "_meta");
  const message = call.message.withParams(editObject(params, { _meta }));
  const around = changedContext(call, { paramHeaders, large: undefined });
  return new Call(call.requestId, call.front, call.upstream, message, around);
}

function withoutState(call: Call): Call {
  const { requestId, front, upstream, message } = call;
  const params = editObject(message.paramsBytes as Buffer, { requestState: undefined });
  return new Call(requestId, front, upstream, message.withParams(params), call);
}

/** User and chat, as far as they are named: sessions mean nothing to Open WebUI, which opens one for each message. */
function ownerOf({ headers = [] }: Call, userOf: ConfirmationDeps["userOf"]): string {
  const said = openWebUiHeaders(headers);
  const believed = userOf?.(headers);
  const user = believed === undefined ? { said: said?.get("user-id") } : { believed };
  return JSON.stringify({ ...user, chat: said?.get("chat-id") });
}

function chatMessageOf({ headers = [] }: Call): string | undefined {
  return openWebUiHeaders(headers)?.get("message-id");
}

function declined(call: Call, text: string): Message {
  call.outcome = "confirmation_declined";
  return failing(call, text);
}

const failing = ({ message, era }: Call, text: string): Message => say(message, era, text, { isError: true });
