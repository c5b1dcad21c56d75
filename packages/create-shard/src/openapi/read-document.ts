import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { UsageError, type Io } from "../io.ts";

const MAX_BYTES = 8 << 20;
const PATIENCE = 15_000;

/** As much of an OpenAPI document as drafts are made from; the rest stays unread. */
const documentSchema = z.looseObject({
  openapi: z.string("is missing: only OpenAPI 3 is read, no Swagger 2").regex(/^3\./, "is not 3.x"),
  paths: z.record(z.string(), z.looseObject({})),
});

export type OpenApiDocument = z.output<typeof documentSchema>;

/**
 * Reads an OpenAPI document, JSON or YAML, from a file or over HTTP.
 *
 * @throws UsageError when it cannot be had, is too large, or is none
 */
export async function readDocument(source: string, io: Io): Promise<OpenApiDocument> {
  const text = /^https?:\/\//.test(source) ? await download(source, io) : readLocal(resolve(io.cwd, source));
  let data: unknown;
  try {
    data = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new UsageError(`${source} is neither JSON nor YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  const document = documentSchema.safeParse(data);
  if (document.success) return document.data;
  const [issue] = document.error.issues;
  throw new UsageError(`${source} is no OpenAPI document: ${issue?.path.join(".") || "it"} ${issue?.message}`);
}

function readLocal(path: string): string {
  try {
    if (statSync(path).size > MAX_BYTES) throw new UsageError(`${path} is larger than ${MAX_BYTES} bytes.`);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`The OpenAPI document cannot be read: ${(error as Error).message}`);
  }
}

async function download(url: string, io: Io): Promise<string> {
  try {
    const response = await io.fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += (chunk as Uint8Array).byteLength;
      if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
      chunks.push(chunk as Uint8Array);
    }
    return Buffer.concat(chunks).toString("utf8");
  } catch (error) {
    throw new UsageError(`${url} cannot be read: ${(error as Error).message}`);
  }
}
