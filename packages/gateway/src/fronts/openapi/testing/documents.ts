import { Validator } from "@seriousme/openapi-schema-validator";
import { expect } from "vitest";
import { type ScriptedServer, startFront } from "./start-front.ts";

export interface Document {
  readonly paths: Record<string, { post: Record<string, unknown> & { operationId: string } }>;
  readonly components: { readonly schemas: Record<string, Record<string, unknown>> };
}

export const tool = (name: string, inputSchema: object = { type: "object" }): object => ({ name, inputSchema });

/** Made once: it compiles the schema of OpenAPI. */
const validator = new Validator();

/** The document of one server, once a validator has taken it. */
export async function documentOf(server: ScriptedServer, path = "/up/openapi.json"): Promise<Document> {
  const { ask } = startFront({ servers: { up: server } });
  const { json } = await ask("GET", path);
  expect(await validator.validate(json as Record<string, unknown>)).toMatchObject({ valid: true });
  return json as Document;
}
