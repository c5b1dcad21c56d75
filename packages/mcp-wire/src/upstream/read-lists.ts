import { elementsOf, memberOf } from "../json/edit.ts";
import type { Message } from "../message.ts";
import { type ParamHeaders, paramHeadersOf } from "../translate/param-headers.ts";
import { toolToLegacy } from "../translate/translate.ts";
import { UpstreamError } from "../upstream-error.ts";
import type { Era } from "../eras.ts";
import type { ListedItem, ListedTool, Lists } from "./upstream-client.ts";

/** A list that goes on longer than this many pages is a loop. */
const MAX_PAGES = 200;

/** Most items of one list of one upstream, and most bytes of them. */
const MAX_ITEMS = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;

/** What has to be done for a tool where a client of another era calls it, or an upstream has no headers to look at. */
export interface ToolTraits {
  /** The legacy era gets its structured content as `{result: …}`. */
  readonly wrapsOutput: boolean;
  /** Arguments that go into headers too. */
  readonly paramHeaders: ParamHeaders;
}

export interface ReadLists {
  readonly lists: Lists;
  /** By name, for the tools that have any. */
  readonly traits: ReadonlyMap<string, ToolTraits>;
  /** What is not listed though the upstream has it, and why; for the log. */
  readonly problems: readonly string[];
}

/** Sends one request and gives its response. */
export type ListRequest = (method: string, params: Record<string, unknown>) => Promise<Message>;

interface Kind {
  readonly method: string;
  readonly member: string;
  /** Member that an item is asked for by. */
  readonly key: string;
  /** Capability that says that the upstream has such a list. */
  readonly capability: string;
}

const TOOLS: Kind = { method: "tools/list", member: "tools", key: "name", capability: "tools" };
const PROMPTS: Kind = { method: "prompts/list", member: "prompts", key: "name", capability: "prompts" };
const RESOURCES: Kind = { method: "resources/list", member: "resources", key: "uri", capability: "resources" };
const TEMPLATES: Kind = {
  method: "resources/templates/list",
  member: "resourceTemplates",
  key: "uriTemplate",
  capability: "resources",
};

/**
 * Reads all pages of all lists that an upstream says it has. Of several items with one key the first counts; one without
 * a key is left out. A list other than that of its tools which it cannot give is a problem, no failure.
 *
 * @param era of the upstream; tools of the modern one need words of their own in the other
 * @throws UpstreamError when it does not answer, or its tools are no list or have no end
 */
export async function readLists(request: ListRequest, capabilities: string, era: Era): Promise<ReadLists> {
  const problems: string[] = [];
  const declared = Buffer.from(capabilities);
  const has = ({ capability }: Kind): boolean => memberOf(declared, capability) !== undefined;
  const read = async (kind: Kind): Promise<ListedItem[]> => {
    if (!has(kind)) return [];
    try {
      return await readList(request, kind);
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.failure !== "protocol") throw error;
      // Templates come with the capability for resources, and many servers have none.
      if (!(error instanceof ListRefused) || error.code !== METHOD_NOT_FOUND) problems.push(error.message);
      return [];
    }
  };
  const [found, prompts, resources, templates] = await Promise.all([
    readTools(request, has(TOOLS), problems),
    read(PROMPTS),
    read(RESOURCES),
    read(TEMPLATES),
  ]);
  const traits = new Map<string, ToolTraits>();
  const tools = era === "modern" ? modernTools(found, traits, problems) : legacyTools(found, traits);
  return { lists: { tools, prompts, resources, templates }, traits, problems: problems.toSorted() };
}

const METHOD_NOT_FOUND = "-32601";

async function readTools(request: ListRequest, isDeclared: boolean, problems: string[]): Promise<ListedItem[]> {
  try {
    const found = await readList(request, TOOLS, (name) =>
      problems.push(`it lists the tool ${name} more than once, and only the first counts; rename the others`),
    );
    return found.filter(({ key, bytes }) => {
      if (hasObjectSchema(bytes)) return true;
      problems.push(`its tool ${key} is left out, because its inputSchema is no JSON Schema of an object; correct it`);
      return false;
    });
  } catch (error) {
    if (!isDeclared && error instanceof ListRefused) return [];
    throw error;
  }
}

