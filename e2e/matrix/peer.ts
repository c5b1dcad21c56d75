// What a feature needs of a client, whoever built it.
import type { Json } from "../fixture/surface.ts";

export interface Heard {
  readonly method: string;
  readonly params: Json;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Json) => void;
}

/** A connected client. Questions of the server it answers by itself, from `answers`. */
export interface Peer {
  readonly era: "legacy" | "modern";
  readonly instructions: string | undefined;
  readonly capabilities: Json;
  /** @throws RpcError for an error of the protocol, anything else for what never came to an answer */
  readonly request: (method: string, params?: Json, options?: RequestOptions) => Promise<Json>;
  /** Notifications so far, but those of progress. */
  readonly heard: readonly Heard[];
  /** Methods and params of what it was asked so far. */
  readonly asked: readonly Heard[];
  /** Wants to hear of changed lists and of one resource, in the way of its era; resolves when that is agreed. */
  readonly listen: (uri: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export const declared = { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };

/** What the person, the model and the roots at every client are. */
export function answerTo(method: string, params: Json): Json {
  if (method === "roots/list") return { roots: [{ uri: "file:///home/ada", name: "home" }] };
  if (method === "sampling/createMessage") {
    return { role: "assistant", model: "parrot", stopReason: "endTurn", content: { type: "text", text: "Paris" } };
  }
  if (params["mode"] === "url") return { action: "accept" };
  const { properties = {} } = (params["requestedSchema"] ?? {}) as { readonly properties?: Json };
  const values: Json = { string: "Ada", boolean: true, integer: 30, number: 1.5 };
  const content = Object.entries(properties).map(([name, property]) => {
    const { type, default: value } = property as Json;
    return [name, value ?? values[String(type)]];
  });
  return { action: "accept", content: Object.fromEntries(content) };
}

export const clientInfo = { name: "matrix", version: "1.0.0" };
