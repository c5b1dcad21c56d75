import { Message, UpstreamError } from "@shardgate/mcp-wire";
import { expect, it } from "vitest";
import { GatewayError } from "../../../core/errors.ts";
import { type ScriptedServer, type StartOptions, startFront } from "./start-front.ts";

// mcpo 0.0.20 as recorded: with an API key, in front of server-everything and mcp-server-time (openwebui §2.4, peers §10).
// Where we differ on purpose, the row says how; MIGRATING.md lists the same.

export const PNG = "iVBORw0KGgo=";
const text = (value: string): object => ({ type: "text", text: value });

const RESULTS: Readonly<Record<string, unknown>> = {
  "get-tiny-image": {
    content: [text("Here's the image you requested:"), { type: "image", data: PNG, mimeType: "image/png" }],
  },
  image: { content: [{ type: "image", data: PNG, mimeType: "image/png" }] },
  audio: { content: [{ type: "audio", data: "UklGRg==", mimeType: "audio/wav" }] },
  "get-structured-content": {
    content: [text('{"temperature":33,"conditions":"Cloudy","humidity":82}')],
    structuredContent: { temperature: 33, conditions: "Cloudy", humidity: 82 },
  },
  structured: { content: [], structuredContent: { a: 1 } },
  number: { content: [text("42")] },
  "big-number": { content: [text("12345678901234567890.10")] },
  sentence: { content: [text("Operation completed successfully")] },
  empty: { content: [] },
  "get-resource-reference": {
    content: [
      text("Returning resource reference for Resource 1:"),
      { type: "resource", resource: { uri: "demo://text/1", text: "the text", mimeType: "text/plain" } },
      text("You can access this resource using the URI: demo://text/1"),
    ],
  },
  blob: { content: [{ type: "resource", resource: { uri: "demo://blob/1", blob: PNG, mimeType: "image/png" } }] },
  link: { content: [text("Here is 1 link"), { type: "resource_link", uri: "demo://text/1", name: "one" }] },
  page: {
    content: [{ type: "resource", resource: { uri: "ui://table", text: "<p>Routes</p>", mimeType: "text/html" } }],
  },
  asks: { resultType: "input_required", inputRequests: {} },
  fails: { content: [text("Error processing query: Invalid timezone: 'Nope'")], isError: true },
};

const ERRORS: Readonly<Record<string, () => unknown>> = {
  "rpc-32700": () => rpcError(-32700),
  "rpc-32600": () => rpcError(-32600),
  "rpc-32601": () => rpcError(-32601),
  "rpc-32602": () => rpcError(-32602),
  "rpc-32603": () => rpcError(-32603),
  "rpc-1": () => rpcError(-1),
  down: () => gatewayError("upstream_unavailable", false),
  slow: () => gatewayError("upstream_timeout", true),
  overloaded: () => rpcError(-31013),
  limited: () => gatewayError("upstream_limited", false),
  bug: () => new UpstreamError("crashed", "no one expects this here", { sent: true }),
};

function rpcError(code: number): Message {
  return Message.error("1", { code, message: "it says why", data: { more: 1 } });
}

function gatewayError(
  kind: "upstream_unavailable" | "upstream_timeout" | "upstream_limited",
  sent: boolean,
): GatewayError {
  return new GatewayError(kind, "up: it says why", { upstream: "up", phase: "call", sent });
}

export const up: ScriptedServer = {
  info: { name: "everything", version: "2.0.0" },
  instructions: "Use them well.",
  tools: [
    {
      name: "echo",
      description: "Echoes",
      inputSchema: { type: "object", properties: { message: { type: "string" } }, required: ["message"] },
    },
    {
      name: "get-sum",
      inputSchema: {
        type: "object",
        properties: { a: { type: "number" }, b: { type: "number" } },
        required: ["a", "b"],
      },
    },
    {
      name: "strict",
      inputSchema: {
        type: "object",
        properties: {
          level: { enum: ["low", "high"] },
          count: { type: "integer", minimum: 1 },
          tags: { type: "array", items: { type: "string" } },
        },
        additionalProperties: false,
      },
    },
    ...[...Object.keys(RESULTS), ...Object.keys(ERRORS)].map((name) => ({ name, inputSchema: { type: "object" } })),
    { name: "a name/that is no {identifier}", inputSchema: { type: "object" } },
  ],
  answer(name, args) {
    const failure = ERRORS[name]?.();
    if (failure instanceof Error) throw failure;
    if (failure !== undefined) return failure;
    const { message, a, b } = args as { message?: string; a?: number; b?: number };
    if (name === "echo") return { content: [text(`Echo: ${message}`)] };
    if (name === "get-sum") return { content: [text(`The sum of ${a} and ${b} is ${Number(a) + Number(b)}.`)] };
    return RESULTS[name] ?? { content: [text(JSON.stringify(args))] };
  },
};

/** One request and what mcpo answers to it. */
export interface Row {
  readonly what: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** A string goes out as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly status: number;
  readonly is?: unknown;
  readonly has?: Record<string, string | null>;
}

export const KEY = { authorization: "Bearer k" };

/** Holds the front to the rows; `usual` are headers that every request has. */
export function itAnswers(
  rows: readonly Row[],
  options: Omit<StartOptions, "servers">,
  usual: Readonly<Record<string, string>> = {},
): void {
  it.each(rows)("$what: $path", async ({ path, method = "POST", headers, body, status, is, has }) => {
    const { ask } = startFront({ servers: { up }, ...options });
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await ask(method, path, { headers: { ...type, ...usual, ...headers }, ...sent });
    expect({ status: answer.status, body: is === undefined ? undefined : answer.json }).toEqual({ status, body: is });
    for (const [name, value] of Object.entries(has ?? {})) expect(answer.headers.get(name)).toEqual(value);
  });
}