/**
 * Whether the arguments of a tool are those of an object, as MCP has it (2025-11-25 schema, Tool.inputSchema): one that is not makes strict
 * clients refuse the whole list, with the tools of all others in it. A tool that says nothing of its arguments passes.
 */
function hasObjectSchema(tool: Buffer): boolean {
  const schema = memberOf(tool, "inputSchema");
  if (schema === undefined) return true;
  if (schema[0] !== 0x7b) return false;
  const type = memberOf(schema, "type")?.toString();
  return type === undefined || type === '"object"';
}

function legacyTools(found: readonly ListedItem[], traits: Map<string, ToolTraits>): ListedTool[] {
  return found.map(({ key: name, bytes }) => {
    const paramHeaders = paramHeadersOf(bytes) ?? [];
    if (paramHeaders.length > 0) traits.set(name, { wrapsOutput: false, paramHeaders });
    return { name, modern: bytes, legacy: bytes };
  });
}

function modernTools(found: readonly ListedItem[], traits: Map<string, ToolTraits>, problems: string[]): ListedTool[] {
  const tools: ListedTool[] = [];
  for (const { key: name, bytes } of found) {
    const paramHeaders = paramHeadersOf(bytes);
    if (paramHeaders === undefined) {
      problems.push(`its tool ${name} breaks the rules for x-mcp-header, so no client may list it`);
      continue;
    }
    const { tool: legacy, wrapsOutput } = toolToLegacy(bytes);
    if (wrapsOutput || paramHeaders.length > 0) traits.set(name, { wrapsOutput, paramHeaders });
    tools.push({ name, modern: bytes, legacy });
  }
  return tools;
}

async function readList(
  request: ListRequest,
  { method, member, key }: Kind,
  onDuplicate: (key: string) => void = () => undefined,
): Promise<ListedItem[]> {
  const items = new Map<string, ListedItem>();
  let cursor: string | undefined;
  let size = 0;
  for (let page = 0; page < MAX_PAGES; page++) {
    const response = await request(method, cursor === undefined ? {} : { cursor });
    for (const bytes of readPage(response, method, member)) {
      const own = keyOf(bytes, key);
      if (own === undefined) continue;
      if (items.has(own)) {
        onDuplicate(own);
        continue;
      }
      items.set(own, { key: own, bytes });
      size += bytes.length;
      if (items.size > MAX_ITEMS) throw broken(`it lists more than ${MAX_ITEMS} ${member}`);
      if (size > MAX_BYTES) throw broken(`its ${method} is larger than ${MAX_BYTES} bytes`);
    }
    const next = memberOf(response.outcome, "nextCursor")?.toString();
    // Some upstreams say "" where they mean that there is no further page.
    if (next === undefined || !next.startsWith('"') || next === '""') return [...items.values()];
    cursor = JSON.parse(next) as string;
  }
  throw broken(`its ${method} has no end (${MAX_PAGES} pages read)`);
}

function readPage(response: Message, method: string, member: string): Buffer[] {
  if (response.isError) {
    const said = response.outcome.toString().slice(0, 200);
    throw new ListRefused(
      `it answered ${method} with the error ${said}`,
      memberOf(response.outcome, "code")?.toString(),
    );
  }
  const list = response.outcome[0] === 0x7b ? memberOf(response.outcome, member) : undefined;
  if (list === undefined || list[0] !== 0x5b) throw broken(`its answer to ${method} has no list of ${member}`);
  // A copy, so that an item does not keep the whole page alive.
  return elementsOf(list).map((item) => Buffer.from(item));
}

function keyOf(item: Buffer, key: string): string | undefined {
  const value = item[0] === 0x7b ? memberOf(item, key) : undefined;
  return value !== undefined && value[0] === 0x22 ? (JSON.parse(value.toString()) as string) : undefined;
}

function broken(message: string): UpstreamError {
  return new UpstreamError("protocol", message, { sent: true });
}

/** It answered with a JSON-RPC error. */
class ListRefused extends UpstreamError {
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super("protocol", message, { sent: true });
    this.code = code;
  }
}
