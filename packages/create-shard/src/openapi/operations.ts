import * as z from "zod";
import type { OpenApiDocument } from "./read-document.ts";
import { resolveRef, zodCode } from "./zod-code.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "body";
  readonly required: boolean;
  readonly description: string;
  /** The zod schema of its value, as code. */
  readonly code: string;
}

/** What a tool is drafted from; all its texts are plain enough to stand in code once they are quoted. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly id: string | undefined;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
}

const METHODS = ["get", "post", "put", "patch", "delete"] as const;
const JSON_TYPE = /^application\/(.+\+)?json\b/;

/** In a path that becomes code, only what means nothing there. */
const PLAIN_PATH = /^\/([A-Za-z0-9\-._~:@!&'()*+,;=/]|\{[A-Za-z_][\w.-]*\})*$/;
const PLAIN_NAME = /^[A-Za-z_][\w.-]{0,63}$/;

const text = z.string().catch("");
const operationSchema = z.looseObject({
  operationId: z.string().optional().catch(undefined),
  summary: text,
  description: text,
  parameters: z.array(z.unknown()).catch([]),
  requestBody: z.unknown().optional(),
});
const parameterSchema = z.looseObject({
  name: z.string().regex(PLAIN_NAME),
  in: z.enum(["path", "query", "header", "cookie"]),
  required: z.boolean().catch(false),
  description: text,
  schema: z.unknown(),
});
const objectSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()),
  required: z.array(z.string()).catch([]),
});

/** The operations of a document that can be told as tools, and why others cannot. */
export function readOperations(document: OpenApiDocument): {
  readonly operations: readonly Operation[];
  readonly leftOut: readonly string[];
} {
  const operations: Operation[] = [];
  const leftOut: string[] = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const parsed = operationSchema.safeParse(item[method]);
      if (!parsed.success) continue;
      const read = readOperation(method, path, parsed.data, item["parameters"], document);
      if (typeof read === "string") leftOut.push(`${method.toUpperCase()} ${path}: ${read}`);
      else operations.push(read);
    }
  }
  return { operations, leftOut };
}

function readOperation(
  method: string,
  path: string,
  operation: z.output<typeof operationSchema>,
  shared: unknown,
  document: OpenApiDocument,
): Operation | string {
  if (!PLAIN_PATH.test(path)) return "its path has characters that we do not put into code";
  const found = new Map<string, Parameter>();
  for (const node of [...(Array.isArray(shared) ? (shared as unknown[]) : []), ...operation.parameters]) {
    const parsed = parameterSchema.safeParse(resolveRef(node, document));
    if (!parsed.success) return "one of its parameters cannot be read";
    const { name, in: place, required, description, schema } = parsed.data;
    if (place === "header" || place === "cookie") {
      if (required) return `it needs the ${place} ${name}`;
      continue;
    }
    const code = zodCode(schema, document);
    found.set(name, {
      name,
      in: place,
      required: required || place === "path",
      description: told(description, name),
      code: place === "query" ? inQuery(code) : code,
    });
  }
  const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name as string);
  for (const name of inPath) {
    if (found.get(name)?.in !== "path")
      found.set(name, { name, in: "path", required: true, description: told("", name), code: "z.string()" });
  }
  const body = bodyOf(operation.requestBody, document);
  if (typeof body === "string") return body;
  for (const parameter of body) {
    if (found.has(parameter.name)) return `${parameter.name} is both a parameter and in its body`;
    found.set(parameter.name, parameter);
  }
  const { operationId: id, summary, description } = operation;
  return {
    method: method.toUpperCase(),
    path,
    id,
    summary: firstLine(summary || description),
    parameters: [...found.values()],
  };
}

/** A query takes plain values and lists of texts. */
const inQuery = (code: string): string =>
  /^z\.(string|int|number|boolean|enum)\(|^z\.array\(z\.(string|enum)\(/.test(code) ? code : "z.string()";

/** The properties of a JSON body; a reason where it is something else. */
function bodyOf(node: unknown, document: OpenApiDocument): readonly Parameter[] | string {
  const body = resolveRef(node, document) as
    | { content?: Record<string, { schema?: unknown }>; required?: boolean }
    | undefined;
  if (body === undefined || typeof body !== "object") return [];
  const json = Object.entries(body.content ?? {}).find(([type]) => JSON_TYPE.test(type))?.[1];
  if (json === undefined) return body.required === true ? "its body is not JSON" : [];
  const schema = objectSchema.safeParse(resolveRef(json.schema, document));
  if (!schema.success) return "its body is no plain object";
  const { properties, required } = schema.data;
  return Object.entries(properties)
    .filter(([name]) => PLAIN_NAME.test(name))
    .map(([name, property]) => {
      const { description } = z
        .looseObject({ description: text })
        .catch({ description: "" })
        .parse(resolveRef(property, document));
      return {
        name,
        in: "body" as const,
        required: required.includes(name),
        description: told(description, name),
        code: zodCode(property, document),
      };
    });
}

const firstLine = (of: string): string => (of.trim().split("\n")[0] ?? "").slice(0, 300);
const told = (description: string, name: string): string => firstLine(description) || `The service's ${name}`;
