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
  const uris = resourcesIn(wanted);
  const stream = open();
  let ended = false;
  let unwatch = (): void => undefined;
  /** Lists that changed before the client was told what it will hear of. */
  let early: Set<ListKind> | undefined = new Set();
  const send = (method: string, params: object): void => {
    if (ended) return;
    const tagged = editObject(Buffer.from(JSON.stringify(params)), { _meta: tag });
    stream.write(encodeSseEvent(Message.of({ method }).withParams(tagged).bytes));
  };
  const tell = (list: ListKind): void => send(`notifications/${list}/list_changed`, {});
  const acknowledge = (watched: readonly string[]): void => {
    const honoured = Object.fromEntries(lists.map((list) => [LIST_FILTERS[list], true]));
    const resources = watched.length === 0 ? {} : { resourceSubscriptions: watched };
    send("notifications/subscriptions/acknowledged", { notifications: { ...honoured, ...resources } });
    for (const list of early ?? []) tell(list);
    early = undefined;
  };
  const stop = endpoint.onListChanged((list) => {
    if (!lists.includes(list)) return;
    if (early === undefined) tell(list);
    else early.add(list);
  });
  if (uris.length === 0 || endpoint.watchResources === undefined) acknowledge([]);
  else {
    endpoint
      .watchResources(uris, (uri) => send("notifications/resources/updated", { uri }))
      .then((watch) => {
        unwatch = () => watch.stop();
        if (ended) unwatch();
        else acknowledge(watch.uris);
      })
      // What cannot be watched is left out of what is acknowledged, as the specification has it.
      .catch(() => acknowledge([]));
  }
  return {
    stream,
    end() {
      ended = true;
      stop();
      unwatch();
      stream.end(encodeSseEvent(Message.result(id, `{"resultType":"complete","_meta":${tag}}`).bytes));
    },
  };
}

/** Most resources of one subscription, and most characters of their URIs together. */
const MAX_RESOURCES = 256;
const MAX_URI_LENGTH = 64 * 1024;

/** @throws WireError `-32602` where there are too many */
function resourcesIn(filter: Record<string, unknown>): readonly string[] {
  const asked = filter["resourceSubscriptions"];
  const uris = Array.isArray(asked) ? [...new Set(asked.filter((uri) => typeof uri === "string"))] : [];
  if (uris.length <= MAX_RESOURCES && uris.join("").length <= MAX_URI_LENGTH) return uris;
  const text = `Invalid params: a subscription may have ${MAX_RESOURCES} resources of ${MAX_URI_LENGTH} characters in all`;
  throw badRequest(RpcCode.invalidParams, text);
}
