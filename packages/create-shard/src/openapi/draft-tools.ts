import { QUALIFIED_NAME_LENGTH } from "@shardgate/contract";
import type { Names } from "../rename.ts";
import type { Files } from "../scaffold.ts";
import { readOperations, type Operation } from "./operations.ts";
import type { OpenApiDocument } from "./read-document.ts";

export interface Drafts {
  readonly files: Files;
  /** Operations without a draft, and why. */
  readonly leftOut: readonly string[];
}

/** More tools than that help no model. */
const MOST = 40;

/** Names that the shard has already, and words of the language. */
const TAKEN = ["check_status", "index"];
const KEYWORDS = new Set(
  "break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with yield let static await async".split(
    " ",
  ),
);

/** Drafts a tool for each operation of a service: a file each, and the list with all of them. */
export function draftTools(document: OpenApiDocument, names: Names): Drafts {
  const { operations, leftOut } = readOperations(document);
  const longest = QUALIFIED_NAME_LENGTH - names.name.length - 2;
  const taken = new Set(TAKEN);
  const drafts = operations
    .slice(0, MOST)
    .map((operation) => ({ operation, tool: toolName(operation, taken, longest) }));
  const more = operations
    .slice(MOST)
    .map(({ method, path }) => `${method} ${path}: more than ${MOST} tools help no model`);
  const files: Files = new Map(
    drafts.map(({ operation, tool }) => [`src/tools/${kebab(tool)}.ts`, toolFile(operation, tool, names)]),
  );
  files.set("src/tools/index.ts", listFile(drafts.map(({ tool }) => tool)));
  return { files, leftOut: [...leftOut, ...more] };
}

const kebab = (tool: string): string => tool.replaceAll("_", "-");
const camel = (tool: string): string => tool.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** `getItemById` is get_item_by_id; without an operationId, method and path make the name. */
function toolName({ id, method, path }: Operation, taken: Set<string>, longest: number): string {
  const words = (id ?? `${method} ${path}`)
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+/, "")
    .slice(0, longest)
    .replace(/_+$/, "");
  const base = words === "" ? "call" : KEYWORDS.has(camel(words)) ? `${words}_it` : words;
  let name = base;
  for (let count = 2; taken.has(name); count += 1) name = `${base.slice(0, longest - 3)}_${count}`;
  taken.add(name);
  return name;
}

const annotations: Readonly<Record<string, string>> = {
  GET: "{ readOnlyHint: true, openWorldHint: false }",
  PUT: "{ readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false }",
  DELETE: "{ readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false }",
};
const CAREFUL = "{ readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false }";

const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));
const value = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) ? `input.${name}` : `input[${JSON.stringify(name)}]`;

function toolFile(operation: Operation, tool: string, names: Names): string {
  const { method, path, summary, parameters } = operation;
  const description = `${summary.replace(/[.\s]+$/, "") || `${method} ${path} of ${names.title}`}. ${
    method === "GET" ? "It changes nothing." : `It sends ${method} ${path}.`
  }`;
  const fields = parameters.map(
    ({ name, code, required, description: what }) =>
      `      ${key(name)}: ${code}${required ? "" : ".optional()"}.describe(${JSON.stringify(what)}),`,
  );
  const of = (place: string): string =>
    parameters
      .filter(({ in: where }) => where === place)
      .map(({ name }) => `${key(name)}: ${value(name)}`)
      .join(", ");
  const query = of("query");
  const body = of("body");
  const where = path.replace(/\{([^}]+)\}/g, (_, name: string) => `\${encodeURIComponent(String(${value(name)}))}`);
  const request = [
    ...(method === "GET" ? [] : [`method: ${JSON.stringify(method)}`]),
    ...(query === "" ? [] : [`query: { ${query} }`]),
    ...(body === "" ? [] : [`body: { ${body} }`]),
    "signal",
  ].join(", ");
  const input = parameters.length === 0 ? "_" : "input";
  return `import { defineTool, type Tool } from "@shardgate/shard-sdk";
import * as z from "zod";
import type { Client } from "../client.ts";

/** Drafted from the OpenAPI document of ${names.title}: say in the description when to use it, and give it an output. */
export const ${camel(tool)} = (client: Client): Tool =>
  defineTool({
    name: ${JSON.stringify(tool)},
    description: ${JSON.stringify(description)},
    input: z.object({
${fields.join("\n")}
    }),
    annotations: ${annotations[method] ?? CAREFUL},
    run: (${input}, { signal }) => client.text(${where.includes("${") ? `\`${where}\`` : JSON.stringify(where)}, { ${request} }),
  });
`;
}

function listFile(drafted: readonly string[]): string {
  const all = ["check_status", ...drafted];
  return `import type { Tool } from "@shardgate/shard-sdk";
import type { Client } from "../client.ts";
${all.map((tool) => `import { ${camel(tool)} } from "./${kebab(tool)}.ts";`).join("\n")}

/** Every tool of the shard, in the order in which clients see them. */
export const tools = (client: Client): readonly Tool[] => [
${all.map((tool) => `  ${camel(tool)}(client),`).join("\n")}
];
`;
}
