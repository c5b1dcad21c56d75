import type { ListedTool } from "@shardgate/mcp-wire";
import { exampleOf } from "./schema/example.ts";
import { isRecord, type Schema } from "./schema/json-schema.ts";
import { type Normalized, normalizeSchema } from "./schema/normalize.ts";
import { needsArguments, propertiesOfBranches } from "./schema/branches.ts";
import { referenced } from "./schema/types.ts";

/** Under this name a tool that takes whatever it gets is given its arguments, since an argument needs a name. */
export const FREE_FORM = "arguments";

/** What a tool takes: `none`, arguments by name, or `free`: an object whose members nobody names. */
export type Shape = "none" | "named" | "free";

/** One tool as this front offers it, made once from what its upstream lists. */
export interface Operation {
  /** The tool's own name. */
  readonly name: string;
  /** `Get Current Time` for `get_current_time`. */
  readonly title: string;
  readonly description: string | undefined;
  readonly annotations: Record<string, unknown> | undefined;
  readonly shape: Shape;
  /** Names of arguments that must be there. */
  readonly required: readonly string[];
  /** False where it can be called with nothing. */
  readonly needsArguments: boolean;
  /** Whether it may be given more than it names. */
  readonly takesMore: boolean;
  /** As the tool means it; what calls are checked against. */
  readonly input: Normalized;
  /** As documents show it: its arguments stand by name at the top. */
  readonly shown: Normalized;
  readonly output: Normalized | undefined;
  readonly example: unknown;
}

const made = new WeakMap<ListedTool, Operation>();

/** The operation of a tool, the same one for as long as the tool is listed. */
export function operationOf(tool: ListedTool): Operation {
  let operation = made.get(tool);
  if (operation === undefined) made.set(tool, (operation = makeOperation(tool)));
  return operation;
}

function makeOperation(tool: ListedTool): Operation {
  const listed = JSON.parse(tool.modern.toString()) as Record<string, unknown>;
  const text = (key: string): string | undefined => (typeof listed[key] === "string" ? listed[key] : undefined);
  const input = normalizeSchema(listed["inputSchema"]);
  const top = referenced(input.root, input.definitions) ?? input.root;
  const shown = withNamedArguments(input);
  const isFree = isFreeForm(top) || !input.isComplete;
  const hasArguments = Object.keys((shown.root["properties"] ?? {}) as object).length > 0;
  return {
    name: tool.name,
    title: text("title") ?? titleFrom(tool.name),
    description: text("description"),
    annotations: isRecord(listed["annotations"]) ? listed["annotations"] : undefined,
    shape: isFree ? "free" : hasArguments ? "named" : "none",
    required: (top["required"] as string[] | undefined) ?? [],
    needsArguments: needsArguments(top, input.definitions),
    takesMore: top["additionalProperties"] !== false,
    input,
    shown,
    output: isRecord(listed["outputSchema"]) ? normalizeSchema(listed["outputSchema"]) : undefined,
    example: isFree ? undefined : exampleOf(input),
  };
}

/**
 * A schema whose top has the properties that its alternatives have: readers take arguments from there alone
 * (openwebui §1.2). The alternatives stay.
 */
function withNamedArguments(input: Normalized): Normalized {
  const target = referenced(input.root, input.definitions);
  const root: Schema = target === undefined ? input.root : { ...target, ...without(input.root, "$ref") };
  if (isFreeForm(root) || !input.isComplete) return { ...input, root: freeForm(root) };
  // Where nothing but what is named may come, naming more would allow more.
  const more = [undefined, true].includes(root["additionalProperties"] as boolean)
    ? propertiesOfBranches(root, input)
    : {};
  const own = (root["properties"] ?? {}) as Record<string, Schema>;
  const properties = { ...own, ...more };
  const hasAny = Object.keys(properties).length > 0;
  return { ...input, root: { ...root, type: "object", ...(hasAny && { properties }) } };
}

function isFreeForm(root: Schema): boolean {
  if (Object.keys((root["properties"] ?? {}) as object).length > 0) return false;
  if (["$ref", "allOf", "anyOf", "oneOf"].some((keyword) => keyword in root)) return false;
  const more = root["additionalProperties"];
  return (
    "patternProperties" in root ||
    "minProperties" in root ||
    "propertyNames" in root ||
    (more !== undefined && more !== false)
  );
}

function freeForm(root: Schema): Schema {
  const { description, title, ...rest } = root;
  const named = {
    description: "All arguments of the tool, by their names.",
    ...without(rest, "type"),
    type: "object",
  };
  const isNeeded = ((root["required"] as string[] | undefined) ?? []).length > 0;
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    type: "object",
    properties: { [FREE_FORM]: named },
    ...(isNeeded && { required: [FREE_FORM] }),
  };
}

function without(schema: Schema, ...keywords: readonly string[]): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));
}

/** As Python's `str.title` makes it of words joined by underscores. */
function titleFrom(name: string): string {
  return name
    .replaceAll("_", " ")
    .replace(/[A-Za-z\u00c0-\uffff]+/g, (word) => word[0]!.toUpperCase() + word.slice(1).toLowerCase());
}
