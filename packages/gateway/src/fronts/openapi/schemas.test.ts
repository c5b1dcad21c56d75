import type { ListedTool } from "@shardgate/mcp-wire";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { operationOf } from "./operation.ts";
import { isRecord } from "./schema/json-schema.ts";
import { documentOf, tool } from "./testing/documents.ts";
import { expand, inputSchemas, instances, walk } from "./testing/schemas.ts";

const listed = (name: string, inputSchema: object): ListedTool => {
  const bytes = Buffer.from(JSON.stringify(tool(name, inputSchema)));
  return { name, modern: bytes, legacy: bytes };
};

async function componentsOf(inputSchema: object): Promise<Record<string, Record<string, unknown>>> {
  return (await documentOf({ tools: [tool("t", inputSchema)] })).components.schemas;
}

describe("documents of generated schemas", () => {
  it("are valid, without a circle, and say the type of every argument; nothing is lost", async () => {
    await fc.assert(
      fc.asyncProperty(inputSchemas, fc.array(instances, { minLength: 5, maxLength: 5 }), async (schema, values) => {
        const { components } = await documentOf({ tools: [tool("t", schema)] });
        const { schemas } = components;
        // Open WebUI's page would drop every server.
        for (const name of Object.keys(schemas)) expand({ $ref: `#/components/schemas/${name}` }, schemas);
        for (const [path, value] of walk(schemas)) {
          if (
            path.at(-2) !== "properties" ||
            !isRecord(value) ||
            path[0] === "ValidationError" ||
            path[0] === "ToolError"
          )
            continue;
          expect(
            ["type", "$ref", "anyOf"].some((keyword) => keyword in value),
            path.join("/"),
          ).toBe(true);
        }
        const shape = operationOf(listed("t", schema)).shape;
        expect("t_form_model" in schemas).toBe(shape !== "none");
        if (shape !== "named") return;
        const [before, after] = [compile(schema), compile(asOne(schemas))];
        // A reference to nothing but itself means nothing, and does not compile.
        if (before === undefined || after === undefined) return;
        for (const value of values) {
          // What its alternatives say of an argument is said at the top too, of all of them: no value more may pass.
          const hasAlternatives = ["anyOf", "oneOf"].some((keyword) => keyword in schema);
          if (after(value) || !hasAlternatives) expect(after(value)).toBe(before(value));
        }
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});

/** The schema of the tool `t`, with the components as definitions. */
function asOne(schemas: Record<string, unknown>): object {
  const text = JSON.stringify({ $ref: "#/components/schemas/t_form_model", $defs: schemas });
  return JSON.parse(
    text.replaceAll("#/components/schemas/", "#/$defs/").replaceAll('"$dynamicRef":"#', '"$ref":"#/$defs/'),
  ) as object;
}

function compile(schema: object): ((value: unknown) => boolean) | undefined {
  const { $schema: _, ...rest } = schema as Record<string, unknown>;
  const ajv = new Ajv2020({ strict: false, validateSchema: false, logger: false, ownProperties: true });
  let check: ValidateFunction;
  try {
    check = ajv.compile(rest);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return (value) => {
    try {
      return check(value);
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  };
}

describe("schemas", () => {
  it("keep what mcpo loses, with definitions among the components", async () => {
    const schemas = await componentsOf({
      type: "object",
      properties: {
        level: { type: "string", enum: ["low", "high"], pattern: "^l", maxLength: 4 },
        size: { $ref: "#/$defs/Size" },
        either: { anyOf: [{ type: "string" }, { type: "null" }] },
      },
      $defs: { Size: { oneOf: [{ type: "integer" }, { const: "all" }] } },
      additionalProperties: false,
    });
    expect(schemas["t_form_model"]).toEqual({
      type: "object",
      title: "t_form_model",
      properties: {
        level: { type: "string", enum: ["low", "high"], pattern: "^l", maxLength: 4 },
        size: { $ref: "#/components/schemas/t_form_model.Size" },
        either: { anyOf: [{ type: "string" }, { type: "null" }] },
      },
      additionalProperties: false,
    });
    expect(schemas["t_form_model.Size"]).toEqual({
      type: ["integer", "string"],
      oneOf: [{ type: "integer" }, { const: "all" }],
    });
  });

  it("keep a recursion, in a way that nobody follows without end", async () => {
    const schemas = await componentsOf({
      type: "object",
      properties: { root: { $ref: "#/definitions/node" } },
      definitions: {
        node: { type: "object", properties: { children: { type: "array", items: { $ref: "#/definitions/node" } } } },
      },
    });
    expect(schemas["t_form_model.node"]).toEqual({
      $dynamicAnchor: "t_form_model.node",
      type: "object",
      properties: { children: { type: "array", items: { type: "object", $dynamicRef: "#t_form_model.node" } } },
    });
  });

  it("put a target in place where some readers would not look", async () => {
    const schemas = await componentsOf({
      type: "object",
      properties: { map: { type: "object", additionalProperties: { $ref: "#/$defs/leaf" } } },
      $defs: { leaf: { type: "string", enum: ["x"] } },
    });
    expect(schemas["t_form_model"]?.["properties"]).toEqual({
      map: { type: "object", additionalProperties: { type: "string", enum: ["x"] } },
    });
  });

  it("show the arguments of alternatives at the top, and free ones under a name", async () => {
    const union = await componentsOf({
      oneOf: [
        { type: "object", properties: { id: { type: "integer" } }, required: ["id"] },
        { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
      ],
    });
    expect(union["t_form_model"]).toMatchObject({
      type: "object",
      properties: { id: { type: "integer" }, name: { type: "string" } },
      oneOf: [{ required: ["id"] }, { required: ["name"] }],
    });
    const free = await componentsOf({ type: "object", additionalProperties: { type: "string" } });
    expect(free["t_form_model"]).toMatchObject({ properties: { arguments: { type: "object" } } });
  });

  it("read older drafts, and what leads elsewhere as anything", async () => {
    const schemas = await componentsOf({
      $schema: "http://json-schema.org/draft-04/schema#",
      type: "object",
      properties: {
        above: { type: "number", minimum: 0, exclusiveMinimum: true },
        pair: { type: "array", items: [{ type: "string" }], additionalItems: false },
        far: { description: "Far.", $ref: "https://example.com/schema.json#/x" },
        lost: { $ref: "#/$defs/none" },
        both: { id: "#b", type: "string", nullable: true },
      },
      dependencies: { above: ["pair"] },
    });
    const anything = ["string", "number", "boolean", "object", "array", "null"];
    expect(schemas["t_form_model"]).toMatchObject({
      properties: {
        above: { type: "number", exclusiveMinimum: 0 },
        pair: { type: "array", prefixItems: [{ type: "string" }], items: false },
        far: { type: anything, description: "Far. (Defined elsewhere: https://example.com/schema.json#/x)" },
        lost: { type: anything, description: "(Defined elsewhere: #/$defs/none)" },
        both: { type: ["string", "null"] },
      },
      dependentRequired: { above: ["pair"] },
    });
  });

  it.each([
    ["no object", "x"],
    [
      "malformed keywords",
      { type: "any", properties: 5, required: "a", enum: {}, minLength: -1, items: 7, allOf: [], discriminator: 1 },
    ],
    ["a reference where values are", { type: "object", properties: { a: { default: { $ref: "#/x" } } } }],
    ["itself", { $ref: "#" }],
    ["a circle of references", { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } }],
    ["a billion laughs", laughs(40)],
    [
      "40,000 properties",
      { type: "object", properties: Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`p${i}`, {}])) },
    ],
    [
      "names that mean something to JavaScript",
      JSON.parse(
        '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}},"__proto__":{"a":1}}',
      ),
    ],
  ])("survive %s, beside a tool that is sane", async (_, schema) => {
    const tools = [
      { name: "bad", inputSchema: schema },
      tool("good", { type: "object", properties: { a: { type: "string" } } }),
    ];
    const { paths, components } = await documentOf({ tools });
    expect(Object.keys(paths)).toEqual(["/bad", "/good"]);
    expect(components.schemas["good_form_model"]).toMatchObject({ properties: { a: { type: "string" } } });
  });
});

/** Each definition names the next one twice: 2^n schemas for whoever puts targets in place. */
function laughs(count: number): object {
  const definition = (index: number): object =>
    index === count
      ? { type: "string" }
      : { type: "object", properties: { a: { $ref: `#/$defs/${index + 1}` }, b: { $ref: `#/$defs/${index + 1}` } } };
  const $defs = Object.fromEntries(Array.from({ length: count + 1 }, (_, index) => [index, definition(index)]));
  return { type: "object", properties: { a: { $ref: "#/$defs/0" } }, $defs };
}
