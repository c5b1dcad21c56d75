import { editObject, elementsOf, memberOf, type Message, replaceMember } from "@shardgate/mcp-wire";
import { GatewayError } from "./errors.ts";
import { joinArray } from "./join-array.ts";
import { isQualified, qualify, type ResourceRoute } from "./resource-catalog.ts";
import type { Snapshot } from "./snapshot.ts";

/** A request to all upstreams as the one that it is for is to get it. */
export interface Aimed {
  readonly upstream: string;
  readonly message: Message;
  /** How its answer is to be worded for who asked; undefined where it passes as it is. */
  readonly answer?: ((response: Message) => Message) | undefined;
}

/** Requests that name what they are about, and how the one who has it is found. */
const AIMS: Readonly<Record<string, (snapshot: Snapshot, message: Message) => Aimed>> = {
  "prompts/get": aimAtPrompt,
  "resources/read": aimAtResource,
  "resources/subscribe": aimAtResource,
  "resources/unsubscribe": aimAtResource,
  "completion/complete": aimAtReference,
};

/**
 * Finds the upstream that a request other than a tool call is for, and words it for that one.
 *
 * @returns undefined for a method that names nothing an upstream could have
 * @throws GatewayError when no upstream has what it names
 */
export function aim(snapshot: Snapshot, message: Message): Aimed | undefined {
  return Object.hasOwn(AIMS, message.method) ? AIMS[message.method]?.(snapshot, message) : undefined;
}

function aimAtPrompt(snapshot: Snapshot, message: Message): Aimed {
  const { name } = message;
  if (name === undefined) throw missing("params.name", "the prompt");
  const { upstream, nameJson } = promptRoute(snapshot, name);
  return { upstream, message: message.withName(nameJson) };
}

function aimAtResource(snapshot: Snapshot, message: Message): Aimed {
  const { uri } = message;
  if (uri === undefined) throw missing("params.uri", "the resource");
  const route = resourceRoute(snapshot, uri);
  if (!isQualified(uri)) return { upstream: route.upstream, message };
  return {
    upstream: route.upstream,
    message: message.withUri(json(route.uri)),
    answer: (response) => withQualifiedContents(response, route.upstream),
  };
}

function aimAtReference(snapshot: Snapshot, message: Message): Aimed {
  const params = message.paramsBytes ?? EMPTY;
  const ref = memberOf(params, "ref") ?? EMPTY;
  const name = stringOf(memberOf(ref, "name"));
  const uri = stringOf(memberOf(ref, "uri"));
  const isPrompt = stringOf(memberOf(ref, "type")) === "ref/prompt";
  const named = isPrompt ? name : uri;
  if (named === undefined) throw missing(isPrompt ? "params.ref.name" : "params.ref.uri", "the prompt or template");
  let upstream: string;
  let own: Buffer;
  if (isPrompt) ({ upstream, nameJson: own } = promptRoute(snapshot, named));
  else {
    const route = resourceRoute(snapshot, named);
    upstream = route.upstream;
    own = json(route.uri);
  }
  const aimed = editObject(ref, { [isPrompt ? "name" : "uri"]: own });
  return { upstream, message: message.withParams(editObject(params, { ref: aimed })) };
}

function promptRoute({ prompts }: Snapshot, name: string) {
  const route = prompts.routes.get(name);
  if (route !== undefined) return route;
  throw new GatewayError("unknown_prompt", `Unknown prompt: ${name}`, { phase: "route", sent: false });
}

/** Who has a resource, and what it calls it. @throws GatewayError when nobody does */
export function resourceRoute({ resources, upstreams }: Snapshot, uri: string): ResourceRoute {
  const route = resources.route(uri);
  if (route !== undefined && upstreams.has(route.upstream)) return route;
  throw new GatewayError("unknown_resource", `Resource not found: ${uri}`, { phase: "route", sent: false });
}

/** The contents of a resource that was asked for with its upstream in front are called the same way. */
function withQualifiedContents(response: Message, upstream: string): Message {
  const contents = response.isError ? undefined : memberOf(response.outcome, "contents");
  if (contents === undefined) return response;
  const items = elementsOf(contents).map((item) => {
    const uri = stringOf(memberOf(item, "uri"));
    return uri === undefined ? item : replaceMember(item, "uri", json(qualify(upstream, uri)));
  });
  return response.withOutcome(editObject(response.outcome, { contents: joinArray(items) }));
}

function missing(member: string, what: string): GatewayError {
  return new GatewayError("invalid_request", `${member} is missing; name ${what}`, { phase: "route", sent: false });
}

function stringOf(value: Buffer | undefined): string | undefined {
  return value?.[0] === 0x22 ? (JSON.parse(value.toString()) as string) : undefined;
}

function json(text: string): Buffer {
  return Buffer.from(JSON.stringify(text));
}

const EMPTY = Buffer.from("{}");
