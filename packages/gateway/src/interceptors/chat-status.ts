import { editObject, memberOf, type Message } from "@shardgate/mcp-wire";
import { CallStatus } from "../chat-status/call-status.ts";
import type { ChatEvents, ChatPlace } from "../chat-status/chat-events.ts";
import { Call, type Interceptor } from "../core/call.ts";
import { changedContext } from "../core/changed-context.ts";
import { openWebUiHeaders } from "../core/open-webui.ts";
import type { Timers } from "../core/timers.ts";

export interface ChatStatusDeps {
  readonly events: ChatEvents | undefined;
  readonly timers: Timers;
  /** Whether what a request says of its chat counts. */
  readonly isBelieved: (headers: readonly string[]) => boolean;
}

/** Calls that are shown at once; further ones run as well. */
const MAX_SHOWN = 64;
/** Temporary chats have names of another form, and no place to write to. */
const ID = /^[\w-]{1,64}$/;

/**
 * Shows in its chat what a call of Open WebUI's does that takes longer than a second. Open WebUI asks for no progress, so
 * that is done for it: what the upstream says under the token that it is given goes into the chat and not to the client.
 */
export function chatStatus({ events, timers, isBelieved }: ChatStatusDeps): Interceptor {
  let shown = 0;
  return (call, next) => {
    if (events?.isOn !== true || shown >= MAX_SHOWN || call.message.method !== "tools/call") return next(call);
    const place = placeOf(call.headers ?? []);
    if (place === undefined || !isBelieved(call.headers ?? [])) return next(call);
    const status = new CallStatus(call, events, place, timers);
    const given = call.message.meta?.["progressToken"];
    const own = given === undefined ? JSON.stringify(`shardgate-${call.requestId}`) : undefined;
    const message = own === undefined ? call.message : withToken(call.message, own);
    const notify = (early: Message): void => {
      const isProgress = early.method === "notifications/progress";
      if (isProgress) status.take(early);
      if (!isProgress || own === undefined) call.notify(early);
    };
    const made = new Call(call.requestId, call.front, call.upstream, message, changedContext(call, { notify }));
    made.join(status);
    shown++;
    return made.run(next).finally(() => {
      shown--;
      return status.shown();
    });
  };
}

function placeOf(headers: readonly string[]): ChatPlace | undefined {
  const said = openWebUiHeaders(headers);
  const [chat = "", message = ""] = [said?.get("chat-id"), said?.get("message-id")];
  return ID.test(chat) && ID.test(message) ? { chat, message } : undefined;
}

function withToken(message: Message, token: string): Message {
  const params = message.paramsBytes as Buffer;
  const meta = memberOf(params, "_meta") ?? Buffer.from("{}");
  return message.withParams(editObject(params, { _meta: editObject(meta, { progressToken: token }) }));
}
