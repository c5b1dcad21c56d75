import { MetaKey } from "../eras.ts";
import type { Endpoint, ListKind } from "../exchange.ts";
import { editObject } from "../json/edit.ts";
import { Message } from "../message.ts";
import { encodeSseEvent } from "../sse/sse-encoder.ts";
import { badRequest, RpcCode } from "../wire-error.ts";
import type { HttpStream } from "./http-exchange.ts";

/** Member of the `subscriptions/listen` filter that asks for a list's changes (2026-07-28 basic/subscriptions). */
export const LIST_FILTERS: Record<ListKind, string> = {
  tools: "toolsListChanged",
  prompts: "promptsListChanged",
  resources: "resourcesListChanged",
};

/** The notification that tells a legacy client of a changed list. */
export function listChangedNotification(list: ListKind): Message {
  return Message.of({ method: `notifications/${list}/list_changed` });
}

/**
 * Serves one `subscriptions/listen`: acknowledges the part of the filter we honour, then tells of each change, every
 * message tagged with the id of the request.
 *
 * @returns how to end it; the client gets an empty result when the end is ours
 * @throws WireError `-32602` when the filter is missing
 */
export function subscribe(
  message: Message,
  endpoint: Endpoint,
  open: () => HttpStream,
): { end(): void; stream: HttpStream } {
  const filter = message.params["notifications"];
  if (typeof filter !== "object" || filter === null || Array.isArray(filter)) {
    throw badRequest(
      RpcCode.invalidParams,
      "Invalid params: subscriptions/listen needs params.notifications, an object",
    );
  }
  const wanted = filter as Record<string, unknown>;
  const lists = (Object.keys(LIST_FILTERS) as ListKind[]).filter((list) => wanted[LIST_FILTERS[list]] === true);
  const id = message.id as string;
  const tag = `{"${MetaKey.subscriptionId}":${id}}`;
  const stream = open();
  const send = (method: string, params: object): void => {
    const tagged = editObject(Buffer.from(JSON.stringify(params)), { _meta: tag });
    stream.write(encodeSseEvent(Message.of({ method }).withParams(tagged).bytes));
  };
  const honoured = Object.fromEntries(lists.map((list) => [LIST_FILTERS[list], true]));
  send("notifications/subscriptions/acknowledged", { notifications: honoured });
  const stop = endpoint.onListChanged((list) => {
    if (lists.includes(list)) send(`notifications/${list}/list_changed`, {});
  });
  return {
    stream,
    end() {
      stop();
      stream.end(encodeSseEvent(Message.result(id, `{"resultType":"complete","_meta":${tag}}`).bytes));
    },
  };
}
