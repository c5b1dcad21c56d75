import { QUALIFIED_NAME_PATTERN } from "@shardgate/contract";
import type { z } from "zod";
import { argumentReader, type Read } from "./arguments.ts";
import { jsonSchemaOf, type JsonObject } from "./json-schema.ts";
import type { Log } from "./log.ts";

/**
 * What a tool does to the world (2026-07-28 schema, ToolAnnotations). The gateway repeats a failed call only for tools
 * that are read-only or idempotent, and clients ask before destructive ones; so all of it has to be said.
 */
export type ToolAnnotations =
  | { readonly readOnlyHint: true; readonly openWorldHint: boolean }
  | {
      readonly readOnlyHint: false;
      /** True when it may delete or overwrite; false when it only adds. */
      readonly destructiveHint: boolean;
      /** True when a second call with the same arguments changes nothing more. */
      readonly idempotentHint: boolean;
      /** True when it reaches beyond the service it belongs to. */
      readonly openWorldHint: boolean;
    };

/** What a tool may know and do while it runs. */
export interface ToolContext {
  /** Aborts when the client cancels, the tool's time is up, or the shard stops. Pass it to every fetch and wait. */
  readonly signal: AbortSignal;
  /** Names this call in the logs of gateway and shard. */
  readonly requestId: string;
  readonly log: Log;
  /** Tells the client how far the call is; `done` must grow. Does nothing where the client did not ask for it. */
  progress(done: number, total?: number, message?: string): void;
}

/** An object, or a union of objects: MCP takes no other structured results in its older revisions. */
type OutputSchema = z.ZodType<object>;
type Returned<O> = [O] extends [z.ZodType] ? z.input<O> : string;

export interface ToolOptions<I extends z.ZodObject, O extends OutputSchema | undefined> {
  /** Letters, digits, `_` and `-`; short, as the shard's name and `__` go in front of it and models see 48 characters. */
  readonly name: string;
  /** For people, in lists and dialogs. */
  readonly title?: string;
  /** For the model: what it does, when to use it, what it does not do. */
  readonly description: string;
  /** Arguments. Describe each (`.describe()`): the model reads it, and it is part of the answer to a wrong argument. */
  readonly input: I;
  /** The structured result; without it the tool returns text. */
  readonly output?: O;
  readonly annotations: ToolAnnotations;
  /** Longest run in milliseconds; then the signal aborts and the client gets an error. Default 10 minutes. */
  readonly timeout?: number;
  /** The result as a short text, for the models and clients that read text only. Default: the result as JSON. */
  readonly text?: (result: O extends z.ZodType ? z.output<O> : string) => string;
  /** Does the work. Throw a {@link ToolError} for what the model should know. */
  readonly run: (input: z.output<I>, context: ToolContext) => Returned<O> | Promise<Returned<O>>;
}

/** A tool with its types behind it: made by {@link defineTool}, listed and run by the shard. */
export interface Tool {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly timeout: number;
  /** Arguments as {@link Tool.run} takes them. */
  read(args: JsonObject): Read<unknown>;
  /** @throws whatever the tool throws */
  run(input: unknown, context: ToolContext): unknown;
  /** A returned value as structured result and text, or what is wrong with it. */
  write(value: unknown): Read<{ readonly structured?: JsonObject; readonly text: string }>;
}

/**
 * One thing a shard can do. Types of arguments and result follow from the schemas.
 *
 * @throws TypeError when the name is outside the grammar or a schema cannot be told to clients
 */
export function defineTool<I extends z.ZodObject, O extends OutputSchema | undefined = undefined>(
  options: ToolOptions<I, O>,
): Tool {
  const { name, title, description, annotations, output } = options;
  if (!QUALIFIED_NAME_PATTERN.test(name)) {
    throw new TypeError(`Tool name ${JSON.stringify(name)} must match ${QUALIFIED_NAME_PATTERN.source}`);
  }
  // An argument that nobody reads is a wish silently dropped: say so, unless the tool takes any on purpose.
  const input = options.input.def.catchall === undefined ? options.input.strict() : options.input;
  const inputSchema = schemaOf(name, "input", input);
  return {
    name,
    ...(title !== undefined && { title }),
    description,
    annotations,
    inputSchema,
    ...(output && { outputSchema: schemaOf(name, "output", output) }),
    timeout: options.timeout ?? 600_000,
    read: argumentReader(name, input, inputSchema),
    // Sound because `read` made the input, but the two meet only in the shard, which knows no types.
    run: (value, context) => options.run(value as z.output<I>, context),
    write: (value) => write(options, value),
  };
}

function schemaOf(tool: string, side: "input" | "output", schema: z.ZodType): JsonObject {
  try {
    return jsonSchemaOf(schema, side);
  } catch (error) {
    throw new TypeError(`Tool ${tool}: its ${side} ${(error as Error).message}`, { cause: error });
  }
}

function write<O extends OutputSchema | undefined>(
  { output, text }: Pick<ToolOptions<z.ZodObject, O>, "output" | "text">,
  value: unknown,
): ReturnType<Tool["write"]> {
  type Result = Parameters<NonNullable<typeof text>>[0];
  if (output === undefined) {
    if (typeof value !== "string") return { ok: false, problem: "without an output schema it must return a text" };
    return { ok: true, value: { text: text?.(value as Result) ?? value } };
  }
  const parsed = output.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `\`${issue.path.join(".")}\`: ${issue.message}`);
    return { ok: false, problem: problems.join("; ") };
  }
  const structured = parsed.data as JsonObject;
  return { ok: true, value: { structured, text: text?.(structured as Result) ?? JSON.stringify(structured) } };
}
