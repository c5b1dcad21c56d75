import { memberOf } from "../json/edit.ts";
import { scanElements } from "../json/scan.ts";
import type { Message } from "../message.ts";
import { toolToLegacy } from "../translate/translate.ts";
import { UpstreamError } from "../upstream-error.ts";
import type { ListedTool } from "./upstream-client.ts";

/** A list that goes on longer than this many pages is a loop. */
const MAX_PAGES = 200;

/** Most tools of one upstream. */
const MAX_TOOLS = 20_000;

export interface ToolList {
  readonly tools: ListedTool[];
  /** Names of tools whose structured content the legacy era gets as `{result: …}`. */
  readonly wrapping: ReadonlySet<string>;
}

/**
 * Reads all pages of `tools/list`. Of several tools with one name the first counts; a tool without a name is left out.
 *
 * @param request sends one request and gives its response
 * @param modern whether the upstream speaks the modern era, whose output schemas need words of their own in the other
 * @throws UpstreamError when a page is no list, or there is no end to them
 */
export async function listTools(
  request: (method: string, params: Record<string, unknown>) => Promise<Message>,
  modern: boolean,
): Promise<ToolList> {
  const tools = new Map<string, ListedTool>();
  const wrapping = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const response = await request("tools/list", cursor === undefined ? {} : { cursor });
    for (const bytes of readPage(response)) {
      const name = nameOf(bytes);
      if (name === undefined || tools.has(name)) continue;
      const legacy = modern ? toolToLegacy(bytes) : { tool: bytes, wrapsOutput: false };
      if (legacy.wrapsOutput) wrapping.add(name);
      tools.set(name, { name, modern: bytes, legacy: legacy.tool });
      if (tools.size > MAX_TOOLS) throw broken(`it lists more than ${MAX_TOOLS} tools`);
    }
    const next = memberOf(response.outcome, "nextCursor")?.toString();
    // Some upstreams say "" where they mean that there is no further page.
    if (next === undefined || !next.startsWith('"') || next === '""') return { tools: [...tools.values()], wrapping };
    cursor = JSON.parse(next) as string;
  }
  throw broken(`its tools/list has no end (${MAX_PAGES} pages read)`);
}

function readPage(response: Message): Buffer[] {
  if (response.isError)
    throw broken(`it answered tools/list with the error ${response.outcome.toString().slice(0, 200)}`);
  const list = response.outcome[0] === 0x7b ? memberOf(response.outcome, "tools") : undefined;
  if (list === undefined || list[0] !== 0x5b) throw broken("its answer to tools/list has no list of tools");
  const tools: Buffer[] = [];
  // A copy, so that a tool does not keep the whole page alive.
  scanElements(list, 0, (start, end) => tools.push(Buffer.from(list.subarray(start, end))));
  return tools;
}

function nameOf(tool: Buffer): string | undefined {
  const name = tool[0] === 0x7b ? memberOf(tool, "name") : undefined;
  return name !== undefined && name[0] === 0x22 ? (JSON.parse(name.toString()) as string) : undefined;
}

function broken(message: string): UpstreamError {
  return new UpstreamError("protocol", message, { sent: true });
}
