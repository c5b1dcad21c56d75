import type { Operation } from "../operation.ts";
import { COMPONENTS, toDocumentSchema } from "../schema/components.ts";
import type { Schema } from "../schema/json-schema.ts";
import type { Normalized } from "../schema/normalize.ts";
import { COMMON_RESPONSES, COMMON_SCHEMAS, failures, SECURITY_SCHEMES } from "./common-parts.ts";
import { ComponentNames, OperationNames } from "./names.ts";

/** One upstream as a document shows it. */
export interface ServerPart {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly description?: string | undefined;
}

export interface DocumentOptions {
  readonly info: { readonly title: string; readonly description: string; readonly version: string };
  /** Path in front of every path of the document, where there is one. */
  readonly url: string;
  readonly operationIds: "server" | "mcpo";
  readonly isKeyAsked: boolean;
}

/** The OpenAPI 3.1.0 document of one server, whose tools stand at its root. */
export function serverDocument(part: ServerPart, options: DocumentOptions): object {
  const builder = new Builder(options);
  for (const operation of part.operations) builder.add(part.name, operation, `/${segment(operation.name)}`, "");
  return builder.document();
}

/** The OpenAPI 3.1.0 document of all servers: paths, names and components begin with the server's name. */
export function aggregateDocument(parts: readonly ServerPart[], options: DocumentOptions): object {
  const builder = new Builder(options);
  for (const { name, operations } of parts) {
    for (const operation of operations) {
      const path = `/${segment(name)}/${segment(operation.name)}`;
      builder.add(name, operation, path, `${name}_`, { tags: [name] });
    }
  }
  const tags = parts.map(({ name, description }) => ({ name, ...(description !== undefined && { description }) }));
  return builder.document({ tags });
}

/** A name as one segment of a path. */
export function segment(name: string): string {
  return encodeURIComponent(name.toWellFormed());
}

class Builder {
  readonly #options: DocumentOptions;
  readonly #names = new OperationNames();
  readonly #components = new ComponentNames();
  readonly #paths: Record<string, object> = {};
  readonly #schemas: Record<string, Schema> = {};
  readonly #failures: Record<string, object>;

  constructor(options: DocumentOptions) {
    this.#options = options;
    this.#failures = failures(options.isKeyAsked);
    for (const name in COMMON_SCHEMAS) this.#schemas[this.#components.give(name)] = COMMON_SCHEMAS[name] as Schema;
  }

  add(server: string, operation: Operation, path: string, prefix: string, more: object = {}): void {
    const { title, description, annotations } = operation;
    this.#paths[path] = {
      post: {
        summary: title,
        ...(description !== undefined && { description }),
        operationId: this.#operationId(server, operation.name),
        ...more,
        ...this.#body(operation, prefix),
        responses: { 200: this.#result(operation, prefix), ...this.#failures },
        ...(this.#options.isKeyAsked && { security: [{ HTTPBearer: [] }] }),
        ...(annotations !== undefined && { "x-mcp-annotations": annotations }),
      },
    };
  }

  document(more: object = {}): object {
    const { info, url, isKeyAsked } = this.#options;
    return {
      openapi: "3.1.0",
      info,
      ...(url !== "" && { servers: [{ url }] }),
      ...more,
      paths: this.#paths,
      components: {
        schemas: this.#schemas,
        responses: COMMON_RESPONSES,
        ...(isKeyAsked && { securitySchemes: SECURITY_SCHEMES }),
      },
    };
  }

  #operationId(server: string, tool: string): string {
    const full = `${server}_${tool}`;
    if (this.#options.operationIds === "server") return this.#names.give(full);
    const word = (name: string): string => name.replace(/[^\p{L}\p{N}_]/gu, "_");
    return this.#names.give(`tool_${word(tool)}_post`, `tool_${word(full)}_post`);
  }

  /** A tool without arguments takes no body, and gets none from clients that look. */
  #body({ name, shape, shown, needsArguments, example }: Operation, prefix: string): object {
    if (shape === "none") return {};
    const schema = this.#schema(`${prefix}${name}_form_model`, shown);
    const content = { "application/json": { schema, ...(example !== undefined && { example }) } };
    return { requestBody: { content, required: needsArguments } };
  }

  #result({ name, title, output }: Operation, prefix: string): object {
    const named = { title: `Response Tool ${title} Post` };
    const schema =
      output === undefined ? named : { ...named, anyOf: [this.#schema(`${prefix}${name}_response_model`, output), {}] };
    return { description: "Successful Response", content: { "application/json": { schema } } };
  }

  /** Puts a schema among the components and refers to it. */
  #schema(wanted: string, schema: Normalized): object {
    const name = this.#components.give(wanted);
    const { root, components } = toDocumentSchema(schema, `${name}.`);
    this.#schemas[name] = "title" in root ? root : { ...root, title: wanted };
    // The dot is no part of a name given out, so these cannot meet another.
    for (const [inner, definition] of components) this.#schemas[inner] = definition;
    return { $ref: `${COMPONENTS}${name}` };
  }
}
