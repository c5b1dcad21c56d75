// How Open WebUI 0.12 reads an OpenAPI document (openwebui §1.2, "Conversion to tools").
import { isJson, type Json, type ModelTool } from "./outcome.ts";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const;

export interface OpenApiTool extends ModelTool {
  readonly method: string;
  readonly path: string;
  /** Where each argument goes that is no part of the body. */
  readonly places: Readonly<Record<string, string>>;
}

export function toolsOf(document: Json): readonly OpenApiTool[] {
  const tools: OpenApiTool[] = [];
  for (const [path, item] of Object.entries(document["paths"] as Record<string, Json>)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!isJson(operation) || typeof operation["operationId"] !== "string") continue;
      const named = [item["parameters"], operation["parameters"]].flatMap((list) => (list ?? []) as Json[]);
      const parameters = named.filter(({ name }) => typeof name === "string");
      const own = parameters.map(({ name, schema, description }) => {
        const { type, items, enum: values } = (schema ?? {}) as Json;
        const said = `${String(description ?? "")}${values === undefined ? "" : `. Possible values: ${String(values)}`}`;
        return [name, { type, description: said, ...(items !== undefined && { items }) }];
      });
      const content = (operation["requestBody"] as Json | undefined)?.["content"] as Json | undefined;
      const body = resolve((content?.["application/json"] as Json | undefined)?.["schema"], document, []);
      const { properties = {}, required = [] } = (isJson(body) ? body : {}) as {
        properties?: Json;
        required?: readonly string[];
      };
      const needed = [...parameters.filter((one) => one["required"] === true).map(({ name }) => name), ...required];
      tools.push({
        name: operation["operationId"],
        description: String(operation["description"] ?? operation["summary"] ?? ""),
        parameters: { type: "object", properties: { ...Object.fromEntries(own), ...properties }, required: needed },
        method: method.toUpperCase(),
        path,
        places: Object.fromEntries(parameters.map((one) => [one["name"], String(one["in"])])),
      });
    }
  }
  return tools;
}

/** A schema with what it refers to put in place, as far as that is looked for; `seen`: the references on the way here. */
function resolve(schema: unknown, document: Json, seen: readonly string[]): unknown {
  if (!isJson(schema)) return {};
  const { $ref } = schema;
  if (typeof $ref === "string") {
    if (!$ref.startsWith("#/components/") || seen.includes($ref)) return { type: "string" };
    const parts = $ref.slice(2).split("/");
    const target = parts.reduce<unknown>((at, part) => (isJson(at) ? at[part] : undefined), document);
    return resolve(target, document, [...seen, $ref]);
  }
  const inside = (value: unknown): unknown => resolve(value, document, seen);
  const resolved: Record<string, unknown> = { ...schema };
  if (isJson(schema["properties"])) {
    const entries = Object.entries(schema["properties"]).map(([name, property]) => [
      name,
      typed(inside(property) as Json),
    ]);
    resolved["properties"] = Object.fromEntries(entries);
  }
  if (schema["items"] !== undefined) resolved["items"] = inside(schema["items"]);
  for (const keyword of ["oneOf", "anyOf", "allOf"]) {
    const branches = schema[keyword];
    if (Array.isArray(branches)) resolved[keyword] = branches.map(inside);
  }
  return collapsed(resolved);
}

/** A nullable choice is its one branch that is not null. */
function collapsed(schema: Record<string, unknown>): unknown {
  const { anyOf, ...rest } = schema;
  if (rest["default"] === null) delete rest["default"];
  if (!Array.isArray(anyOf)) return rest;
  const branches = anyOf.filter((branch) => (branch as Json)["type"] !== "null");
  return branches.length === 1 && branches.length < anyOf.length
    ? { ...rest, ...(branches[0] as Json) }
    : { ...rest, anyOf };
}

const typed = (schema: Json): Json =>
  ["type", "anyOf", "properties"].some((keyword) => keyword in schema) ? schema : { ...schema, type: "string" };
