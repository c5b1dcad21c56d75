// An upstream whose tools give every shape of name, schema and result that Open WebUI treats in a way of its own (openwebui §1.2-1.3).
import { crc32, deflateSync } from "node:zlib";
import { PNG, WAV } from "../fixture/media.ts";
import { resultFor, sendJson, startRawUpstream, type RawUpstream, type Script } from "../support/raw-upstream.ts";
import type { Json } from "./model/outcome.ts";

/** A picture that a person can see: one colour, 160 by 60. */
function picture(): string {
  const [width, height] = [160, 60];
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const numbers = Buffer.alloc(8);
    numbers.writeUInt32BE(data.length, 0);
    numbers.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([numbers.subarray(0, 4), body, numbers.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, height, 8, 2, 0, 0, 0]);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([0x2b, 0x8a, 0x6e]))]);
  const rows = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const parts = [chunk("IHDR", header), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts]).toString("base64");
}

const text = (said: string): Json => ({ type: "text", text: said });
const sum = { type: "object", properties: { sum: { type: "number" } }, required: ["sum"] };
const nothing = { type: "object", properties: {} };

/** A name that is too long for anybody, with characters that strict providers refuse. */
export const LONG_NAME = `status.get.${"of_every_service_of_the_house_".repeat(3)}now`;

/** A page to show in the chat. */
export const CARD = "<h1>Routes</h1>";

/** A schema with what the readers of documents stumble over. */
const order = {
  type: "object",
  $defs: {
    size: { type: "string", enum: ["small", "large"] },
    node: { type: "object", properties: { label: { type: "string" }, next: { $ref: "#/$defs/node" } } },
  },
  properties: {
    size: { $ref: "#/$defs/size" },
    count: { type: "integer", minimum: 1, maximum: 9, description: "How many" },
    note: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
    target: { oneOf: [{ type: "string" }, { type: "integer" }] },
    labels: { type: "object", additionalProperties: { $ref: "#/$defs/size" } },
    tree: { $ref: "#/$defs/node" },
  },
  required: ["size"],
};

interface Shape {
  readonly input?: Json;
  readonly output?: Json;
  /** A result, or what is made of the arguments. */
  readonly result?: Json | ((args: Json) => Json);
  readonly error?: Json;
}

const echo = (args: Json): Json => ({ content: [text(JSON.stringify(args))] });

const SHAPES: Readonly<Record<string, Shape>> = {
  plain: { result: { content: [text("The lamp is on.")] } },
  json_text: { result: { content: [text('{"on":true}')] } },
  two_texts: { result: { content: [text("one"), text("2")] } },
  structured_only: { output: sum, result: { content: [], structuredContent: { sum: 42 } } },
  structured_same: { output: sum, result: { content: [text('{"sum": 42}')], structuredContent: { sum: 42 } } },
  structured_differs: { output: sum, result: { content: [text("42")], structuredContent: { sum: 42 } } },
  picture: { result: { content: [{ type: "image", data: picture(), mimeType: "image/png" }] } },
  sound: { result: { content: [{ type: "audio", data: WAV, mimeType: "audio/wav" }] } },
  resource_text: {
    result: { content: [{ type: "resource", resource: { uri: "test://a", mimeType: "text/plain", text: "A note" } }] },
  },
  resource_picture: {
    result: { content: [{ type: "resource", resource: { uri: "test://b", mimeType: "image/png", blob: PNG } }] },
  },
  card: {
    result: {
      content: [{ type: "resource", resource: { uri: "ui://card", mimeType: "text/html", text: CARD } }],
    },
  },
  link: { result: { content: [{ type: "resource_link", uri: "test://manual", name: "Manual" }] } },
  empty: { result: { content: [] } },
  fails: { result: { content: [text("The lamp is off."), text("Switch it on.")], isError: true } },
  refuses: { error: { code: -32_012, message: "The house is locked" } },
  order: { input: order, result: echo },
  free_form: { input: { type: "object", additionalProperties: true }, result: echo },
  big: { result: { content: [text("x".repeat(1.5 * 1024 * 1024))] } },
  [LONG_NAME]: { result: { content: [text("All is well.")] } },
};

/** Serves them in one era. */
export function startShapes(era: "legacy" | "modern"): Promise<RawUpstream> {
  const scripts = Object.entries(SHAPES).map(([name, { result, error }]): [string, Script] => [
    name,
    (request, response) => {
      if (error !== undefined) {
        return sendJson(response, JSON.stringify({ jsonrpc: "2.0", id: request.message.id, error }));
      }
      const given = (request.message.params?.["arguments"] ?? {}) as Json;
      const made = typeof result === "function" ? result(given) : result;
      const head = era === "modern" ? { resultType: "complete" } : {};
      return sendJson(response, resultFor(request, JSON.stringify({ ...head, ...made })));
    },
  ]);
  const list = Object.entries(SHAPES).map(([name, { input = nothing, output }]) => ({
    name,
    description: `Gives ${name.slice(0, 20)}`,
    inputSchema: input,
    ...(output !== undefined && { outputSchema: output }),
  }));
  return startRawUpstream({ era, tools: Object.fromEntries(scripts), list: JSON.stringify(list) });
}
