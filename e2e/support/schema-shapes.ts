// An upstream with a tool for each shape of arguments, which says back what it got.
import { type RawUpstream, resultFor, sendJson, startRawUpstream } from "./raw-upstream.ts";

const text = { type: "string" };

/** Schemas by tool, as upstreams of all ages write them. */
export const SHAPES: Readonly<Record<string, object>> = {
  nothing: { type: "object", properties: {}, additionalProperties: false },
  plain: {
    type: "object",
    properties: {
      text,
      count: { type: "integer", minimum: 1, maximum: 10 },
      loud: { type: "boolean", default: false },
    },
    required: ["text"],
  },
  choices: {
    type: "object",
    properties: { level: { type: "string", enum: ["low", "high"] }, mode: { const: "fast" } },
    required: ["level"],
    additionalProperties: false,
  },
  nullable: { type: "object", properties: { note: { anyOf: [text, { type: "null" }], default: null } } },
  nested: {
    type: "object",
    properties: { points: { type: "array", items: { $ref: "#/$defs/point" }, maxItems: 3 } },
    required: ["points"],
    $defs: {
      point: { type: "object", properties: { x: { type: "number" }, y: { type: "number" } }, required: ["x", "y"] },
    },
  },
  alternatives: {
    type: "object",
    properties: { id: { type: "integer" }, name: text },
    anyOf: [{ required: ["id"] }, { required: ["name"] }],
  },
  "pair-of-2019": {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: { pair: { type: "array", items: [text, { type: "integer" }], additionalItems: false } },
  },
  "a.name_with-marks": { type: "object", properties: { limit: { type: "number", exclusiveMinimum: 0 } } },
};

export function startShapes(): Promise<RawUpstream> {
  const names = Object.keys(SHAPES);
  const list = JSON.stringify(
    names.map((name) => ({ name, description: `Says back what ${name} got.`, inputSchema: SHAPES[name] })),
  );
  return startRawUpstream({
    era: "modern",
    list,
    tools: Object.fromEntries(
      names.map((name) => [
        name,
        (request, response) => {
          const said = JSON.stringify(JSON.stringify({ got: request.message.params?.["arguments"] }));
          sendJson(
            response,
            resultFor(request, `{"resultType":"complete","content":[{"type":"text","text":${said}}]}`),
          );
        },
      ]),
    ),
  });
}
